"""Entries of plays, and whom to write to today: every trigger by a look at each day.

Belongs here: value.md §6 from triggers to `plays_due`. Does not belong here: what is known of a day
(`shop`), results (`results`).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.reference.activation.shop import (
    DAY,
    NEVER,
    SILENCE,
    CartEvent,
    Order,
    Person,
    Play,
    Shop,
    Subject,
    consent_on,
    day_end,
    is_permitted,
    lot,
    overdue_on,
    quarter,
    renews_on,
    state_on,
)


@dataclass(frozen=True)
class Trigger:
    """What happened, and the first day on which it was over."""

    at: datetime
    until: date = NEVER


@dataclass
class Entry:
    """One entry with everything the marts say of it."""

    play: Play
    subject: Subject
    triggered_on: date
    triggered_at: datetime
    until: date
    due_from: date
    arm: str | None
    suppressed_by: str | None = None
    goal_on: date | None = None
    goal_value: Decimal | None = None
    is_matured: bool = False

    @property
    def due_until(self) -> date:
        """First day on which it is no longer due."""
        return self.due_from + timedelta(days=self.play.open_days)

    def row(self) -> dict[str, Any]:
        """As play_entries has it."""
        return {
            "play": self.play.play,
            "subject_id": self.subject.subject_id,
            "triggered_on": self.triggered_on,
            "triggered_at": self.triggered_at,
            "due_from": self.due_from,
            "due_until": self.due_until,
            "arm": self.arm,
            "suppressed_by": self.suppressed_by,
            "goal_on": self.goal_on,
            "goal_value": self.goal_value,
            "is_matured": self.is_matured,
        }


def entries(shop: Shop) -> list[Entry]:
    """Every entry that was due by today."""
    found: list[Entry] = []
    for play in shop.plays:
        for subject in shop.subjects(play):
            days: dict[date, Trigger] = {}
            for trigger in sorted(_triggers(shop, play, subject), key=lambda each: each.at):
                if trigger.at.date() <= shop.as_of:
                    days.setdefault(trigger.at.date(), trigger)
            for day, trigger in days.items():
                due_from = day + timedelta(days=play.delay_days)
                if due_from <= shop.as_of:
                    found.append(_entry(shop, play, subject, trigger, due_from))
    _suppress(shop, found)
    return found


def _entry(shop: Shop, play: Play, subject: Subject, trigger: Trigger, due_from: date) -> Entry:
    entry = Entry(
        play,
        subject,
        trigger.at.date(),
        trigger.at,
        trigger.until,
        due_from,
        _arm(shop, play, subject, due_from),
    )
    window = [due_from + timedelta(days=number) for number in range(play.goal_days)]
    goals = [
        fact.day
        for fact in shop.facts(subject)
        if fact.signal == play.goal_signal and fact.at > trigger.at and fact.day in window
    ]
    entry.goal_on = min(goals, default=None)
    orders = [
        order
        for person in shop.members(subject)
        for order in person.orders
        if order.is_confirmed
        and order.day in window
        and order.day <= shop.as_of
        and not (order.cancelled_on and order.cancelled_on <= min(window[-1], shop.as_of))
    ]
    if all(order.value is not None for order in orders):
        entry.goal_value = sum((order.value or Decimal(0) for order in orders), Decimal(0)) - sum(
            amount
            for order in orders
            for day, amount in order.refunds
            if day <= min(window[-1], shop.as_of)
        )
    entry.is_matured = window[-1] <= shop.as_of
    return entry


def _arm(shop: Shop, play: Play, subject: Subject, due_from: date) -> str | None:
    if play.is_service:
        return None
    if lot(f"{shop.salt}:{subject.subject_id}") < shop.control_share:
        return "global_control"
    dealt = lot(f"{shop.salt}:{play.play}:{subject.subject_id}:{quarter(due_from)}")
    return "holdout" if dealt < play.holdout_share else "treat"


def _suppress(shop: Shop, found: list[Entry]) -> None:
    """Walk each subject's entries; only those that are due after all count for the next."""
    kept: dict[str, list[Entry]] = {}
    for entry in sorted(
        found, key=lambda each: (each.due_from, each.play.priority, each.play.play)
    ):
        before = kept.setdefault(entry.subject.subject_id, [])
        contact = shop.contact(entry.subject, entry.due_from, lambda _: True)
        consent = consent_on(contact, entry.due_from) if contact else None
        rest = timedelta(days=entry.play.cool_down_days)
        week = [
            each
            for each in before
            if not each.play.is_service and entry.due_from - each.due_from < timedelta(days=7)
        ]
        if entry.until < entry.due_from:
            entry.suppressed_by = "left"
        elif not is_permitted(entry.play, consent):
            entry.suppressed_by = "no_consent"
        elif any(
            each.play == entry.play and entry.due_from - each.due_from <= rest for each in before
        ):
            entry.suppressed_by = "cool_down"
        elif not entry.play.is_service and len(week) >= shop.cap:
            entry.suppressed_by = "cap"
        else:
            before.append(entry)


