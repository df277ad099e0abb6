"""What the settled shop consists of: booked orders, visits, signals, channel rows.

Belongs here: their shapes and what each says of itself. Does not belong here: how they come about
(``shop``) and what is counted (the topic modules).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.reference.staging import Cleaner
from tests.reference.world import ChannelDay, Event, Order, OrderLine


@dataclass(frozen=True)
class Given:
    """A refund of a booked order; ``value`` is None when the order's rate is missing."""

    day: date
    amount: Decimal
    value: Decimal | None


@dataclass(frozen=True)
class Booked:
    """A booked order; ``value`` is None when its rate is missing."""

    order: Order
    person: str
    day: date
    value: Decimal | None
    channel: str
    refunds: tuple[Given, ...]
    lines: tuple[OrderLine, ...]

    @property
    def is_guest(self) -> bool:
        """Whether it came without any person id."""
        return is_guest(self.person)

    @property
    def is_missing_rate(self) -> bool:
        """Whether its money could not be converted."""
        return self.value is None

    @property
    def gross(self) -> Decimal:
        """Its value, 0 when that is not known."""
        return self.value or Decimal(0)

    @property
    def refunded(self) -> Decimal:
        """Its refunds to date."""
        return sum((given.value or Decimal(0) for given in self.refunds), Decimal(0))


@dataclass(frozen=True)
class Visit:
    """A session; ``person`` and ``channel`` are those of its first event."""

    person: str
    channel: str
    day: date
    started_at: datetime
    ended_at: datetime
    events: tuple[Event, ...]

    @property
    def session_id(self) -> str:
        """The id of its first event."""
        return self.events[0].event_id


@dataclass(frozen=True)
class Bought:
    """A purchase: a booked order, or a paid start or renewal of a plan."""

    day: date
    at: datetime


@dataclass(frozen=True)
class Said:
    """A signal that came from an event; ``stated`` is its value before conversion."""

    person: str
    day: date
    at: datetime
    value: Decimal | None
    stated: Decimal | None
    is_missing_rate: bool
    event: Event
    properties: dict[str, Any]
    cleaner: Cleaner

    def id(self, name: str) -> str | None:
        """An id in the properties, None when it counts as absent."""
        return self.cleaner.property_id(self.properties, name)


@dataclass(frozen=True)
class Spend:
    """A row of ``channel_daily``; ``spend`` is None when unknown or without a rate."""

    row: ChannelDay
    channel: str
    spend: Decimal | None
    is_missing_rate: bool


def is_guest(person: str) -> bool:
    """Whether a person is known by one order without any id only."""
    return person.startswith("visitor:order:")


def days_between(earlier: date, later: date) -> int:
    """Days from one reporting date to another."""
    return (later - earlier).days


def within(earlier: date, later: date, days: int) -> bool:
    """Whether ``later`` is the same day or at most so many days later."""
    return timedelta(0) <= later - earlier <= timedelta(days=days)


def follows(start: Said | Bought, then: Said | Bought, days: int) -> bool:
    """Whether it came from an instant on to the end of the n-th day after the instant's own."""
    return start.at <= then.at and within(start.day, then.day, days)


def order_days(booked: Iterable[Booked]) -> list[date]:
    """The distinct days of orders, ascending."""
    return sorted({order.day for order in booked})
