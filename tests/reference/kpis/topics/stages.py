"""KPIs of stages, by framework.

Belongs here: populations, entries, exits and stays. Does not belong here: how a stage is held
(``history``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from tests.reference.kpis.periods import Period
from tests.reference.kpis.rows import within
from tests.reference.kpis.shop import Shop
from tests.reference.kpis.units import Measure, Total, Unit, dated, ratio, summed
from tests.reference.stages import history
from tests.reference.stages.history import Interval

CONVERSION_DAYS = 90


@dataclass(frozen=True)
class Stay:
    """A subject's unbroken time in a stage, whatever its health."""

    stage: tuple[str, str]
    subject_id: str
    begins: date
    ends: date | None


def measures(shop: Shop, frameworks: Sequence[str] | None) -> Iterator[Measure]:
    """Every KPI of the topic; ``frameworks`` as asked for in the build, None for all."""
    found = stays(history.history(shop.staged, shop.settings, shop.rulebook, frameworks))

    def population(period: Period) -> Iterator[Unit]:
        last = period.last_day(shop.as_of)
        for stay in found:
            if stay.begins <= last and (stay.ends is None or stay.ends > last):
                yield Unit(last, stage=stay.stage)

    yield Measure("stage_population", population, summed)
    entries = [Unit(stay.begins, stage=stay.stage) for stay in found]
    yield dated("stage_entries", entries, summed)
    exits = [Unit(stay.ends, stage=stay.stage) for stay in found if stay.ends is not None]
    yield dated("stage_exits", exits, summed)
    yield dated("stage_conversion_rate_90d", list(_conversions(shop, found)), ratio)
    yield _median_days(shop, found)


def stays(intervals: Sequence[Interval]) -> list[Stay]:
    """Intervals of the history joined where only health changed."""
    found: list[Stay] = []
    for row in intervals:
        stage = (row.framework, row.stage)
        if row.movement == "health_only":
            last = found.pop()
            found.append(Stay(stage, row.subject_id, last.begins, row.valid_to))
        else:
            found.append(Stay(stage, row.subject_id, row.valid_from, row.valid_to))
    return found


def _conversions(shop: Shop, found: Sequence[Stay]) -> Iterator[Unit]:
    ordinals = {
        (framework.name, stage.name): stage.ordinal
        for framework in shop.rulebook.frameworks
        for stage in framework.stages
    }
    highest = {
        (framework.name, framework.stages[-1].name) for framework in shop.rulebook.frameworks
    }
    for stay in found:
        if stay.stage in highest:
            continue
        rose = any(
            other.subject_id == stay.subject_id
            and other.stage[0] == stay.stage[0]
            and ordinals[other.stage] > ordinals[stay.stage]
            and other.begins > stay.begins
            and within(stay.begins, other.begins, CONVERSION_DAYS)
            for other in found
        )
        yield Unit(stay.begins, int(rose), 1, stage=stay.stage)


def _median_days(shop: Shop, found: Sequence[Stay]) -> Measure:
    def units(period: Period) -> Iterator[Unit]:
        for stay in found:
            if period.holds(stay.begins):
                end = stay.ends or shop.as_of
                # The denominator says whether the stay has ended; it is not shown.
                yield Unit(
                    stay.begins,
                    (end - stay.begins).days,
                    int(stay.ends is not None),
                    stage=stay.stage,
                )

    def median(chosen: Sequence[Unit]) -> Total:
        lengths = [(int(unit.numerator), bool(unit.denominator)) for unit in chosen]
        reached = kaplan_meier_median(lengths)
        return Total(None if reached is None else Fraction(reached), None, len(chosen))

    return Measure("median_days_in_stage", units, median)


def kaplan_meier_median(lengths: Sequence[tuple[int, bool]]) -> int | None:
    """First length by which at most half survive; (length, whether it ended) of each."""
    alive = Fraction(1)
    for day in sorted({length for length, ended in lengths if ended}):
        at_risk = sum(length >= day for length, _ in lengths)
        ending = sum(length == day and ended for length, ended in lengths)
        alive *= 1 - Fraction(ending, at_risk)
        if alive <= Fraction(1, 2):
            return day
    return None
