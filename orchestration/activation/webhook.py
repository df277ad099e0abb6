"""Rows sent to an address of the user's: JSON in batches, tried again, each with its own key.

Belongs here: the sending. Does not belong here: which rows, or what is noted of it.

A batch that is sent twice has the same `Idempotency-Key`, so that a receiver takes it once.
"""

from __future__ import annotations

import hashlib
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from orchestration.errors import LifecycleError, SettingsError
from orchestration.table_files import as_json

_BATCH = 100
_PATIENCE_SECONDS = 30
# Seconds between one try and the next; a server may ask for more, up to a minute.
_PAUSES = (1.0, 2.0, 4.0, 8.0, 16.0)
_LONGEST_PAUSE = 60.0
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_TOO_MANY, _TIMED_OUT = 429, 408


class WebhookError(LifecycleError):
    """What was to be sent was not taken."""


@dataclass(frozen=True)
class Batch:
    """Some rows as they are sent.

    Attributes:
        body: the JSON.
        key: its idempotency key.
    """

    body: bytes
    key: str


def check_address(address: str) -> str:
    """Return the host of an address, which is all that may be told of it: the rest is a secret.

    Raises:
        SettingsError: it is no address of the web, or would carry persons unencrypted.
    """
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        parts.port  # noqa: B018 - a port that is none shows here
    except ValueError:
        host, parts = "", urlsplit("")
    if parts.scheme not in {"http", "https"} or not host:
        raise SettingsError("--webhook must be an address like https://HOST/PATH.")
    if parts.scheme == "http" and host not in _LOOPBACK:
        raise SettingsError("--webhook must begin with https://, unless it is of this machine.")
    return host


def batches(told: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> Iterator[Batch]:
    """Yield the batches of an export; equal content has equal keys.

    Args:
        told: what is said of every batch.
        rows: all rows.
    """
    for first in range(0, len(rows), _BATCH):
        content = {**told, "rows": rows[first : first + _BATCH]}
        body = json.dumps(content, ensure_ascii=False, default=as_json).encode()
        yield Batch(body, hashlib.sha256(body).hexdigest())


def send(address: str, batch: Batch, pause: Callable[[float], None] = time.sleep) -> None:
    """Post a batch until it is taken, with growing pauses.

    Raises:
        WebhookError: it was refused, or not taken after all tries.
    """
    host = check_address(address)
    said = ""
    for number, seconds in enumerate((*_PAUSES, None), 1):
        try:
            _post(address, batch)
            return
        except urllib.error.HTTPError as error:
            said = f"HTTP {error.code}"
            may_pass = error.code >= 500 or error.code in {_TOO_MANY, _TIMED_OUT}
            if not may_pass:
                raise WebhookError(
                    f"The webhook at {host} refused the rows ({said}); correct the address or what "
                    "receives them, and export again: what was taken has the same key."
                ) from None
            asked = error.headers.get("Retry-After", "")
            wait = float(asked) if asked.isdigit() else 0.0
        except (urllib.error.URLError, OSError) as error:
            said, wait = type(error).__name__, 0.0
        if seconds is None:
            raise WebhookError(
                f"The webhook at {host} did not take the rows in {number} tries ({said}); export "
                "again later: what was taken has the same key."
            )
        pause(min(max(seconds, wait), _LONGEST_PAUSE))


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Rows of persons go where the user said, and nowhere else."""

    def redirect_request(self, *_args: Any, **_kwargs: Any) -> None:
        """Follow nothing; the answer counts as a refusal."""


def _post(address: str, batch: Batch) -> None:
    request = urllib.request.Request(  # noqa: S310 - the scheme was checked
        address,
        data=batch.body,
        headers={
            "Content-Type": "application/json; charset=utf-8",
            "Idempotency-Key": batch.key,
            "User-Agent": "customer-lifecycle",
        },
    )
    opener = urllib.request.build_opener(_NoRedirect)
    with opener.open(request, timeout=_PATIENCE_SECONDS):
        return
