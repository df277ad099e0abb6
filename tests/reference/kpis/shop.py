"""The shop as its KPIs see it: who bought, came and wrote what, with people and money settled.

Belongs here: booked orders, sessions, signals with their events, attributes and health of people,
channel rows in reporting currency. Does not belong here: any KPI.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import cached_property

from tests.reference import contracts, health, sessions, signals, staging
from tests.reference.health import Subject
from tests.reference.identity import Identity, identify
from tests.reference.kpis.catalogue import UNKNOWN, Seeds
from tests.reference.kpis.rows import Booked, Bought, Given, Said, Spend, Visit, is_guest
from tests.reference.rulebook import EventSignal, Rulebook
from tests.reference.signals import Fact
from tests.reference.stages import engine
from tests.reference.staging import Cleaner, Resolved, Staged
from tests.reference.texts import properties_of
from tests.reference.world import (
    ChannelDay,
    Customer,
    Event,
    OrderLine,
    Product,
    Refund,
    Settings,
    World,
)

COUNTS = (
    *("impressions", "clicks", "followers", "likes", "comments", "shares"),
    *("podcast_downloads", "podcast_listeners", "reach"),
)


class Shop:
    """All rows of one world up to ``as_of_date``."""

    def __init__(self, world: World, settings: Settings, rulebook: Rulebook, seeds: Seeds) -> None:
        """Settle one world, which is the whole data of a build."""
        self.world = world
        self.rulebook = rulebook
        self.seeds = seeds
        self.staged: Staged = staging.stage(world, settings, rulebook)
        self.settings: Resolved = staging.resolve([world], settings, rulebook, [self.staged])
        self.identity: Identity = identify(self.staged, self.settings)
        self._health: dict[tuple[str, date], str] = {}
        self._stage: dict[tuple[str, date], str] = {}

    @property
    def as_of(self) -> date:
        """The last reporting date."""
        return self.settings.as_of_date

    @cached_property
    def subjects(self) -> dict[str, Subject]:
        """Persons by id, guests included; accounts left out."""
        found = health.subjects(self.staged, self.settings, self.rulebook)
        return {each.subject_id: each for each in found if each.subject_type == "person"}

    @cached_property
    def facts(self) -> list[Fact]:
        """Every signal of every person."""
        return [
            fact
            for subject in self.subjects.values()
            for facts in subject.facts.values()
            for fact in facts
        ]

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
            (event, self.identity.person_of_event(event))
            for event in kept
            if self.date_of(event.occurred_at) <= self.as_of
        ]

    @cached_property
    def feeds(self) -> dict[str, dict[str, EventSignal]]:
        """The signals of each event, by its id."""
        return {event.event_id: self.rulebook.signals_of(event) for event, _ in self.events}

    def date_of(self, instant: datetime) -> date:
        """The reporting date of an instant."""
        return self.settings.date_of(instant)

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
            (fact.source_id, fact.signal): fact.value
            for fact in self.facts
            if fact.source_table == "events"
        }
        cleaner = Cleaner(self.rulebook.excluded_ids)
        found: dict[str, list[Said]] = {}
        for event, person in self.events:
            for signal, row in self.feeds[event.event_id].items():
                # What was no signal after all, a referral of oneself, has no fact.
                if (event.event_id, signal) not in values:
                    continue
                value, stated = values[event.event_id, signal], contracts.stated(event, row)
                found.setdefault(signal, []).append(
                    Said(
                        person=person,
                        day=self.date_of(event.occurred_at),
                        at=event.occurred_at,
                        value=value,
                        stated=stated,
                        is_missing_rate=row.is_money and stated is not None and value is None,
                        event=event,
                        properties=properties_of(event.properties),
                        cleaner=cleaner,
                    )
                )
        return found

    @cached_property
    def visits(self) -> list[Visit]:
        """Sessions by start."""
        persons = {event.event_id: person for event, person in self.events}
        events = (event for event, _ in self.events if self.rulebook.is_visit(event))
        split = sessions.split(events, self.settings.session_timeout_minutes)
        found = [
            Visit(
                person=persons[events[0].event_id],
                channel=self.seeds.channel_of(events[0], self.settings.own_domains),
                day=self.date_of(events[0].occurred_at),
                started_at=events[0].occurred_at,
                ended_at=events[-1].occurred_at,
                events=tuple(events),
            )
            for events in split
        ]
        return sorted(found, key=lambda visit: (visit.started_at, visit.events[0].event_id))

    @cached_property
    def visits_of(self) -> dict[str, list[Visit]]:
        """The sessions of each person by start."""
        found: dict[str, list[Visit]] = {}
        for visit in self.visits:
            found.setdefault(visit.person, []).append(visit)
        return found

    def of_visit(self, visit: Visit, signal: str) -> list[Event]:
        """The events of a session that feed a signal."""
        return [event for event in visit.events if signal in self.feeds[event.event_id]]

    @cached_property
    def purchases(self) -> dict[str, list[Bought]]:
        """What each person bought: booked orders and paid starts and renewals, in order."""
        found: dict[str, list[Bought]] = {}
        for person, orders in self.booked_of.items():
            found.setdefault(person, []).extend(
                Bought(booked.day, booked.order.created_at) for booked in orders
            )
        for event, person in self.events:
            feeds = self.feeds[event.event_id]
            is_paid = contracts.is_paid(contracts.stated_amount(event, feeds))
            if is_paid and feeds.keys() & {"subscription_start", "subscription_renewal"}:
                bought = Bought(self.date_of(event.occurred_at), event.occurred_at)
                found.setdefault(person, []).append(bought)
        return {person: sorted(bought, key=lambda one: one.at) for person, bought in found.items()}

    @cached_property
    def booked(self) -> list[Booked]:
        """Booked orders in order."""
        return [
            valid
            for valid in self.valid
            if self.is_confirmed(valid) and self.known_date(valid.order.cancelled_at) is None
        ]

    def is_confirmed(self, valid: Booked) -> bool:
        """Whether a valid order is booked as long as it is not cancelled."""
        return valid.order.status != "pending" or self.settings.pending_is_booked

    @cached_property
    def valid(self) -> list[Booked]:
        """Valid orders in order, with all that booked ones have."""
        return sorted(self._valid(), key=lambda valid: (valid.order.created_at, _id(valid)))

    def _valid(self) -> Iterator[Booked]:
        lines: dict[str, list[OrderLine]] = {}
        for line in self.staged.order_lines:
            lines.setdefault(line.order_id, []).append(line)
        refunds: dict[str, list[Refund]] = {}
        for refund in self.staged.refunds:
            refunds.setdefault(refund.order_id, []).append(refund)
        for order in self.staged.orders:
            day = self.date_of(order.created_at)
            if day > self.as_of:
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
                    for refund in refunds.get(order.order_id, ())
                    if self.date_of(refund.created_at) <= self.as_of
                ),
                lines=tuple(lines.get(order.order_id, ())),
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
        return {product.product_id: product for product in self.staged.products}

    @cached_property
    def channel_days(self) -> list[Spend]:
        """Channel rows up to ``as_of_date``, their parts added up, spend in reporting currency."""
        return [
            self._channel_day(parts)
            for parts in self.staged.channel_days
            if parts[0].date <= self.as_of
        ]

    def _channel_day(self, parts: Sequence[ChannelDay]) -> Spend:
        def total(column: str) -> int | None:
            known = [getattr(part, column) for part in parts if getattr(part, column) is not None]
            return sum(known) if known else None

        # Parts add up before anything is made of them, as far as they are of one currency.
        stated: dict[str, Decimal] = {}
        for part in parts:
            if part.spend is not None:
                currency = part.currency or self.settings.currency
                stated[currency] = stated.get(currency, Decimal(0)) + part.spend
        spends = [
            self.converted(spend, currency, parts[0].date) for currency, spend in stated.items()
        ]
        known = [spend for spend in spends if spend is not None]
        is_missing = len(known) < len(spends)
        return Spend(
            row=dataclasses.replace(
                parts[0],
                spend=sum(known, Decimal(0)) if spends else None,
                **{column: total(column) for column in COUNTS},
            ),
            channel=self.seeds.channel(parts[0].channel, None),
            spend=None if is_missing or not spends else sum(known, Decimal(0)),
            is_missing_rate=is_missing,
        )

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
                self._health[key] = health.health_on(subject, self.rulebook.health, day)
        return self._health[key]

    def stage(self, person: str, day: date) -> str:
        """Stage of the default framework at the end of a day, ``unknown`` where there is none."""
        key = (person, day)
        if key not in self._stage:
            subject, framework = self.subjects.get(person), self.rulebook.default_framework
            is_known = subject is not None and day >= subject.first_seen_on
            if subject is None or not is_known or framework.subject_type != "person":
                self._stage[key] = UNKNOWN
            else:
                (holding,) = engine.stages_on(subject, [framework], self.rulebook, day)
                self._stage[key] = holding.stage
        return self._stage[key]

    def is_active(self, person: str, day: date) -> bool:
        """Whether a person is an active customer at the end of a day."""
        return self.health(person, day) in {"active", "at_risk"}

    @cached_property
    def records(self) -> dict[str, Customer]:
        """The customer row of a person."""
        return {f"customer:{row.customer_id}": row for row in self.staged.customers}

    def acquisition_channel(self, person: str) -> str:
        """The channel that a person's record states, else that of the first session."""
        record = self.records.get(person)
        stated = record and self.seeds.stated_channel(record.acquisition_channel)
        visits = self.visits_of.get(person)
        return stated or (visits[0].channel if visits else UNKNOWN)

    def country(self, person: str) -> str:
        """The country on the record of a person."""
        record = self.records.get(person)
        return record.country or UNKNOWN if record else UNKNOWN

    def account(self, person: str) -> str:
        """The account on the record of a person who is not deleted."""
        record = self.records.get(person)
        return record.account_id or UNKNOWN if record and not record.is_deleted else UNKNOWN


def _id(booked: Booked) -> str:
    return booked.order.order_id
