"""The mart ``rfm_segments``: every date told anew from what was known on it.

Belongs here: measures, points, scores, segments and their runs. Does not belong here: what orders
are worth (``tests.reference.kpis.shop``).
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from tests.reference.kpis.shop import Shop

WRITTEN_MONTH_ENDS = 24
FIFTHS = (1, 2, 3, 4)


@dataclass(frozen=True)
class Measures:
    """What a customer is scored by on a date; ``monetary`` is None without a rate."""

    recency_days: int
    frequency: int
    monetary: Decimal | None


@dataclass(frozen=True)
class Scored:
    """One row of ``rfm_segments``."""

    as_of_date: date
    subject_id: str
    recency_days: int
    frequency: int
    monetary: Decimal | None
    recency_score: int
    frequency_score: int
    monetary_score: int | None
    segment: str | None
    previous_segment: str | None
    segment_since: date


def rfm_segments(shop: Shop, seeds_dir: Path) -> Iterator[Scored]:
    """The rows of the last 24 month ends and of today."""
    with (seeds_dir / "rfm_segments.csv").open(encoding="utf-8") as file:
        segments = sorted(csv.DictReader(file), key=lambda row: int(row["priority"]))
    days = dates(shop)
    written = set(days[-WRITTEN_MONTH_ENDS - 1 :])
    before: dict[str, Scored] = {}
    for day in days:
        now = {row.subject_id: row for row in _scored(shop, day, segments, before)}
        if day in written:
            yield from now.values()
        before = now


def dates(shop: Shop) -> list[date]:
    """Month ends before the as-of date since the first order, and that."""
    first = min((valid.day for valid in shop.valid), default=shop.as_of)
    days = [first + timedelta(days=n) for n in range((shop.as_of - first).days)]
    return [*(day for day in days if (day + timedelta(days=1)).day == 1), shop.as_of]


def measures(shop: Shop, day: date) -> dict[str, Measures]:
    """What was known of each customer on a date."""
    standing: dict[str, list] = {}
    for valid in shop.valid:
        cancelled_on = shop.known_date(valid.order.cancelled_at)
        is_standing = valid.day <= day and (cancelled_on is None or cancelled_on > day)
        if is_standing and shop.is_confirmed(valid) and not valid.is_guest:
            standing.setdefault(valid.person, []).append(valid)
    window = shop.settings.rfm_window_days
    found: dict[str, Measures] = {}
    for person, orders in standing.items():
        counted = [
            order for order in orders if not window or order.day > day - timedelta(days=window)
        ]
        worth = sum((order.gross for order in counted), Decimal(0)) - sum(
            (
                given.value or Decimal(0)
                for order in counted
                for given in order.refunds
                if given.day <= day
            ),
            Decimal(0),
        )
        found[person] = Measures(
            recency_days=(day - max(order.day for order in orders)).days,
            frequency=len({order.day for order in counted}),
            monetary=None if any(order.is_missing_rate for order in counted) else worth,
        )
    return found


def points(values: Sequence) -> list:
    """The values at position ⌈k n / 5⌉ in ascending order."""
    ordered = sorted(values)
    return [ordered[-(-k * len(ordered) // 5) - 1] for k in FIFTHS] if ordered else []


def score(value, found: Sequence) -> int:
    """1 and as many as there are points strictly below the value."""
    return 1 + sum(point < value for point in found)


def _scored(
    shop: Shop, day: date, segments: Sequence[dict[str, str]], before: dict[str, Scored]
) -> Iterator[Scored]:
    found = measures(shop, day)
    recencies = points([each.recency_days for each in found.values()])
    frequencies = points([each.frequency for each in found.values()])
    worths = points([each.monetary for each in found.values() if each.monetary is not None])
    for person, each in found.items():
        scores = {
            "recency": 6 - score(each.recency_days, recencies),
            "frequency": score(each.frequency, frequencies),
            "monetary": None if each.monetary is None else score(each.monetary, worths),
        }
        segment = _segment(scores, segments)
        earlier = before.get(person)
        goes_on = earlier is not None and earlier.segment == segment
        yield Scored(
            as_of_date=day,
            subject_id=person,
            recency_days=each.recency_days,
            frequency=each.frequency,
            monetary=each.monetary,
            recency_score=scores["recency"] or 0,
            frequency_score=scores["frequency"] or 0,
            monetary_score=scores["monetary"],
            segment=segment,
            previous_segment=earlier.segment if earlier else None,
            segment_since=earlier.segment_since if earlier and goes_on else day,
        )


def _segment(scores: dict[str, int | None], segments: Sequence[dict[str, str]]) -> str | None:
    if any(value is None for value in scores.values()):
        return None
    return next(
        row["segment"]
        for row in segments
        if all(
            int(row[f"{measure}_from"]) <= (value or 0) <= int(row[f"{measure}_to"])
            for measure, value in scores.items()
        )
    )
