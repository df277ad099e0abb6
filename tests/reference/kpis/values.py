"""The rows of ``kpi_values``: every KPI, period and slice, with its status.

Belongs here: slices, statuses and rounding (docs/kpi_conventions.md#status and the headings
before it). Does not belong here: what a KPI counts (the topic modules).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from tests.reference.kpis import inputs
from tests.reference.kpis.catalogue import Entry
from tests.reference.kpis.periods import Period, periods
from tests.reference.kpis.shop import UNKNOWN, Shop
from tests.reference.kpis.units import Measure, Total, Unit

SMALL_SAMPLES = {"nps", "csat"}
ENOUGH_ANSWERS = 30


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
    for measure in measures:
        entry = shop.seeds.entries[measure.kpi]
        for grain in entry.grains:
            for period in periods(grain, shop.first_day, shop.as_of):
                has_input = known.has(entry, period) and not measure.is_unknown(period)
                units = [unit for unit in measure.units(period) if unit.day <= shop.as_of]
                for (dimension, name), found in _slices(shop, entry, period, units).items():
                    total = measure.combine(found)
                    status = _status(shop, entry, period, found, total, has_input)
                    yield _row(entry, period, dimension, name, total, status)


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
    if dimension == "stage":
        assert unit.stage is not None
        return f"stage:{unit.stage[0]}", unit.stage[1]
    if dimension == "channel":
        return dimension, unit.channel or UNKNOWN
    if unit.person is None:
        return dimension, UNKNOWN
    if dimension == "health":
        return dimension, shop.health(unit.person, unit.day - timedelta(days=1))
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
    numerator = rounded(total.numerator, 4) if is_told and total.numerator is not None else None
    denominator = (
        rounded(total.denominator, 4) if is_told and total.denominator is not None else None
    )
    value = None
    if numerator is not None and status != "immature" and denominator != 0:
        value = rounded(Fraction(numerator) / Fraction(denominator or 1), 10)
    return Value(
        kpi=entry.kpi,
        period_grain=period.grain,
        period_start=period.start,
        period_end=period.end,
        dimension=dimension,
        dimension_value=name,
        numerator=numerator,
        denominator=denominator,
        value=value,
        sample_size=None if status == "no_input" else total.sample,
        status=status,
    )


def rounded(exact: Fraction, places: int) -> Decimal:
    """Round half away from zero."""
    units = int(abs(exact) * 10**places + Fraction(1, 2))
    return Decimal(units if exact >= 0 else -units).scaleb(-places)
