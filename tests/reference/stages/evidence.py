"""Why a subject is where it is: the rows of ``stage_evidence``.

docs/lifecycle_semantics.md#evidence is what is read.
Belongs here: each condition of the rule that won and of the rules of the next stage, with what it
sees today, what is missing and until when it holds. Does not belong here: sentences.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tests.reference import health
from tests.reference.health import Subject
from tests.reference.rulebook import Condition, Framework, Rulebook
from tests.reference.stages import engine, history
from tests.reference.staging import Resolved, Staged

MOST_SIGNALS = 5
COUNTED = {"count", "days", "days_since_first", "days_since_last"}


@dataclass(frozen=True)
class Evidence:
    """One row per framework, subject, rule and condition; ``signals`` are the latest ones first."""

    framework: str
    subject_id: str
    stage: str
    rule: str
    condition_no: int
    signal: str
    measure: str
    window_days: int | None
    at_least: Decimal | None
    below: Decimal | None
    observed: Decimal | None
    holds: bool
    missing: Decimal | None
    signals: tuple[str, ...]
    stops_holding_on: date | None


def evidence(
    staged: Staged,
    settings: Resolved,
    rulebook: Rulebook,
    frameworks: Iterable[str] | None = None,
) -> list[Evidence]:
    """All rows of one world; ``frameworks`` as in ``history.history``."""
    built = history.built_frameworks(rulebook, frameworks)
    return [
        row
        for subject in health.subjects(staged, settings, rulebook)
        for framework in built
        if framework.subject_type == subject.subject_type
        for row in of_subject(subject, framework, settings, rulebook)
    ]


def of_subject(
    subject: Subject, framework: Framework, settings: Resolved, rulebook: Rulebook
) -> Iterator[Evidence]:
    """The rows of one current assignment."""
    today = settings.as_of_date
    (holding,) = engine.stages_on(subject, [framework], rulebook, today)
    chosen = [(holding.stage, holding.rule)]
    for stage in framework.stages:
        if stage.ordinal == holding.ordinal + 1:
            chosen += [(stage.name, rule) for rule in stage.rules]
    end = history.horizon(subject, settings, rulebook)
    coming = [day for day in history.days_of_change(subject, rulebook, end) if day > today]
    for stage, rule in chosen:
        for number, condition in enumerate(rulebook.conditions[rule], start=1):
            holds = engine.holds(subject, condition, today)
            observed = engine.measured(subject, condition, today)
            behind = sorted(
                engine.behind(subject, condition, today), key=engine.order_of, reverse=True
            )
            yield Evidence(
                framework=framework.name,
                subject_id=subject.subject_id,
                stage=stage,
                rule=rule,
                condition_no=number,
                signal=condition.signal,
                measure=condition.measure,
                window_days=condition.window_days,
                at_least=condition.at_least,
                below=condition.below,
                observed=observed,
                holds=holds,
                missing=missing(condition, observed),
                signals=tuple(
                    f"{fact.source_table}:{fact.source_id}" for fact in behind[:MOST_SIGNALS]
                ),
                stops_holding_on=next(
                    (day for day in coming if holds and not engine.holds(subject, condition, day)),
                    None,
                ),
            )


def missing(condition: Condition, observed: Decimal | None) -> Decimal | None:
    """How much must come to reach ``at_least``, or go to be under ``below``; 0 if it holds."""
    if observed is None:
        return None
    if condition.at_least is not None and observed < condition.at_least:
        return condition.at_least - observed
    if condition.below is not None and observed >= condition.below:
        if condition.measure in COUNTED:
            return observed - (math.ceil(condition.below) - 1)
        return observed - condition.below
    return Decimal(0)
