"""Units, how they add up to one number, and how many numbers a KPI has.

Belongs here: the shape in which a topic hands over what it counts, sums and medians. Does not
belong here: periods' statuses (``values``) and what is counted (the topic modules).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from tests.reference.kpis.periods import Period

Number = int | Decimal | Fraction


@dataclass(frozen=True)
class Unit:
    """One thing that a KPI counts in one period.

    ``mature_on`` is set only where maturity is not the day plus the catalogue's days.
    """

    day: date
    numerator: Number = 1
    denominator: Number = 0
    person: str | None = None
    channel: str | None = None
    stage: tuple[str, str] | None = None
    sample: int | None = None
    is_missing_rate: bool = False
    mature_on: date | None = None


@dataclass(frozen=True)
class Total:
    """What the units of a slice come to; a None numerator is not reached (yet)."""

    numerator: Fraction | None
    denominator: Fraction | None
    sample: int


Combine = Callable[[Sequence[Unit]], Total]


@dataclass(frozen=True)
class Measure:
    """A KPI: its units in any period, and what they come to.

    ``is_unknown`` is asked for each channel, and for all with None.
    """

    kpi: str
    units: Callable[[Period], Iterable[Unit]]
    combine: Combine
    is_unknown: Callable[[Period, str | None], bool] = lambda *_: False


def summed(units: Sequence[Unit]) -> Total:
    """A count or a sum."""
    return Total(_sum(unit.numerator for unit in units), None, _sample(units, lambda _: 1))


def ratio(units: Sequence[Unit]) -> Total:
    """Sum over sum."""
    return Total(
        _sum(unit.numerator for unit in units),
        _sum(unit.denominator for unit in units),
        _sample(units, lambda unit: int(unit.denominator)),
    )


def largest(units: Sequence[Unit]) -> Total:
    """The largest number."""
    found = [Fraction(unit.numerator) for unit in units]
    return Total(max(found, default=Fraction(0)), None, len(found))


def largest_day(units: Sequence[Unit]) -> Total:
    """The largest sum of a day."""
    days: dict[date, Fraction] = {}
    for unit in units:
        days[unit.day] = days.get(unit.day, Fraction(0)) + Fraction(unit.numerator)
    return Total(max(days.values(), default=Fraction(0)), None, len(units))


def median(units: Sequence[Unit]) -> Total:
    """The mean of the middle two."""
    ordered = sorted(Fraction(unit.numerator) for unit in units)
    if not ordered:
        return Total(None, None, 0)
    middle = (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2
    return Total(middle, None, len(ordered))


def dated(kpi: str, units: Iterable[Unit], combine: Combine) -> Measure:
    """A KPI whose units lie in a period by their day."""
    by_day: dict[date, list[Unit]] = {}
    for unit in units:
        by_day.setdefault(unit.day, []).append(unit)
    days = sorted(by_day)

    def in_period(period: Period) -> list[Unit]:
        return [unit for day in days if period.holds(day) for unit in by_day[day]]

    return Measure(kpi, in_period, combine)


def _sum(numbers: Iterable[Number]) -> Fraction:
    return sum((Fraction(number) for number in numbers), Fraction(0))


def _sample(units: Sequence[Unit], default: Callable[[Unit], int]) -> int:
    return sum(default(unit) if unit.sample is None else unit.sample for unit in units)
