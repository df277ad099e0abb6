"""What the web server refuses before Dagster sees it: requests that other pages make people send.

Belongs here: the judgement of one request, and the middleware that asks for it. Does not belong
here: a login, which Dagster has not; SECURITY.md says how to put the server behind one.

A page of any site can make a browser send requests to this machine, and by a name of its own that
leads to 127.0.0.1 even read the answers. Such requests carry a foreign `Origin` or `Host`, and what
carries neither, an image or a link, is a GET: it may read, and start nothing.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from graphql import GraphQLError, OperationDefinitionNode, OperationType, parse

from orchestration.errors import shown

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

# A browser sends these to another origin only if that one has agreed, which Dagster never does.
_AGREED_TYPES = frozenset({"application/json", "application/graphql"})
_READING = frozenset({"GET", "HEAD", "OPTIONS"})


class WebGuard:
    """ASGI middleware that answers foreign requests itself, with 403 and a sentence."""

    def __init__(self, app: App, address: str) -> None:
        """Stand before `app`, which people reach at `address` or at a name of this machine."""
        self._app = app
        self._address = address

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        kind = scope["type"]
        refused = refusal(scope, self._address) if kind in {"http", "websocket"} else ""
        if not refused:
            await self._app(scope, receive, send)
        elif kind == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": refused})
        else:
            headers = [(b"content-type", b"text/plain; charset=utf-8")]
            await send({"type": "http.response.start", "status": 403, "headers": headers})
            await send({"type": "http.response.body", "body": f"{refused}\n".encode()})


def refusal(scope: Mapping[str, Any], address: str) -> str:
    """Return why a request is refused, as a sentence; blank for one that may pass.

    Args:
        scope: of the ASGI request.
        address: LIFECYCLE_DAGSTER_URL.
    """
    hosts, origins, types = (_header(scope, name) for name in (b"host", b"origin", b"content-type"))
    host = hosts[0] if len(hosts) == 1 else ""
    known = urlsplit(address)
    if not _is_own(host, known.hostname or ""):
        text = f"This server does not answer to the name {shown(host)}"
        return f"{text}; set LIFECYCLE_DAGSTER_URL to the address that people open."
    own = {
        f"http://{host}".lower(),
        f"https://{host}".lower(),
        f"{known.scheme}://{known.netloc}".lower(),
    }
    foreign = [origin for origin in origins if origin.lower() not in own]
    if foreign:
        return f"A page of {shown(foreign[0])} may not ask this server for anything."
    if scope["type"] == "websocket" or not scope["path"].rstrip("/").endswith("/graphql"):
        return ""
    if scope["method"] in _READING:
        asked = parse_qs(scope["query_string"].decode("latin-1")).get("query", [])
        return "" if all(map(_only_reads, asked)) else "A GET may read and change nothing; POST it."
    kinds = [kind.partition(";")[0].strip().lower() for kind in types]
    if len(kinds) == 1 and kinds[0] in _AGREED_TYPES:
        return ""
    return "A query has to be sent as application/json."


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach an address; a name but localhost is not one."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def guard_web_server(address: str) -> None:
    """Have every web server that this process makes stand behind the guard.

    Dagster has no setting for middleware; its server asks this one method for its own.
    """
    from dagster_webserver import webserver
    from starlette.middleware import Middleware

    server_class: Any = webserver.DagsterWebserver
    plain = server_class.build_middleware

    def guarded(server: Any) -> list[Middleware]:
        return [Middleware(WebGuard, address=address), *plain(server)]

    server_class.build_middleware = guarded


def _is_own(host: str, known: str) -> bool:
    """Say whether a Host header names this machine, or the address that people open."""
    try:
        parts = urlsplit(f"//{host}")
        name = parts.hostname or ""
        is_plain = parts.port is None or bool(parts.port)
    except ValueError:
        return False
    is_plain = is_plain and parts.netloc == host and parts.username is None
    return is_plain and (is_loopback(name) or (bool(name) and name == known))


def _header(scope: Mapping[str, Any], name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in scope["headers"] if key.lower() == name]


def _only_reads(query: str) -> bool:
    """Say whether a GraphQL document is well formed and changes nothing."""
    try:
        definitions = parse(query).definitions
    except (GraphQLError, RecursionError):
        return False
    operations = [one for one in definitions if isinstance(one, OperationDefinitionNode)]
    return all(one.operation is OperationType.QUERY for one in operations)
