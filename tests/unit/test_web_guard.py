"""The guard before the web server: what it lets through, what it refuses, and how it says so."""

import asyncio
from typing import Any
from urllib.parse import urlencode

import pytest

from orchestration.dagster_home.web_guard import WebGuard, refusal

ADDRESS = "https://builds.example.org"
JSON = ("content-type", "application/json")
MUTATION = "mutation { setAutoMaterializePaused(paused: true) }"


def request(
    method: str = "GET",
    path: str = "/graphql",
    *headers: tuple[str, str],
    query: str = "",
    host: str | None = "127.0.0.1:3000",
    kind: str = "http",
) -> dict[str, Any]:
    told = [*headers, *([("host", host)] if host is not None else [])]
    return {
        "type": kind,
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in told],
    }


def asked(document: str) -> str:
    return urlencode({"query": document})


@pytest.mark.parametrize(
    "host", ["127.0.0.1:3000", "localhost", "[::1]:3000", "127.1.2.3", "builds.example.org"]
)
@pytest.mark.parametrize("path", ["/", "/runs", "/graphql"])
def test_this_machine_and_the_address_that_people_open_are_answered(host: str, path: str) -> None:
    assert refusal(request("GET", path, host=host), ADDRESS) == ""
    assert refusal(request("POST", path, JSON, host=host), ADDRESS) == ""
    own = ("origin", f"http://{host}")
    assert refusal(request("POST", path, JSON, own, host=host), ADDRESS) == ""


@pytest.mark.parametrize(
    "host",
    [
        *("attacker.example", "localhost.attacker.example:3000", "127.0.0.1.nip.io", "10.0.0.5"),
        *("", None, "127.0.0.1@attacker.example", "127.0.0.1:x", "[::1", "127.0.0.1/x", "[::2]"),
        *("builds.example.org.attacker.example", "localhost#.attacker.example", "localhost?x"),
    ],
)
@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_a_foreign_host_is_refused_whatever_is_asked(host: str | None, kind: str) -> None:
    for path in ("/", "/graphql", "/logs/x"):
        told = refusal(request("GET", path, host=host, kind=kind), ADDRESS)
        assert told.startswith("This server does not answer to the name")
        assert "LIFECYCLE_DAGSTER_URL" in told


def test_two_hosts_are_none() -> None:
    assert refusal(request("GET", "/", ("host", "localhost")), ADDRESS) != ""


@pytest.mark.parametrize(
    "origin",
    [
        *("http://attacker.example", "null", "http://127.0.0.1:8000", "https://127.0.0.1"),
        *("file://", "http://builds.example.org", ""),
    ],
)
@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_a_foreign_origin_is_refused_also_of_another_port(origin: str, kind: str) -> None:
    foreign = request("POST", "/graphql", JSON, ("origin", origin), kind=kind)
    assert "may not ask this server" in refusal(foreign, ADDRESS)
    report = request("POST", "/report_asset_materialization/x", ("origin", origin))
    assert "may not ask this server" in refusal(report, ADDRESS)


def test_behind_a_proxy_the_origin_is_the_address_that_people_open() -> None:
    own = ("origin", ADDRESS)
    assert refusal(request("POST", "/graphql", JSON, own), ADDRESS) == ""
    assert refusal(request("GET", "/graphql", own, kind="websocket"), ADDRESS) == ""


@pytest.mark.parametrize(
    "document",
    [
        MUTATION,
        "query a { __typename } mutation b { x }",
        "subscription { x }",
        "mutation",
        "{" * 50_000,
        "# query\nmutation { x }",
    ],
)
@pytest.mark.parametrize("path", ["/graphql", "/graphql/", "/prefix/graphql"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_get_changes_nothing(document: str, path: str, method: str) -> None:
    told = refusal(request(method, path, query=asked(document)), ADDRESS)
    assert told == "A GET may read and change nothing; POST it."
    twice = f"{asked('{ version }')}&{asked(document)}"
    assert refusal(request(method, path, query=twice), ADDRESS) == told


def test_a_get_may_read() -> None:
    for document in ("{ version }", "query a { version } fragment f on Query { version }"):
        assert refusal(request("GET", query=asked(document)), ADDRESS) == ""


@pytest.mark.parametrize(
    "kind",
    [
        *("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"),
        *("text/plain; x=application/json", ""),
    ],
)
def test_what_a_form_can_send_is_no_query(kind: str) -> None:
    """Dagster itself looks for the words `application/json` anywhere in the header."""
    sent = request("POST", "/graphql", ("content-type", kind), query=asked(MUTATION))
    assert "application/json" in refusal(sent, ADDRESS)
    assert "application/json" in refusal(request("POST", "/graphql"), ADDRESS)
    assert "application/json" in refusal(request("POST", "/graphql", JSON, JSON), ADDRESS)


@pytest.mark.parametrize(
    ("kind", "passes", "expected"),
    [
        ("http", True, ["passed"]),
        ("http", False, ["http.response.start 403", "http.response.body"]),
        ("websocket", True, ["passed"]),
        ("websocket", False, ["websocket.close 1008"]),
        ("lifespan", True, ["passed"]),
    ],
)
def test_the_middleware_answers_what_it_refuses_and_passes_the_rest(
    kind: str, passes: bool, expected: list[str]
) -> None:
    heard: list[str] = []

    async def app(*_: Any) -> None:
        heard.append("passed")

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        number = message.get("status") or message.get("code")
        heard.append(f"{message['type']} {number}" if number else message["type"])

    scope = request("GET", "/", host="localhost" if passes else "attacker.example", kind=kind)
    asyncio.run(WebGuard(app, ADDRESS)(scope, receive, send))
    assert heard == expected
