"""What holds for a subject on a day: measures, conditions, rules, stage.

Belongs here: docs/lifecycle_semantics.md#stages for one subject and one day. Does not belong here:
health (``health``), intervals over days (``history``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from tests.reference.health import Subject
from tests.reference.rulebook import Condition, Framework, Rulebook
from tests.reference.signals import Fact


def order_of(fact: Fact) -> tuple[datetime, str, str]:
    """The order in which facts are the latest."""
    return fact.occurred_at, fact.source_table, fact.source_id


def behind(subject: Subject, condition: Condition, day: date) -> list[Fact]:
    """The facts that a condition measures: those of F(day) within its window."""
    facts = subject.standing(condition.signal, day)
    if condition.window_days is not None:
        opening = day - timedelta(days=condition.window_days)
        facts = [fact for fact in facts if fact.signal_date > opening]
    if condition.measure == "latest":
        facts = [fact for fact in facts if fact.value is not None]
    return facts


def measured(subject: Subject, condition: Condition, day: date) -> Decimal | None:
    """The value of a condition's measure over F(day) within its window."""
    facts = behind(subject, condition, day)
    match condition.measure:
        case "count":
            return Decimal(len(facts))
        case "days":
            return Decimal(len({fact.signal_date for fact in facts}))
        case "sum":
            return sum((fact.value for fact in facts if fact.value is not None), Decimal(0))
        case "latest":
            return max(facts, key=order_of).value if facts else None
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
