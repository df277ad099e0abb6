"""Intervals over days: the rows of ``lifecycle_history`` (docs/lifecycle_semantics.md#history).

Belongs here: maximal intervals, what came before, what comes next, and two ways to choose the
days to look at - every day, or every day on which anything could change; a test holds the second
against the first. Does not belong here: what holds on one day (``engine``).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from tests.reference import health
from tests.reference.health import Subject
from tests.reference.rulebook import Condition, Framework, Rulebook
from tests.reference.stages import engine
from tests.reference.stages.engine import Holding
from tests.reference.staging import Resolved, Staged


@dataclass(frozen=True)
class Interval:
    """One row of ``lifecycle_history``, its columns in the order of the mart."""

    framework: str
    subject_id: str
    subject_type: str
    valid_from: date
    valid_to: date | None
    stage: str
    health: str
    rule: str
    previous_stage: str | None
    previous_health: str | None
    cycle: int
    movement: str
    skipped_stages: int
    next_change_on: date | None
    next_stage: str | None
    next_health: str | None


@dataclass(frozen=True)
class _State:
    """What is true of a subject on one day, in every framework looked at."""

    day: date
    holdings: tuple[Holding, ...]
    health: str

    def differs(self, other: _State, position: int) -> bool:
        mine, theirs = self.holdings[position], other.holdings[position]
        return (mine.stage, self.health) != (theirs.stage, other.health)


def history(
    staged: Staged,
    settings: Resolved,
    rulebook: Rulebook,
    frameworks: Iterable[str] | None = None,
    *,
    every_day: bool = False,
) -> list[Interval]:
    """All rows of one world, by framework, subject and date.

    Args:
        staged: the rows that count.
        settings: settings of the batch, blanks decided.
        rulebook: the rules.
        frameworks: names asked for; None takes all. The default framework is always added.
        every_day: look at every single day instead of the days on which something can change.
    """
    built = built_frameworks(rulebook, frameworks)
    rows: list[Interval] = []
    for subject in health.subjects(staged, settings, rulebook):
        own = [framework for framework in built if framework.subject_type == subject.subject_type]
        if own:
            rows += subject_history(subject, own, settings, rulebook, every_day=every_day)
    return sorted(rows, key=lambda row: (row.framework, row.subject_id, row.valid_from))


def built_frameworks(rulebook: Rulebook, wanted: Iterable[str] | None) -> list[Framework]:
    """The frameworks asked for and the default one; None takes all."""
    names = None if wanted is None else set(wanted)
    return [
        framework
        for framework in rulebook.frameworks
        if names is None or framework.name in names or framework.is_default
    ]


def subject_history(
    subject: Subject,
    frameworks: Sequence[Framework],
    settings: Resolved,
    rulebook: Rulebook,
    *,
    every_day: bool,
) -> list[Interval]:
    """The intervals of one subject in every given framework."""
    end = horizon(subject, settings, rulebook)
    if every_day:
        length = (end - subject.first_seen_on).days + 1
        days = [subject.first_seen_on + timedelta(days=offset) for offset in range(length)]
    else:
        days = days_of_change(subject, rulebook, end)

    def state_on(day: date) -> _State:
        return _State(
            day,
            tuple(engine.stages_on(subject, frameworks, rulebook, day)),
            health.health_on(subject, rulebook.health, day),
        )

    past = [state_on(day) for day in days if day <= settings.as_of_date]
    # With no new facts, nothing but timers runs on after as_of_date.
    coming: list[_State] = []
    unchanged = set(range(len(frameworks)))
    for day in days:
        if day > settings.as_of_date and unchanged:
            coming.append(state_on(day))
            unchanged -= {at for at in unchanged if coming[-1].differs(past[-1], at)}
    return [
        row
        for position, framework in enumerate(frameworks)
        for row in _intervals(subject, framework, position, past, coming)
    ]


def _intervals(
    subject: Subject,
    framework: Framework,
    position: int,
    past: Sequence[_State],
    coming: Sequence[_State],
) -> list[Interval]:
    starts = [past[0]]
    for state in past[1:]:
        if state.differs(starts[-1], position):
            starts.append(state)
    upcoming = next((state for state in coming if state.differs(past[-1], position)), None)
    rows: list[Interval] = []
    for number, start in enumerate(starts):
        previous = starts[number - 1] if number else None
        following = starts[number + 1] if number + 1 < len(starts) else None
        then = upcoming if following is None else None
        holding = start.holdings[position]
        before = previous.holdings[position] if previous else None
        rows.append(
            Interval(
                framework=framework.name,
                subject_id=subject.subject_id,
                subject_type=subject.subject_type,
                valid_from=start.day,
                valid_to=following.day if following else None,
                stage=holding.stage,
                health=start.health,
                rule=holding.rule,
                previous_stage=before.stage if before else None,
                previous_health=previous.health if previous else None,
                cycle=1 + len(subject.standing("reactivation", start.day)),
                movement=_movement(before, holding),
                skipped_stages=_skipped(framework, before, holding),
                next_change_on=then.day if then else None,
                next_stage=then.holdings[position].stage if then else None,
                next_health=then.health if then else None,
            )
        )
    return rows


def _movement(before: Holding | None, now: Holding) -> str:
    if before is None:
        return "entered"
    if now.ordinal == before.ordinal:
        return "health_only"
    return "advanced" if now.ordinal > before.ordinal else "fell_back"


def _skipped(framework: Framework, before: Holding | None, now: Holding) -> int:
    if before is None:
        return 0
    return sum(
        1
        for stage in framework.stages
        if before.ordinal < stage.ordinal < now.ordinal and not stage.is_optional
    )


def horizon(subject: Subject, settings: Resolved, rulebook: Rulebook) -> date:
    """A day after which a subject without new facts cannot change any more."""
    reaches = [
        reach
        for conditions in rulebook.conditions.values()
        for condition in conditions
        for reach in _reaches(condition)
    ]
    last = max([settings.as_of_date, *(day for s in subject.subscriptions for day in s.turns())])
    policy = rulebook.health
    stated = [days for days in (policy.at_risk_after_days, policy.lapsed_after_days) if days]
    longest = max([*reaches, *stated, policy.max_days + 1, policy.cold_after_days])
    return last + timedelta(days=settings.fulfilment_sla_days + longest + 2)


def days_of_change(subject: Subject, rulebook: Rulebook, end: date) -> list[date]:
    """Days up to ``end`` on which any condition or health could change, the first day included."""
    days = {subject.first_seen_on} | health.turns(subject, rulebook.health)
    conditions = {condition for found in rulebook.conditions.values() for condition in found}
    reaches: dict[str, set[int]] = {}
    for condition in conditions:
        reaches.setdefault(condition.signal, set()).update(_reaches(condition))
    for signal, facts in subject.facts.items():
        for fact in facts:
            days.add(fact.signal_date)
            if fact.voided_on is not None:
                days.add(fact.voided_on)
            days.update(fact.signal_date + timedelta(days=n) for n in reaches.get(signal, ()))
    return sorted(day for day in days if subject.first_seen_on <= day <= end)


def _reaches(condition: Condition) -> list[int]:
    """Ages of a fact, in days, at which it may change what a condition sees."""
    reaches = [condition.window_days] if condition.window_days is not None else []
    if condition.measure.startswith("days_since"):
        reaches += [
            math.ceil(bound)
            for bound in (condition.at_least, condition.below)
            if bound is not None and bound > 0
        ]
    return reaches


def days_in_stage(rows: Sequence[Interval], as_of_date: date) -> dict[tuple[str, str], int]:
    """Per framework and subject: days since the current stage began, across health changes.

    Args:
        rows: the rows of ``history``, in its order.
        as_of_date: the day that is counted up to.
    """
    began: dict[tuple[str, str], date] = {}
    for row in rows:
        if row.movement != "health_only":
            began[row.framework, row.subject_id] = row.valid_from
    return {key: (as_of_date - day).days for key, day in began.items()}
