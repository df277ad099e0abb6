"""The rows of ``kpi_values``: every KPI, period and slice, with its status.

Belongs here: slices, statuses and rounding (docs/kpi_conventions.md#status and the headings
before it). Does not belong here: what a KPI counts (the topic modules).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from tests.reference.kpis import inputs
from tests.reference.kpis.catalogue import MEDIAN, UNKNOWN, Entry
from tests.reference.kpis.periods import Period, periods
from tests.reference.kpis.shop import Shop
from tests.reference.kpis.units import Measure, Total, Unit
from tests.reference.texts import rounded

SMALL_SAMPLES = {"nps", "csat"}
ENOUGH_ANSWERS = 30
PLACES = 10


@dataclass(frozen=True)
class Value:
    """One row of ``kpi_values``."""

    kpi: str
    period_grain: str
    period_start: date
    period_end: date
    dimension: str
    dimension_value: str
    numerator: Decimal | None
    denominator: Decimal | None
    value: Decimal | None
    sample_size: int | None
    status: str


def values(shop: Shop, measures: Iterable[Measure]) -> Iterator[Value]:
    """All rows of the given KPIs."""
    known = inputs.known(shop)
    history = timedelta(days=shop.settings.kpi_history_days)
    opening = max(shop.first_day, shop.as_of - history)
    first_month = shop.settings.fiscal_year_start_month
    for measure in measures:
        entry = shop.seeds.entries[measure.kpi]
        is_told_of = known.has_any(entry)
        for grain in entry.grains if is_told_of else ("month",):
            for period in periods(grain, opening, shop.as_of, first_month):
                units = [unit for unit in measure.units(period) if unit.day <= shop.as_of]
                for (dimension, name), found in _slices(shop, entry, period, units).items():
                    if dimension != "all" and not is_told_of:
                        continue
                    channel = name if dimension == "channel" else None
                    has_input = known.has(entry, period) and not measure.is_unknown(period, channel)
                    total = measure.combine(found)
                    status = _status(shop, entry, period, found, total, has_input)
                    row = _row(entry, period, dimension, name, total, status)
                    if dimension == "all" or not _is_nothing(entry, row):
                        yield row


def _is_nothing(entry: Entry, row: Value) -> bool:
    # A median of nothing is something: no days between coming and buying, say.
    return entry.kind != MEDIAN and row.numerator == 0 and not row.denominator


def _slices(
    shop: Shop, entry: Entry, period: Period, units: Sequence[Unit]
) -> dict[tuple[str, str], list[Unit]]:
    found: dict[tuple[str, str], list[Unit]] = {}
    if "all" in entry.dimensions:
        found["all", "all"] = list(units)
    for unit in units:
        for dimension in entry.dimensions:
            if dimension == "all" or (dimension == "account" and period.grain != "month"):
                continue
            found.setdefault(_slice(shop, unit, dimension), []).append(unit)
    return found


def _slice(shop: Shop, unit: Unit, dimension: str) -> tuple[str, str]:
    if dimension == "framework":
        assert unit.stage is not None
        return f"stage:{unit.stage[0]}", unit.stage[1]
    if dimension == "channel":
        return dimension, unit.channel or UNKNOWN
    if unit.person is None:
        return dimension, UNKNOWN
    eve = unit.day - timedelta(days=1)
    if dimension == "health":
        return dimension, shop.health(unit.person, eve)
    if dimension == "stage":
        return dimension, shop.stage(unit.person, eve)
    pick = shop.country if dimension == "country" else shop.account
    return dimension, pick(unit.person)


def _status(
    shop: Shop,
    entry: Entry,
    period: Period,
    units: Sequence[Unit],
    total: Total,
    has_input: bool,
) -> str:
    if not has_input:
        return "no_input"
    if any(unit.is_missing_rate for unit in units):
        return "missing_rate"
    matures = [unit.mature_on or unit.day + timedelta(days=entry.maturity_days) for unit in units]
    if any(day > shop.as_of for day in matures) or (total.numerator is None and total.sample):
        return "immature"
    if period.last_day(shop.as_of) < period.end - timedelta(days=1):
        return "partial"
    if total.numerator is None or total.denominator == 0:
        return "no_base"
    if entry.kpi in SMALL_SAMPLES and total.sample < ENOUGH_ANSWERS:
        return "small_sample"
    return "ok"


def _row(
    entry: Entry, period: Period, dimension: str, name: str, total: Total, status: str
) -> Value:
    is_told = status not in {"no_input", "missing_rate"}
    above = total.numerator if is_told else None
    below = total.denominator if is_told else None
    value = None
    if above is not None and status != "immature" and below != 0:
        value = rounded(above / (1 if below is None else below), PLACES)
    return Value(
        kpi=entry.kpi,
        period_grain=period.grain,
        period_start=period.start,
        period_end=period.end,
        dimension=dimension,
        dimension_value=name,
        numerator=None if above is None else rounded(above, PLACES),
        denominator=None if below is None else rounded(below, PLACES),
        value=value,
        sample_size=None if status == "no_input" else total.sample,
        status=status,
    )
