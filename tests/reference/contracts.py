"""Subscriptions of persons: what they paid for, until when, and how sound that is.

Belongs here: "By subscriptions" of docs/lifecycle_semantics.md#health. Does not belong here:
orders, and the best of both (``health``).
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.reference.identity import Identity
from tests.reference.rulebook import EventSignal, Rulebook
from tests.reference.staging import Cleaner, Resolved, Staged, money
from tests.reference.texts import number, properties_of, stated_date, told
from tests.reference.world import Event

STATING = ("subscription_start", "subscription_renewal", "subscription_change")
CANCEL, FAILED = "subscription_cancel", "payment_failed"
LONGEST_INTERVAL = 120


@dataclass(frozen=True)
class Period:
    """What one event paid for: up to the day before ``until``, in force up to ``ends``."""

    event_id: str
    begins: date
    until: date
    ends: date

    def in_force(self, day: date) -> bool:
        """Whether it has begun and not ended at the end of a day."""
        return self.begins <= day < self.ends


@dataclass(frozen=True)
class Told:
    """One contract event, in the order of its subscription."""

    event_id: str
    day: date
    at: datetime
    amount: Decimal | None
    currency: str | None
    is_cancel: bool
    is_setback: bool
    period: Period | None


@dataclass(frozen=True)
class Subscription:
    """All contract events of one subscription of one person up to ``as_of_date``."""

    person: str
    subscription_id: str | None
    told: tuple[Told, ...]
    slack_days: int

    @property
    def periods(self) -> tuple[Period, ...]:
        """The paid periods it ever began."""
        return tuple(told.period for told in self.told if told.period is not None)

    def in_force(self, day: date) -> list[Period]:
        """The periods in force at the end of a day."""
        return [period for period in self.periods if period.in_force(day)]

    def has_begun(self, day: date) -> bool:
        """Whether any paid period had begun by a day."""
        return any(period.begins <= day for period in self.periods)

    def health(self, day: date) -> str | None:
        """``active``, ``at_risk`` or ``lapsed``, None before the first paid period."""
        if not self.has_begun(day):
            return None
        running = self.in_force(day)
        if not running:
            return "lapsed"
        last = [told for told in self.told if told.day <= day][-1]
        unpaid_from = max(period.until for period in running) + timedelta(days=self.slack_days)
        return "at_risk" if last.is_setback or day >= unpaid_from else "active"

    def renews_on(self, day: date) -> date | None:
        """Until when it is paid on a day, None if it is not in force or cancelled since."""
        running = self.in_force(day)
        so_far = [told for told in self.told if told.day <= day]
        begun = [number for number, told in enumerate(so_far) if told.period is not None]
        if not running or any(told.is_cancel for told in so_far[begun[-1] + 1 :]):
            return None
        return max(period.until for period in running)

    def turns(self) -> set[date]:
        """Every day on which what it says could change."""
        days = {told.day for told in self.told}
        for period in self.periods:
            days |= {period.until + timedelta(days=self.slack_days), period.ends}
        return days


def stated(event: Event, row: EventSignal) -> Decimal | None:
    """The number an event states for a signal, in its own currency."""
    if row.value_property in (None, "value"):
        return event.value
    return number(told(properties_of(event.properties).get(row.value_property)))


def stated_amount(event: Event, feeds: dict[str, EventSignal]) -> Decimal | None:
    """The amount of the start, else the renewal, else the change that an event feeds."""
    found = next((feeds[signal] for signal in STATING if signal in feeds), None)
    return None if found is None else stated(event, found)


def is_paid(amount: Decimal | None) -> bool:
    """Whether an amount, if any is stated, is above zero to 4 decimals."""
    return amount is None or money(Fraction(amount)) > 0


def after_months(day: date, months: int) -> date:
    """So many calendar months later, the day clamped to the month's last."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def subscriptions_of(
    staged: Staged, resolved: Resolved, rulebook: Rulebook, identity: Identity
) -> list[Subscription]:
    """Every subscription of every person, from events dated on or before ``as_of_date``."""
    cleaner = Cleaner(rulebook.excluded_ids)
    by_key: dict[tuple[str, str | None], list[tuple[Event, dict[str, EventSignal]]]] = {}
    for event in staged.events:
        feeds = rulebook.signals_of(event)
        if not feeds.keys() & {*STATING, CANCEL, FAILED}:
            continue
        if resolved.date_of(event.occurred_at) > resolved.as_of_date:
            continue
        subscription_id = cleaner.property_id(properties_of(event.properties), "subscription_id")
        key = (identity.person_of_event(event), subscription_id)
        by_key.setdefault(key, []).append((event, feeds))
    return [
        Subscription(
            person,
            subscription_id,
            _told(
                sorted(events, key=lambda pair: (pair[0].occurred_at, pair[0].event_id)), resolved
            ),
            resolved.renewal_slack_days,
        )
        for (person, subscription_id), events in by_key.items()
    ]


def _told(
    events: list[tuple[Event, dict[str, EventSignal]]], resolved: Resolved
) -> tuple[Told, ...]:
    begun: list[tuple[date, date] | None] = []
    cancelled: list[date | None] = []
    last_interval = 1
    for event, feeds in events:
        day = resolved.date_of(event.occurred_at)
        properties = properties_of(event.properties)
        interval = _interval(properties)
        begun.append(None)
        if feeds.keys() & set(STATING) and is_paid(stated_amount(event, feeds)):
            before = [pair[1] for pair in begun if pair is not None]
            until = stated_date(properties.get("paid_until"), resolved.date_of)
            if until is None or until <= day:
                until = after_months(day, interval or last_interval)
                keeps_term = "subscription_change" in feeds and interval is None
                if keeps_term and before and max(before) > day:
                    until = max(before)
            begun[-1] = (day, until)
        last_interval = interval or last_interval
        ends_on = stated_date(properties.get("ends_on"), resolved.date_of)
        is_later = ends_on is not None and ends_on > day
        cancelled.append((ends_on if is_later else day) if CANCEL in feeds else None)
    grace = timedelta(days=resolved.subscription_grace_days)
    found: list[Told] = []
    for number_, (event, feeds) in enumerate(events):
        term = begun[number_]
        period = None
        if term is not None:
            ends = [day for day in cancelled[number_ + 1 :] if day is not None]
            period = Period(event.event_id, *term, min([term[1] + grace, *ends]))
        found.append(
            Told(
                event_id=event.event_id,
                day=resolved.date_of(event.occurred_at),
                at=event.occurred_at,
                amount=stated_amount(event, feeds),
                currency=event.currency,
                is_cancel=CANCEL in feeds,
                is_setback=CANCEL in feeds or FAILED in feeds,
                period=period,
            )
        )
    return tuple(found)


def _interval(properties: dict[str, Any]) -> int | None:
    months = number(told(properties.get("interval_months")))
    if months is None or months != int(months) or not 1 <= months <= LONGEST_INTERVAL:
        return None
    return int(months)


def by_person(subscriptions: Iterable[Subscription]) -> dict[str, list[Subscription]]:
    """Subscriptions of each person."""
    found: dict[str, list[Subscription]] = {}
    for subscription in subscriptions:
        found.setdefault(subscription.person, []).append(subscription)
    return found