def due(shop: Shop, found: list[Entry]) -> list[dict[str, Any]]:
    """The rows of plays_due, but for their sentences and expected values."""
    rows: list[dict[str, Any]] = []
    for subject_id in sorted({entry.subject.subject_id for entry in found}):
        listed: list[tuple[Entry, Person]] = []
        for entry in found:
            is_open = entry.due_from <= shop.as_of < entry.due_until
            is_over = entry.suppressed_by or entry.goal_on or entry.until <= shop.as_of
            if entry.subject.subject_id != subject_id or not is_open or is_over:
                continue
            contact = shop.contact(entry.subject, shop.as_of, _may_be_contacted)
            if contact and is_permitted(entry.play, consent_on(contact, shop.as_of)):
                listed.append((entry, contact))
        listed.sort(
            key=lambda each: (
                each[0].play.priority,
                each[0].due_from,
                each[0].play.play,
            )
        )
        rows += [
            {
                "play": entry.play.play,
                "subject_id": subject_id,
                "contact_subject_id": contact.subject_id,
                "triggered_on": entry.triggered_on,
                "since": entry.triggered_on,
                "arm": entry.arm,
                "rank_for_subject": rank,
                "recommended_product": shop.first_choice.get(contact.subject_id),
            }
            for rank, (entry, contact) in enumerate(listed, 1)
            if entry.arm in {None, "treat"}
        ]
    return rows


def _may_be_contacted(person: Person) -> bool:
    return person.customer_id is not None and not person.is_deleted and not person.is_erased


def _triggers(shop: Shop, play: Play, subject: Subject) -> Iterator[Trigger]:
    value = play.trigger_value
    days = [
        date(2024, 1, 1) + timedelta(days=number)
        for number in range((shop.as_of - date(2024, 1, 1)).days + 1)
    ]
    stages = [(day, state_on(subject.stages, day)) for day in (days[0] - DAY, *days)]
    healths = [(day, state_on(subject.healths, day)) for day in (days[0] - DAY, *days)]
    facts = list(shop.facts(subject))

    def signal(name: str) -> Iterator[Trigger]:
        yield from (Trigger(fact.at) for fact in facts if fact.signal == name)

    match play.trigger:
        case "stage_entered":
            for (_, before), (day, now) in itertools.pairwise(stages):
                is_up = before is None or shop.stages.index(before) < shop.stages.index(now or "")
                if now == value != before and is_up:
                    yield _daily(days, day, lambda each: state_on(subject.stages, each) == value)
        case "stage_left":
            for (_, before), (day, now) in itertools.pairwise(stages):
                if before == value and shop.stages.index(now or "") < shop.stages.index(value):
                    yield _daily(days, day, lambda each: state_on(subject.stages, each) != value)
        case "health_entered":
            for (_, before), (day, now) in itertools.pairwise(healths):
                if now == value != before:
                    yield _daily(days, day, lambda each: state_on(subject.healths, each) == value)
        case "signal":
            yield from signal(value)
        case "order_delivered":
            yield from signal("delivery")
        case "survey_detractor":
            scores = {Decimal(score) for score in range(7)}
            yield from (
                Trigger(fact.at) for fact in facts if fact.signal == "nps" and fact.value in scores
            )
        case "ticket_resolved":
            for person in shop.members(subject):
                yield from (Trigger(at) for at in person.resolutions)
        case "first_purchase":
            bought = [fact for fact in facts if fact.signal == "purchase"]
            if bought:
                first = min(fact.day for fact in bought)
                same = [fact for fact in bought if fact.day == first]
                yield Trigger(
                    min(fact.at for fact in same), max(fact.voided_on or NEVER for fact in same)
                )
        case "cart_abandoned":
            for person in shop.members(subject):
                for at in _silences(person, shop.people):
                    yield _until_order(facts, at)
        case "checkout_unfinished":
            order_days = {fact.day for fact in facts if fact.signal == "order"}
            for fact in facts:
                if fact.signal == "checkout" and fact.day not in order_days:
                    yield _until_order(facts, fact.at)
        case "expected_order_missed":
            for day in days:

                def is_missed(each: date) -> bool:
                    return (overdue_on(subject, each) or 0) >= int(value)

                if is_missed(day) and not is_missed(day - DAY):
                    yield _daily(days, day, is_missed)
        case "renewal_due":
            told: set[date] = set()
            for day in days:
                ahead = renews_on(shop, subject, day)
                if ahead and 0 < (ahead - day).days <= int(value) and ahead not in told:
                    told.add(ahead)
                    yield _daily(
                        days,
                        day,
                        lambda each, ahead=ahead: renews_on(shop, subject, each) == ahead,
                    )


