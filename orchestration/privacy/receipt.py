"""The receipt of an erasure: what was removed where, what stays, and who has to be told.

Belongs here: what it says. Does not belong here: the removing.

It names nobody: marks, which only the key can tell, say whom it is about.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from orchestration.settings.paths import StateDir
from orchestration.small_files import json_lines_of, write_private


@dataclass(frozen=True)
class Receipt:
    """What an erasure did.

    Attributes:
        receipt: its name.
        erased_at: UTC time.
        persons: marks of the customer ids.
        found: how many of those asked for had any row.
        first_seen: first moment at which anything was known of them.
        raw: rows removed, by raw table.
        landing: rows removed, by landing file.
        versions: rows removed or changed by mart, by kept version.
        removed: files that went as a whole.
        masked: values masked, by file.
        orders_kept: booked orders that stay as nobody's.
        left: what could not be removed, one sentence each.
        exports: what was exported since the persons were first seen; whoever has it must be told.
    """

    receipt: str
    erased_at: str
    persons: list[str]
    found: int
    first_seen: str
    raw: Mapping[str, int]
    landing: Mapping[str, int]
    versions: Mapping[str, Mapping[str, int]]
    removed: list[str]
    masked: Mapping[str, int]
    orders_kept: int
    left: list[str]
    exports: list[dict[str, Any]]

    @property
    def sentence(self) -> str:
        """What a build says of it."""
        ids = "1 customer id was" if len(self.persons) == 1 else f"{len(self.persons):,} ids were"
        return f"{ids} erased as requested; the receipt is erasures/{self.receipt}.json."

    @property
    def rows_removed(self) -> int:
        """Rows that left raw."""
        return sum(self.raw.values())


def write_receipt(state: StateDir, receipt: Receipt) -> Path:
    """Write the receipt for its owner alone; return where."""
    path = state.erasures / f"{receipt.receipt}.json"
    write_private(path, json.dumps(asdict(receipt), indent=2, ensure_ascii=False) + "\n")
    return path


def exports_since(state: StateDir, first_seen: str) -> list[dict[str, Any]]:
    """Return what was exported since a moment; a line that cannot be read is told as it is."""
    found: list[dict[str, Any]] = []
    for export in json_lines_of(state.exports_ledger):
        if export is None or "exported_at" not in export:
            found.append({"unreadable_line": True})
        elif str(export["exported_at"])[:10] >= first_seen[:10]:
            found.append(dict(export))
    return found
