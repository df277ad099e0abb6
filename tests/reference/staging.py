"""Which raw rows count, and what they say once ids, copies and dates are settled.

Belongs here: docs/raw_contract.md#which-row-counts and docs/lifecycle_semantics.md#orders. Does not
belong here: whose row it is (``identity``) and what it is evidence of (``signals``).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TypeVar
from zoneinfo import ZoneInfo

from tests.reference.rulebook import Rulebook
from tests.reference.world import (
    Customer,
    CustomerMerge,
    Event,
    ExchangeRate,
    Order,
    Refund,
    Settings,
    World,
)

FUTURE_TOLERANCE = timedelta(hours=24)

Row = TypeVar("Row")
Received = TypeVar("Received", Event, Refund)


@dataclass(frozen=True)
class Resolved:
    """Settings after the data have decided the blanks."""

    as_of_date: date
    identity_as_of: date
    timezone: str
    currency: str
    fulfilment_sla_days: int
    session_timeout_minutes: int
    rates: tuple[ExchangeRate, ...]
    pending_is_booked: bool
    subscription_grace_days: int

    def date_of(self, instant: datetime) -> date:
        """The reporting date of a naive UTC instant."""
        return reporting_date(instant, self.timezone)


@dataclass(frozen=True)
class Staged:
    """Rows that count. Orders are the valid ones; nothing is cut at ``as_of_date`` yet."""

    events: tuple[Event, ...]
    orders: tuple[Order, ...]
    refunds: tuple[Refund, ...]
    customers: tuple[Customer, ...]
    customer_merges: tuple[CustomerMerge, ...]


def reporting_date(instant: datetime, timezone: str) -> date:
    """Cast a naive UTC instant to a date in ``timezone``."""
    return instant.replace(tzinfo=UTC).astimezone(ZoneInfo(timezone)).date()


def stage(world: World, settings: Settings, rulebook: Rulebook) -> Staged:
    """Apply every staging rule to one world."""
    excluded = rulebook.excluded_ids

    def absent(value: str | None) -> bool:
        return value is None or value.strip().lower() in excluded

    def cleaned(value: str | None) -> str | None:
        return None if value is None or absent(value) else value.strip()

    def known(rows: Iterable) -> list:
        if settings.known_at is None:
            return list(rows)
        return [
            row for row in rows if row.received_at is None or row.received_at <= settings.known_at
        ]

    events = [
        dataclasses.replace(
            event,
            anonymous_id=cleaned(event.anonymous_id),
            user_id=cleaned(event.user_id),
            session_id=cleaned(event.session_id),
        )
        for event in known(world.events)
        if not _is_from_the_future(event.occurred_at, event.received_at)
    ]
    # An event left with neither id belongs to nobody, so it never competes for its event_id.
    events = [event for event in events if event.anonymous_id or event.user_id]

    orders = [
        dataclasses.replace(
            order,
            customer_id=cleaned(order.customer_id),
            anonymous_id=cleaned(order.anonymous_id),
        )
        for order in known(world.orders)
        if not _is_from_the_future(order.created_at, order.received_at)
    ]
    orders = _latest(orders, lambda order: order.order_id, _order_version)
    valid_orders = [order for order in orders if is_valid(order)]

    refunds = [
        refund
        for refund in known(world.refunds)
        if not _is_from_the_future(refund.created_at, refund.received_at)
    ]
    refunds = _earliest(refunds, lambda refund: refund.refund_id)
    by_id = {order.order_id: order for order in valid_orders}
    kept_refunds = [
        refund
        for refund in refunds
        if refund.order_id in by_id
        and reporting_date(refund.created_at, settings.timezone)
        >= reporting_date(by_id[refund.order_id].created_at, settings.timezone)
    ]

    customers = [
        dataclasses.replace(customer, account_id=cleaned(customer.account_id))
        for customer in world.customers
        if not absent(customer.customer_id)
    ]
    return Staged(
        events=tuple(_earliest(events, lambda event: event.event_id)),
        orders=tuple(valid_orders),
        refunds=tuple(kept_refunds),
        customers=tuple(
            _latest(customers, lambda row: row.customer_id, lambda row: row.updated_at)
        ),
        customer_merges=tuple(
            merge
            for merge in world.customer_merges
            if not absent(merge.from_customer_id) and not absent(merge.into_customer_id)
        ),
    )


def is_valid(order: Order) -> bool:
    """Whether an order ever counted (docs/lifecycle_semantics.md#orders)."""
    return (
        not order.is_test
        and not order.is_deleted
        and order.total_price > 0
        and order.status != "failed"
        and not (order.status == "cancelled" and order.cancelled_at is None)
    )


def resolve(worlds: Sequence[World], settings: Settings, rulebook: Rulebook) -> Resolved:
    """Decide the blanks of the settings from all the worlds of a batch."""
    staged = [stage(world, settings, rulebook) for world in worlds]
    as_of_date = settings.as_of_date or max(
        reporting_date(instant, settings.timezone)
        for rows in staged
        for instant in [
            *(event.occurred_at for event in rows.events),
            *(order.created_at for order in rows.orders),
        ]
    )
    present = {
        row.currency for world in worlds for row in (*world.orders, *world.events) if row.currency
    }
    return Resolved(
        as_of_date=as_of_date,
        identity_as_of=settings.identity_as_of or as_of_date,
        timezone=settings.timezone,
        currency=settings.currency or (present.pop() if len(present) == 1 else "EUR"),
        fulfilment_sla_days=settings.fulfilment_sla_days,
        session_timeout_minutes=settings.session_timeout_minutes,
        rates=settings.rates,
        pending_is_booked=settings.pending_is_booked,
        subscription_grace_days=settings.subscription_grace_days,
    )


def rate_on(resolved: Resolved, currency: str, day: date) -> Decimal | None:
    """Reporting-currency units for one unit of ``currency`` on ``day``, or None if unknown."""
    if currency == resolved.currency:
        return Decimal(1)
    known = [rate for rate in resolved.rates if rate.currency == currency and rate.date <= day]
    return max(known, key=lambda rate: rate.date).rate if known else None


def money(exact: Fraction) -> Decimal:
    """Round to 4 decimals, half away from zero."""
    units = int(abs(exact) * 10_000 + Fraction(1, 2))
    return Decimal(units if exact >= 0 else -units).scaleb(-4)


def _is_from_the_future(instant: datetime, received_at: datetime | None) -> bool:
    # A row without received_at is judged against its loading, which no test world postdates.
    return received_at is not None and instant > received_at + FUTURE_TOLERANCE


def _order_version(order: Order) -> datetime | None:
    return order.updated_at if order.updated_at is not None else order.received_at


def _latest(
    rows: Iterable[Row], key: Callable[[Row], str], version: Callable[[Row], datetime | None]
) -> list[Row]:
    """One row per key: the latest version; rows without one lose to all others."""
    kept: dict[str, Row] = {}
    for row in rows:
        rival = kept.setdefault(key(row), row)
        if (version(row) or datetime.min) > (version(rival) or datetime.min):
            kept[key(row)] = row
    return list(kept.values())


def _earliest(rows: Iterable[Received], key: Callable[[Received], str]) -> list[Received]:
    """One row per key: the first received."""
    kept: dict[str, Received] = {}
    for row in rows:
        rival = kept.setdefault(key(row), row)
        if (row.received_at or datetime.max) < (rival.received_at or datetime.max):
            kept[key(row)] = row
    return list(kept.values())
