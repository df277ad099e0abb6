"""Subjects and their health: the best of what orders and contracts say, and comebacks.

Belongs here: docs/lifecycle_semantics.md#health for one subject and one day. Does not belong
here: paid periods (``contracts``), stages (``engine``).
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property

from tests.reference import contracts, signals
from tests.reference.contracts import Subscription
from tests.reference.identity import identify
from tests.reference.rulebook import HealthPolicy, Rulebook
from tests.reference.signals import Fact
from tests.reference.staging import Resolved, Staged

RANK = {"active": 0, "at_risk": 1, "lapsed": 2}
SIGNS_OF_LIFE = ("visit", "lead", "email_clicked")
NEVER_VOIDED = date.max


@dataclass(frozen=True)
class Subject:
    """A subject, its facts by signal and its subscriptions (of an account: its members')."""

    subject_id: str
    facts: dict[str, tuple[Fact, ...]]
    subscriptions: tuple[Subscription, ...] = ()
    _order_days: dict[date, list[date]] = field(default_factory=dict, compare=False, repr=False)

    @property
    def subject_type(self) -> str:
        """``account`` or ``person``."""
        return "account" if self.subject_id.startswith("account:") else "person"

    @cached_property
    def first_seen_on(self) -> date:
        """The first signal date, voided facts included: the first day of the domain."""
        return min(fact.signal_date for facts in self.facts.values() for fact in facts)

    def standing(self, signal: str, day: date) -> list[Fact]:
        """The facts of one signal in F(day)."""
        return [fact for fact in self.facts.get(signal, ()) if fact.stands_on(day)]

    def order_days(self, day: date) -> list[date]:
        """The distinct dates of orders in F(day), ascending."""
        if day not in self._order_days:
            found = {fact.signal_date for fact in self.standing("order", day)}
            self._order_days[day] = sorted(found)
        return self._order_days[day]


def subjects(staged: Staged, resolved: Resolved, rulebook: Rulebook) -> list[Subject]:
    """All subjects of a world, each with its reactivations, in id order."""
    by_subject: dict[str, dict[str, list[Fact]]] = {}
    for fact in signals.facts_of(staged, resolved, rulebook):
        by_subject.setdefault(fact.subject_id, {}).setdefault(fact.signal, []).append(fact)
    accounts = signals.accounts_of(staged)
    subscriptions: dict[str, list[Subscription]] = {}
    identity = identify(staged, resolved)
    for found in contracts.subscriptions_of(staged, resolved, rulebook, identity):
        subscriptions.setdefault(found.person, []).append(found)
        if found.person in accounts:
            subscriptions.setdefault(accounts[found.person], []).append(found)
    made: list[Subject] = []
    for subject_id, by_signal in sorted(by_subject.items()):
        facts = {name: tuple(found) for name, found in by_signal.items()}
        subject = Subject(subject_id, facts, tuple(subscriptions.get(subject_id, ())))
        again = reactivations(subject, rulebook.health)
        if again:
            facts = {**facts, "reactivation": tuple(again)}
            subject = Subject(subject_id, facts, subject.subscriptions)
        made.append(subject)
    return made


def mean_log_gap(order_days: list[date], policy: HealthPolicy) -> float:
    """``mu``: the mean logarithm of the gaps between order dates, drawn to the prior."""
    gaps = [(later - earlier).days for earlier, later in itertools.pairwise(order_days)]
    known = math.fsum(math.log(gap) for gap in gaps)
    weight = policy.prior_weight
    return (known + weight * math.log(policy.prior_gap_days)) / (len(gaps) + weight)


def limits(order_days: list[date], policy: HealthPolicy) -> tuple[int, int]:
    """``at_risk_after`` and ``lapsed_after`` in days, from the distinct order dates, ascending."""
    mu = mean_log_gap(order_days, policy)

    def clamped(z: float) -> int:
        return min(
            max(_whole_days(mu + z * policy.log_gap_sigma), policy.min_days), policy.max_days
        )

    at_risk_after = policy.at_risk_after_days
    if at_risk_after is None:
        at_risk_after = clamped(policy.z_at_risk)
    lapsed_after = policy.lapsed_after_days
    if lapsed_after is None:
        lapsed_after = max(at_risk_after + 1, clamped(policy.z_lapsed))
    return at_risk_after, lapsed_after


def usual_gap_days(order_days: list[date], policy: HealthPolicy) -> int:
    """How many days usually lie between two orders."""
    return _whole_days(mean_log_gap(order_days, policy))


def _whole_days(logarithm: float) -> int:
    return math.ceil(round(math.exp(logarithm), 6))


def by_orders(subject: Subject, policy: HealthPolicy, day: date) -> str | None:
    """What orders say on a day, None without one."""
    order_days = subject.order_days(day)
    if not order_days:
        return None
    at_risk_after, lapsed_after = limits(order_days, policy)
    silence = (day - order_days[-1]).days
    if silence < at_risk_after:
        return "active"
    return "at_risk" if silence < lapsed_after else "lapsed"


def by_contracts(subject: Subject, day: date) -> str | None:
    """What the soundest subscription says on a day, None before the first paid period."""
    found = [subscription.health(day) for subscription in subject.subscriptions]
    return min((health for health in found if health), key=RANK.__getitem__, default=None)


def health_on(subject: Subject, policy: HealthPolicy, day: date) -> str:
    """``prospect``, ``cold``, ``active``, ``at_risk`` or ``lapsed`` on ``day``."""
    said = [by_orders(subject, policy, day), by_contracts(subject, day)]
    best = min((health for health in said if health), key=RANK.__getitem__, default=None)
    if best is not None:
        return best
    alive = [fact.signal_date for signal in SIGNS_OF_LIFE for fact in subject.standing(signal, day)]
    silence = (day - max([subject.first_seen_on, *alive])).days
    return "cold" if silence >= policy.cold_after_days else "prospect"


def basis_on(subject: Subject, policy: HealthPolicy, day: date) -> str | None:
    """Which of ``orders`` and ``contract`` gave the health of a day; None if neither did."""
    health = health_on(subject, policy, day)
    if by_contracts(subject, day) == health:
        return "contract"
    return "orders" if by_orders(subject, policy, day) == health else None


def turns(subject: Subject, policy: HealthPolicy) -> set[date]:
    """Every day on which health could change, beside the dates of facts and of their voiding."""
    days = {subject.first_seen_on + timedelta(days=policy.cold_after_days)}
    for signal in SIGNS_OF_LIFE:
        for fact in subject.facts.get(signal, ()):
            days.add(fact.signal_date + timedelta(days=policy.cold_after_days))
    orders = subject.facts.get("order", ())
    for turn in {day for fact in orders for day in (fact.signal_date, fact.voided_on) if day}:
        standing = subject.order_days(turn)
        if standing:
            days |= {standing[-1] + timedelta(days=limit) for limit in limits(standing, policy)}
    for subscription in subject.subscriptions:
        days |= subscription.turns()
    return days


def reactivations(subject: Subject, policy: HealthPolicy) -> list[Fact]:
    """One fact per day with a standing order, or a paid period begun, whose eve was lapsed."""
    periods = [period for found in subject.subscriptions for period in found.periods]
    days = {fact.signal_date for fact in subject.facts.get("order", ())}
    days |= {period.begins for period in periods}
    found: list[Fact] = []
    for day in sorted(days):
        orders = [fact for fact in subject.standing("order", day) if fact.signal_date == day]
        renewed = any(period.begins == day and period.in_force(day) for period in periods)
        if not orders and not renewed:
            continue
        if health_on(subject, policy, day - timedelta(days=1)) != "lapsed":
            continue
        last_void = max((fact.voided_on or NEVER_VOIDED for fact in orders), default=NEVER_VOIDED)
        found.append(
            Fact(
                subject_id=subject.subject_id,
                signal="reactivation",
                signal_date=day,
                occurred_at=datetime.combine(day, datetime.min.time()),
                value=None,
                voided_on=None if renewed or last_void == NEVER_VOIDED else last_void,
                source_table="reactivations",
                source_id=day.isoformat(),
            )
        )
    return found
