"""The catalogue of KPIs and the other seeds that only KPIs read.

Belongs here: reading ``kpis.csv``, ``channel_map.csv`` and which events are key events. Does not
belong here: what a KPI counts (the topic modules).
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Entry:
    """One KPI: where it is written and what it needs.

    ``inputs`` are all required; each is a set of alternatives that count as one.
    """

    kpi: str
    is_ratio: bool
    grains: tuple[str, ...]
    dimensions: tuple[str, ...]
    maturity_days: int
    inputs: tuple[frozenset[str], ...]


@dataclass(frozen=True)
class Seeds:
    """What KPIs read beside the rules of the lifecycle."""

    entries: dict[str, Entry]
    channels: dict[tuple[str, str], str]
    key_events: frozenset[str]

    def channel(self, source: str | None, medium: str | None, fallback: str | None = None) -> str:
        """The channel of a source and medium; without a source, that of the fallback."""
        pair = (_plain(source), _plain(medium))
        if not pair[0]:
            pair = (_plain(fallback), "")
        return self.channels.get(pair) or self.channels.get((pair[0], ""), "unknown")


def load(seeds_dir: Path) -> Seeds:
    """Read the shipped seeds."""

    def rows(name: str) -> Iterator[dict[str, str]]:
        with (seeds_dir / name).open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file)

    return Seeds(
        entries={row["kpi"]: _entry(row) for row in rows("kpis.csv")},
        channels={
            (row["source"].lower(), row["medium"].lower()): row["channel"]
            for row in rows("channel_map.csv")
        },
        key_events=frozenset(
            row["event_name"]
            for row in rows("event_signals.csv")
            if row["is_key_event"].strip().lower() == "true"
        ),
    )


def _entry(row: dict[str, str]) -> Entry:
    return Entry(
        kpi=row["kpi"],
        is_ratio=bool(row["denominator"].strip()),
        grains=tuple(row["grains"].split("|")),
        dimensions=tuple(row["dimensions"].split("|")),
        maturity_days=int(row["maturity_days"] or 0),
        inputs=tuple(
            frozenset(choice.strip() for choice in needed.split(" or "))
            for needed in row["inputs"].split("|")
            if needed.strip()
        ),
    )


def _plain(text: str | None) -> str:
    return (text or "").strip().lower()
