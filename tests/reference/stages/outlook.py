"""What to act on and when: the columns of ``lifecycle_current`` that section 6 of the page adds.

Belongs here: which of orders and contracts gave the health, the days to come, what is overdue.
Does not belong here: health itself (``health``), the next change of a stage (``history``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from tests.reference import health
from tests.reference.health import RANK, Subject
from tests.reference.rulebook import Rulebook
from tests.reference.stages import history
from tests.reference.staging import Resolved, Staged


@dataclass(frozen=True)
class Outlook:
    """One row per framework and subject, its columns as in ``lifecycle_current``."""

    framework: str
    subject_id: str
    health_basis: str | None
    at_risk_on: date | None
    lapsed_on: date | None
    usual_gap_days: int | None
    expected_next_order_on: date | None
    days_overdue: int | None
    renews_on: date | None


def outlooks(
    staged: Staged,
    settings: Resolved,
    rulebook: Rulebook,
    frameworks: Iterable[str] | None = None,
) -> list[Outlook]:
    """All rows of one world; ``frameworks`` as in ``history.history``."""
    built = history.built_frameworks(rulebook, frameworks)
    found: list[Outlook] = []
    for subject in health.subjects(staged, settings, rulebook):
        own = [framework for framework in built if framework.subject_type == subject.subject_type]
        found += [outlook(subject, framework.name, settings, rulebook) for framework in own]
    return found


def outlook(subject: Subject, framework: str, settings: Resolved, rulebook: Rulebook) -> Outlook:
    """The row of one subject."""
    today, policy = settings.as_of_date, rulebook.health
    end = history.horizon(subject, settings, rulebook)
    coming = [day for day in history.days_of_change(subject, rulebook, end) if day > today]

    def worsens(least: str) -> date | None:
        """The first day to come on which health is that or worse, unless it is already."""

        def is_worse(day: date) -> bool:
            return RANK.get(health.health_on(subject, policy, day), -1) >= RANK[least]

        return None if is_worse(today) else next(filter(is_worse, coming), None)

    order_days = subject.order_days(today)
    usual = health.usual_gap_days(order_days, policy) if order_days else None
    expected = None if usual is None else order_days[-1] + timedelta(days=usual)
    overdue = 0 if expected is None else (today - expected).days
    renewals = [subscription.renews_on(today) for subscription in subject.subscriptions]
    return Outlook(
        framework=framework,
        subject_id=subject.subject_id,
        health_basis=health.basis_on(subject, policy, today),
        at_risk_on=worsens("at_risk"),
        lapsed_on=worsens("lapsed"),
        usual_gap_days=usual,
        expected_next_order_on=expected,
        days_overdue=overdue if overdue > 0 else None,
        renews_on=min((day for day in renewals if day is not None and day > today), default=None),
    )
