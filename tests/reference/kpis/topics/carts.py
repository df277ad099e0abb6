"""KPIs of carts.

Belongs here: what a cart is and how it ended. Does not belong here: sessions' checkouts
(``visits``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from tests.reference.kpis.rows import Said
from tests.reference.kpis.shop import Shop
from tests.reference.kpis.units import Measure, Unit, dated, ratio, summed
from tests.reference.world import Event

SILENCE = timedelta(hours=24)
RECOVERY_DAYS = timedelta(days=7)


@dataclass
class Cart:
    """A cart while its events and orders are gathered."""

    person: str
    events: list[Event]
    added: list[Said]
    orders: list[datetime] = field(default_factory=list)

    @property
    def created_at(self) -> datetime:
        """Its first event."""
        return self.events[0].occurred_at

    @property
    def silent_from(self) -> datetime:
        """The event after which nothing came for more than 24 hours."""
        for event, following in zip(self.events, self.events[1:], strict=False):
            if following.occurred_at - event.occurred_at > SILENCE:
                return event.occurred_at
        return self.events[-1].occurred_at


@dataclass(frozen=True)
class Outcome:
    """How a cart ended: ``open``, ``converted``, ``abandoned``; recovered ones were abandoned."""

    cart: Cart
    outcome: str
    is_recovered: bool
    recovery_ends_on: date


def measures(shop: Shop) -> Iterator[Measure]:
    """Every KPI of the topic."""
    outcomes = [_outcome(shop, cart) for cart in carts(shop)]
    abandonment: list[Unit] = []
    recovery: list[Unit] = []
    value: list[Unit] = []
    for found in outcomes:
        day = shop.date_of(found.cart.created_at)
        person = found.cart.person
        is_open, is_abandoned = found.outcome == "open", found.outcome == "abandoned"
        matures = date.max if is_open else day
        abandonment.append(
            Unit(day, int(is_abandoned), int(not is_open), person, mature_on=matures)
        )
        if is_open:
            recovery.append(Unit(day, 0, 0, person, mature_on=matures))
            value.append(Unit(day, 0, 0, person, mature_on=matures, sample=0))
        elif is_abandoned:
            recovery.append(
                Unit(day, int(found.is_recovered), 1, person, mature_on=found.recovery_ends_on)
            )
            worth = _value(found.cart)
            if worth is not None:
                missing = any(said.is_missing_rate for said in found.cart.added)
                value.append(Unit(day, worth, person=person, is_missing_rate=missing))
    yield dated("cart_abandonment_rate", abandonment, ratio)
    yield dated("cart_recovery_rate", recovery, ratio)
    yield dated("cart_value_abandoned", value, summed)


def carts(shop: Shop) -> list[Cart]:
    """All carts with their orders, by their first event."""
    persons = {event.event_id: person for event, person in shop.events}
    added = {said.event.event_id: said for said in shop.said("cart_add")}
    checkouts = {said.event.event_id for said in shop.said("checkout")}

    def cart(events: list[Event]) -> Cart | None:
        puts = [added[event.event_id] for event in events if event.event_id in added]
        return Cart(persons[events[0].event_id], events, puts) if puts else None

    closing: dict[str, list[datetime]] = {}
    for booked in shop.booked:
        if booked.order.cart_id is not None:
            closing.setdefault(booked.order.cart_id, []).append(booked.order.created_at)
    by_id: dict[str, list[Event]] = {}
    for event, _ in shop.events:
        if event.cart_id is not None:
            by_id.setdefault(event.cart_id, []).append(event)
    found: list[Cart] = []
    for cart_id, events in by_id.items():
        opened: datetime | None = None
        for closed in [*closing.get(cart_id, []), None]:
            # Orders of one instant close one cart.
            between = [
                event
                for event in events
                if (opened is None or event.occurred_at > opened)
                and (closed is None or event.occurred_at <= closed)
            ]
            made = cart(between)
            if made is not None:
                found.append(made)
                if closed is not None:
                    made.orders.append(closed)
            opened = closed
    for visit in shop.visits:
        loose = [
            event
            for event in visit.events
            if event.cart_id is None and event.event_id in added.keys() | checkouts
        ]
        made = cart(loose)
        if made is not None:
            found.append(made)
    for booked in shop.booked:
        if booked.order.cart_id is not None:
            continue
        before = [
            (event.occurred_at, event.event_id, number)
            for number, candidate in enumerate(found)
            if candidate.person == booked.person
            for event in candidate.events
            if event.occurred_at < booked.order.created_at
        ]
        if before:
            found[max(before)[2]].orders.append(booked.order.created_at)
    return found


def _outcome(shop: Shop, cart: Cart) -> Outcome:
    deadline = cart.silent_from + SILENCE
    recovery_ends_on = shop.date_of(deadline) + RECOVERY_DAYS
    if any(at <= deadline for at in cart.orders):
        return Outcome(cart, "converted", False, recovery_ends_on)
    if shop.date_of(deadline) > shop.as_of:
        return Outcome(cart, "open", False, recovery_ends_on)
    recovered = any(deadline < at and shop.date_of(at) <= recovery_ends_on for at in cart.orders)
    return Outcome(cart, "abandoned", recovered, recovery_ends_on)


def _value(cart: Cart) -> Fraction | None:
    """What was added, None if no addition states a value."""
    if all(said.stated is None for said in cart.added):
        return None
    exact = Fraction(0)
    for said in cart.added:
        quantity = Decimal(1) if said.event.quantity is None else said.event.quantity
        exact += Fraction(said.value or 0) * Fraction(quantity)
    return exact
