"""The shop as its KPIs see it: who bought, came and wrote what, with people and money settled.

Belongs here: booked orders, sessions, signals with their events, attributes and health of people,
channel rows in reporting currency. Does not belong here: any KPI.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import cached_property

from tests.reference import engine, sessions, signals, staging
from tests.reference.engine import Subject
from tests.reference.identity import Identity, identify
from tests.reference.kpis.catalogue import Seeds
from tests.reference.kpis.rows import Booked, Given, Said, Spend, Visit, is_guest
from tests.reference.rulebook import Rulebook
from tests.reference.signals import Fact
from tests.reference.staging import Resolved, Staged
from tests.reference.world import Event, Product, Settings, World

UNKNOWN = "unknown"


class Shop:
    """All rows of one world up to ``as_of_date``."""

    def __init__(self, world: World, settings: Settings, rulebook: Rulebook, seeds: Seeds) -> None:
        """Settle one world, which is the whole data of a build."""
        self.world = world
        self.rulebook = rulebook
        self.seeds = seeds
        self.settings: Resolved = staging.resolve([world], settings, rulebook)
        self.staged: Staged = staging.stage(world, settings, rulebook)
        self.identity: Identity = identify(self.staged, self.settings)
        self._health: dict[tuple[str, date], str] = {}

    @property
    def as_of(self) -> date:
        """The last reporting date."""
        return self.settings.as_of_date

    @cached_property
    def facts(self) -> list[Fact]:
        """Every signal of every person; accounts left out."""
        found = signals.facts_of(self.staged, self.settings, self.rulebook)
        return [fact for fact in found if not fact.subject_id.startswith("account:")]

    @cached_property
    def subjects(self) -> dict[str, Subject]:
        """Persons by id, guests included."""
        found = engine.subjects_of(self.facts, self.rulebook.health)
        return {subject.subject_id: subject for subject in found}

    @cached_property
    def customers(self) -> list[str]:
        """Persons who can be a unit of a KPI about customers."""
        return [person for person in self.subjects if not is_guest(person)]

    @cached_property
    def first_day(self) -> date:
        """The first fact, a signal or a channel row."""
        days = [fact.signal_date for fact in self.facts]
        return min([*days, *(spend.row.date for spend in self.channel_days)])

    @cached_property
    def events(self) -> list[tuple[Event, str]]:
        """Events up to ``as_of_date`` with their persons, in order."""
        kept = sorted(self.staged.events, key=lambda event: (event.occurred_at, event.event_id))
        return [
            (
                dataclasses.replace(event, cart_id=self.cleaned(event.cart_id)),
                self.identity.person_of_event(event),
            )
            for event in kept
            if self.date_of(event.occurred_at) <= self.as_of
        ]

    def date_of(self, instant: datetime) -> date:
        """The reporting date of an instant."""
        return self.settings.date_of(instant)

    def cleaned(self, value: str | None) -> str | None:
        """An id, None when it counts as absent."""
        if value is None or value.strip().lower() in self.rulebook.excluded_ids:
            return None
        return value.strip()

    def said(self, *names: str) -> list[Said]:
        """Signals of these names that came from events, in order."""
        return (
            [said for name in names for said in self._said.get(name, [])]
            if len(names) == 1
            else sorted(
                (said for name in names for said in self._said.get(name, [])),
                key=lambda said: (said.at, said.event.event_id),
            )
        )

    @cached_property
    def _said(self) -> dict[str, list[Said]]:
        values = {
            fact.source_id: fact.value
            for fact in self.facts
            if fact.source_table == "events" and fact.signal != "any"
        }
        found: dict[str, list[Said]] = {}
        for event, person in self.events:
            mapping = self.rulebook.event_signals.get(event.event_name)
            if mapping is None:
                continue
            value = values[event.event_id]
            missing = mapping.is_money and event.value is not None and value is None
            found.setdefault(mapping.signal, []).append(
                Said(
                    person=person,
                    day=self.date_of(event.occurred_at),
                    at=event.occurred_at,
                    value=value,
                    is_missing_rate=missing,
                    event=event,
                    properties=json.loads(event.properties) if event.properties else {},
                )
            )
        return found

    @cached_property
    def visits(self) -> list[Visit]:
        """Sessions by start."""
        persons = {event.event_id: person for event, person in self.events}
        events = (event for event, _ in self.events)
        split = sessions.split(events, self.settings.session_timeout_minutes)
        found = [
            Visit(
                person=persons[events[0].event_id],
                channel=self.seeds.channel(events[0].utm_source, events[0].utm_medium),
                day=self.date_of(events[0].occurred_at),
                started_at=events[0].occurred_at,
                ended_at=events[-1].occurred_at,
                events=tuple(events),
            )
            for events in split
        ]
        return sorted(found, key=lambda visit: (visit.started_at, visit.events[0].event_id))

    @cached_property
    def booked(self) -> list[Booked]:
        """Booked orders in order."""
        return sorted(self._booked(), key=lambda booked: (booked.order.created_at, _id(booked)))

    def _booked(self) -> Iterator[Booked]:
        for order in self.staged.orders:
            day = self.date_of(order.created_at)
            cancelled_on = self.known_date(order.cancelled_at)
            is_open = order.status == "pending" and not self.settings.pending_is_booked
            if day > self.as_of or cancelled_on is not None or is_open:
                continue
            yield Booked(
                order=order,
                person=self.identity.person_of_order(order),
                day=day,
                value=signals.order_value(order, self.settings),
                channel=self.seeds.channel(
                    order.utm_source, order.utm_medium, order.source_channel
                ),
                refunds=tuple(
                    Given(
                        self.date_of(refund.created_at),
                        refund.amount,
                        signals.refund_value(order, refund, self.settings),
                    )
                    for refund in self.staged.refunds
                    if refund.order_id == order.order_id
                    and self.date_of(refund.created_at) <= self.as_of
                ),
                lines=tuple(
                    line for line in self.world.order_lines if line.order_id == order.order_id
                ),
            )

    @cached_property
    def booked_of(self) -> dict[str, list[Booked]]:
        """Booked orders of each customer, guests left out, in order."""
        found: dict[str, list[Booked]] = {}
        for booked in self.booked:
            if not booked.is_guest:
                found.setdefault(booked.person, []).append(booked)
        return found

    @cached_property
    def products(self) -> dict[str, Product]:
        """Products by id."""
        return {product.product_id: product for product in self.world.products}

    @cached_property
    def channel_days(self) -> list[Spend]:
        """Channel rows up to ``as_of_date`` with spend in reporting currency."""
        found: list[Spend] = []
        for row in self.world.channel_daily:
            if row.date > self.as_of:
                continue
            spend = None
            if row.spend is not None:
                spend = self.converted(row.spend, row.currency or self.settings.currency, row.date)
            found.append(
                Spend(
                    row=row,
                    channel=self.seeds.channel(row.channel, None),
                    spend=spend,
                    is_missing_rate=row.spend is not None and spend is None,
                )
            )
        return found

    def converted(self, amount: Decimal, currency: str, day: date) -> Decimal | None:
        """An amount in reporting currency, None without a rate."""
        rate = staging.rate_on(self.settings, currency, day)
        return None if rate is None else staging.money(Fraction(amount) * Fraction(rate))

    def known_date(self, instant: datetime | None) -> date | None:
        """The date of something that may not have happened by ``as_of_date``."""
        if instant is None or self.date_of(instant) > self.as_of:
            return None
        return self.date_of(instant)

    def health(self, person: str, day: date) -> str:
        """Health at the end of a day, ``unknown`` before the person was seen."""
        key = (person, day)
        if key not in self._health:
            subject = self.subjects.get(person)
            if subject is None or day < subject.first_seen_on:
                self._health[key] = UNKNOWN
            else:
                self._health[key] = engine.health_on(subject, self.rulebook.health, day)
        return self._health[key]

    def is_active(self, person: str, day: date) -> bool:
        """Whether a person is an active customer at the end of a day."""
        return self.health(person, day) in {"active", "at_risk"}

    @cached_property
    def _rows_of_customers(self) -> dict[str, tuple[str, str]]:
        return {
            f"customer:{row.customer_id}": (row.country or UNKNOWN, row.account_id or UNKNOWN)
            for row in self.staged.customers
        }

    def country(self, person: str) -> str:
        """The country on the record of a person."""
        return self._rows_of_customers.get(person, (UNKNOWN, UNKNOWN))[0]

    def account(self, person: str) -> str:
        """The account on the record of a person."""
        return self._rows_of_customers.get(person, (UNKNOWN, UNKNOWN))[1]


def _id(booked: Booked) -> str:
    return booked.order.order_id
