"""The mart ``customer_timeline``.

Belongs here: which facts and changes of state are told, and what they are called. Does not belong
here: the facts themselves (``tests.reference.signals``), the history (``tests.reference.stages``).
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.reference.customers.customers import customers_of
from tests.reference.kpis.shop import Shop
from tests.reference.stages.history import Interval, subject_history

NEVER_TOLD = {"any", "purchase", "revenue", "open_order", "subscribed", "reactivation"}


@dataclass(frozen=True)
class Entry:
    """One row of ``customer_timeline``."""

    subject_id: str
    occurred_at: datetime
    kind: str
    label: str
    label_it: str
    value: Decimal | None
    source_table: str
    source_id: str


def timeline(shop: Shop, seeds_dir: Path) -> Iterator[Entry]:
    """Everything that happened to every customer."""
    signals = {row["signal"]: (row["one"], row["one_it"]) for row in _rows(seeds_dir, "signal")}
    healths = {row["health"]: (row["label"], row["label_it"]) for row in _rows(seeds_dir, "health")}
    framework = shop.rulebook.default_framework
    stages = {
        row["stage"]: (row["label"], row["label_it"])
        for row in _seed(seeds_dir, "framework_stages.csv")
        if row["framework"] == framework.name
    }
    for person in customers_of(shop):
        subject = shop.subjects[person]
        for signal, facts in subject.facts.items():
            if signal in NEVER_TOLD:
                continue
            spoken = signal.replace("_", " ")
            for fact in facts:
                yield Entry(
                    person,
                    fact.occurred_at,
                    signal,
                    *signals.get(signal, (spoken, spoken)),
                    fact.value,
                    "events" if fact.source_table == "sessions" else fact.source_table,
                    fact.source_id,
                )
        before: Interval | None = None
        for interval in subject_history(
            subject, [framework], shop.settings, shop.rulebook, every_day=False
        ):
            at = _start_of(interval.valid_from, shop.settings.timezone)
            source = ("lifecycle_history", f"{framework.name}:{interval.valid_from}")
            if before is None or before.stage != interval.stage:
                yield Entry(person, at, "stage", *stages[interval.stage], None, *source)
            if interval.health != (before.health if before else "prospect"):
                yield Entry(person, at, "health", *healths[interval.health], None, *source)
            before = interval


def _start_of(day: date, timezone: str) -> datetime:
    local = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(timezone))
    return local.astimezone(UTC).replace(tzinfo=None)


def _rows(seeds_dir: Path, what: str) -> list[dict[str, str]]:
    return _seed(seeds_dir, f"{what}_labels.csv")


def _seed(seeds_dir: Path, name: str) -> list[dict[str, str]]:
    with (seeds_dir / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))
