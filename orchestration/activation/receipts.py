"""The ledger of exports: what went out when, from which version, with a keyed hash of it.

Belongs here: reading and writing `exports.jsonl` in the state directory, and where the key lies.
Does not belong here: what is exported.

The hash proves that a file is the one that was handed out, and, without the key, tells nothing of
who stands in it. The key lies outside the state directory, so that a copy of that tells nothing.
"""

from __future__ import annotations

import hmac
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass

from platformdirs import user_config_path

from orchestration.errors import LifecycleError
from orchestration.settings.paths import StateDir
from orchestration.small_files import json_lines_of, read_or_make_key

_KEY_NAME = "export.key"


@dataclass(frozen=True)
class Receipt:
    """One export.

    Attributes:
        exported_at: UTC time at which consent was read.
        what: the play, or `segment:` and the segment.
        version: the published version.
        rows: how many rows it has.
        file: where it went: a path, or the host of a webhook.
        hash: keyed hash of what was written or sent.
        has_contact: whether addresses stood in it.
        all_ranks: as it was asked for.
        include_control: as it was asked for.
    """

    exported_at: str
    what: str
    version: str
    rows: int
    file: str
    hash: str
    has_contact: bool = False
    all_ranks: bool = False
    include_control: bool = False


def last_receipt(state: StateDir, what: str) -> Receipt | None:
    """Return the latest export of a play or segment; None if there was none."""
    found = [receipt for receipt in _read(state) if receipt.what == what]
    return found[-1] if found else None


def add_receipt(state: StateDir, receipt: Receipt) -> None:
    """Add a line to the ledger and have it on the disk."""
    descriptor = os.open(state.exports_ledger, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "a", encoding="utf-8") as ledger:
        ledger.write(json.dumps(asdict(receipt), ensure_ascii=False) + "\n")
        ledger.flush()
        os.fsync(ledger.fileno())


def keyed_hash(content: bytes) -> str:
    """Return the hash of what goes out, by the key that lies with the user's configuration.

    Raises:
        LifecycleError: the key can neither be read nor made.
    """
    return hmac.digest(_key(), content, "sha256").hex()


def _read(state: StateDir) -> Iterator[Receipt]:
    """Yield the receipts; a line that was cut off by a kill is none."""
    for told in json_lines_of(state.exports_ledger):
        with suppress(TypeError):
            yield Receipt(**(told or {}))


def _key() -> bytes:
    path = user_config_path("customer-lifecycle") / _KEY_NAME
    try:
        return read_or_make_key(path)
    except (OSError, ValueError) as error:
        raise LifecycleError(
            f"The key of receipts {path} cannot be used ({type(error).__name__}); make its folder "
            "writable, or remove the file for a new key."
        ) from None