def _daily(days: list[date], day: date, holds: Callable[[date], bool]) -> Trigger:
    """What is told of a day happens at its end, until the first day on which it no longer holds."""
    over = next((each for each in days if each > day and not holds(each)), NEVER)
    return Trigger(day_end(day), over)


def _until_order(facts: list[Any], at: datetime) -> Trigger:
    later = [fact.day for fact in facts if fact.signal == "order" and fact.at > at]
    return Trigger(at, min(later, default=NEVER))


def _silences(person: Person, people: list[Person]) -> Iterator[datetime]:
    """When carts that this person began fell silent unordered."""
    orders = [
        (order, buyer)
        for buyer in people
        for order in buyer.orders
        if order.is_confirmed and not (order.cancelled_on and order.cancelled_on <= order.day)
    ]
    for name in sorted({event.cart for event in person.cart_events}):
        # Each cart has one person here, so that whose the cart is needs no reading.
        events = sorted(
            (event for event in person.cart_events if event.cart == name),
            key=lambda event: (event.at, event.event_id),
        )
        closings = sorted(order.at for order, _ in orders if order.cart == name)
        for number in range(len(closings) + 1):
            after = closings[number - 1] if number else datetime.min
            until = closings[number] if number < len(closings) else datetime.max
            part = [event for event in events if after < event.at <= until]
            silent_at = _first_silence(part)
            if silent_at is None:
                continue
            ordered = [until, *_unnamed_orders(person, part, orders)]
            if min(ordered) > silent_at:
                yield silent_at


def _first_silence(part: list[CartEvent]) -> datetime | None:
    for number, event in enumerate(part):
        is_filled = any(each.is_addition for each in part[: number + 1])
        following = part[number + 1].at if number + 1 < len(part) else datetime.max
        if is_filled and following - event.at > SILENCE:
            return event.at + SILENCE
    return None


def _unnamed_orders(
    person: Person, part: list[CartEvent], orders: list[tuple[Order, Person]]
) -> Iterator[datetime]:
    """Orders without a cart of their own whose person touched a cart last in this one."""
    for order, buyer in orders:
        if order.cart is None and buyer is person:
            before = [
                event
                for event in person.cart_events
                if event.at < order.at and _is_filled(person, event, orders)
            ]
            last = max(before, key=lambda event: (event.at, event.event_id), default=None)
            if last in part:
                yield order.at


def _is_filled(person: Person, event: CartEvent, orders: list[tuple[Order, Person]]) -> bool:
    """Whether something had been added to the event's cart by then."""
    closed = [order.at for order, _ in orders if order.cart == event.cart and order.at < event.at]
    return any(
        each.cart == event.cart
        and each.is_addition
        and (each.at, each.event_id) <= (event.at, event.event_id)
        and each.at > max(closed, default=datetime.min)
        for each in person.cart_events
    )
