"""What holds for a subject on a day: measures, conditions, rules, stage, health, reactivations.

Belongs here: docs/lifecycle_semantics.md#stages and #health for one subject and one day.
Does not belong here: intervals over days (``history``).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from tests.reference.rulebook import Condition, Framework, HealthPolicy, Rulebook
from tests.reference.signals import Fact

NEVER_VOIDED = date.max


@dataclass(frozen=True)
class Subject:
    """A subject and its facts by signal."""

    subject_id: str
    facts: dict[str, tuple[Fact, ...]]

    @property
    def subject_type(self) -> str:
        """``account`` or ``person``."""
        return "account" if self.subject_id.startswith("account:") else "person"

    @property
    def first_seen_on(self) -> date:
        """The first signal date, voided facts included: the first day of the domain."""
        return min(fact.signal_date for facts in self.facts.values() for fact in facts)

    def standing(self, signal: str, day: date) -> list[Fact]:
        """The facts of one signal in F(day)."""
        return [fact for fact in self.facts.get(signal, ()) if fact.stands_on(day)]


def subjects_of(facts: Iterable[Fact], policy: HealthPolicy) -> list[Subject]:
    """All subjects, each with its reactivations, in id order."""
    by_subject: dict[str, dict[str, list[Fact]]] = {}
    for fact in facts:
        by_subject.setdefault(fact.subject_id, {}).setdefault(fact.signal, []).append(fact)
    subjects: list[Subject] = []
    for subject_id, by_signal in sorted(by_subject.items()):
        subject = Subject(subject_id, {name: tuple(found) for name, found in by_signal.items()})
        again = reactivations(subject, policy)
        if again:
            subject = Subject(subject_id, {**subject.facts, "reactivation": tuple(again)})
        subjects.append(subject)
    return subjects


def measured(subject: Subject, condition: Condition, day: date) -> Decimal | None:
    """The value of a condition's measure over F(day) within its window."""
    facts = subject.standing(condition.signal, day)
    if condition.window_days is not None:
        opening = day - timedelta(days=condition.window_days)
        facts = [fact for fact in facts if fact.signal_date > opening]
    match condition.measure:
        case "count":
            return Decimal(len(facts))
        case "days":
            return Decimal(len({fact.signal_date for fact in facts}))
        case "sum":
            return sum((fact.value for fact in facts if fact.value is not None), Decimal(0))
        case "latest":
            valued = [fact for fact in facts if fact.value is not None]
            if not valued:
                return None
            return max(
                valued, key=lambda fact: (fact.occurred_at, fact.source_table, fact.source_id)
            ).value
        case "days_since_first" | "days_since_last":
            if not facts:
                return None
            pick = min if condition.measure == "days_since_first" else max
            return Decimal((day - pick(fact.signal_date for fact in facts)).days)
        case _:
            raise ValueError(f"unknown measure {condition.measure}")


def holds(subject: Subject, condition: Condition, day: date) -> bool:
    """Whether the measured value lies in the half-open range of the condition."""
    value = measured(subject, condition, day)
    return (
        value is not None
        and (condition.at_least is None or condition.at_least <= value)
        and (condition.below is None or value < condition.below)
    )


@dataclass(frozen=True)
class Holding:
    """The stage of a subject on a day and the lowest-named rule that holds it there."""

    stage: str
    ordinal: int
    rule: str


def stages_on(
    subject: Subject, frameworks: Iterable[Framework], rulebook: Rulebook, day: date
) -> list[Holding]:
    """The stage on ``day`` in each framework: the highest ordinal one of whose rules holds."""
    # Frameworks share rules and rules share conditions; each is judged once a day.
    judged: dict[Condition, bool] = {}

    def condition_holds(condition: Condition) -> bool:
        if condition not in judged:
            judged[condition] = holds(subject, condition, day)
        return judged[condition]

    def rule_holds(rule: str) -> bool:
        return all(condition_holds(condition) for condition in rulebook.conditions[rule])

    found: list[Holding] = []
    for framework in frameworks:
        winner = next(
            (
                Holding(stage.name, stage.ordinal, rule)
                for stage in reversed(framework.stages)
                for rule in stage.rules
                if rule_holds(rule)
            ),
            None,
        )
        if winner is None:
            raise ValueError(f"{subject.subject_id} has no stage in {framework.name} on {day}")
        found.append(winner)
    return found


def limits(order_days: list[date], policy: HealthPolicy) -> tuple[int, int]:
    """``at_risk_after`` and ``lapsed_after`` in days, from the distinct order dates, ascending."""
    gaps = [(later - earlier).days for earlier, later in itertools.pairwise(order_days)]
    mu = (
        math.fsum(math.log(gap) for gap in gaps)
        + policy.prior_weight * math.log(policy.prior_gap_days)
    ) / (len(gaps) + policy.prior_weight)

    def clamped(z: float) -> int:
        days = math.ceil(round(math.exp(mu + z * policy.log_gap_sigma), 6))
        return min(max(days, policy.min_days), policy.max_days)

    at_risk_after = clamped(policy.z_at_risk)
    return at_risk_after, max(at_risk_after + 1, clamped(policy.z_lapsed))


def health_on(subject: Subject, policy: HealthPolicy, day: date) -> str:
    """``prospect``, ``active``, ``at_risk`` or ``lapsed`` on ``day``."""
    order_days = sorted({fact.signal_date for fact in subject.standing("order", day)})
    if not order_days:
        return "prospect"
    at_risk_after, lapsed_after = limits(order_days, policy)
    silence = (day - order_days[-1]).days
    if silence < at_risk_after:
        return "active"
    return "at_risk" if silence < lapsed_after else "lapsed"


def reactivations(subject: Subject, policy: HealthPolicy) -> list[Fact]:
    """One fact per day with a standing order whose eve was lapsed."""
    found: list[Fact] = []
    for day in sorted({fact.signal_date for fact in subject.facts.get("order", ())}):
        orders = [fact for fact in subject.standing("order", day) if fact.signal_date == day]
        if not orders or health_on(subject, policy, day - timedelta(days=1)) != "lapsed":
            continue
        last_void = max(fact.voided_on or NEVER_VOIDED for fact in orders)
        found.append(
            Fact(
                subject_id=subject.subject_id,
                signal="reactivation",
                signal_date=day,
                occurred_at=datetime.combine(day, datetime.min.time()),
                value=None,
                voided_on=None if last_void == NEVER_VOIDED else last_void,
                source_table="reactivations",
                source_id=day.isoformat(),
            )
        )
    return found
