"""Which raw rows count, and what they say once ids, copies and dates are settled.

Belongs here: docs/raw_contract.md#which-row-counts and docs/lifecycle_semantics.md#orders. Does not
belong here: whose row it is (``identity``) and what it is evidence of (``signals``).
"""

from __future__ import annotations

import dataclasses
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache, cached_property
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from tests.reference.rulebook import Rulebook
from tests.reference.texts import (
    canonical_id,
    is_null_word,
    number,
    properties_of,
    rounded,
    told,
)
from tests.reference.world import (
    ChannelDay,
    Customer,
    CustomerMerge,
    Event,
    ExchangeRate,
    Order,
    OrderLine,
    Product,
    Refund,
    Settings,
    World,
)

FUTURE_TOLERANCE = timedelta(hours=24)
EVENT_IDS = ("anonymous_id", "user_id", "session_id", "cart_id", "order_id", "product_id")
EVENT_TEXTS = (
    *("currency", "page_url", "referrer", "utm_source", "utm_medium", "utm_campaign"),
    *("device_type", "country"),
)
VALUE_KEYS = ("value", "price", "revenue", "total")

Version = tuple[Any, ...]
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
    renewal_slack_days: int
    kpi_history_days: int
    fiscal_year_start_month: int
    rfm_window_days: int
    own_domains: tuple[str, ...]

    @cached_property
    def rates_of(self) -> dict[str, list[ExchangeRate]]:
        """The rates of each currency by date."""
        found: dict[str, list[ExchangeRate]] = {}
        for rate in sorted(self.rates, key=lambda rate: rate.date):
            found.setdefault(rate.currency, []).append(rate)
        return found

    def date_of(self, instant: datetime) -> date:
        """The reporting date of a naive UTC instant."""
        return reporting_date(instant, self.timezone)


@dataclass(frozen=True)
class Staged:
    """Rows that count. Orders are the valid ones; nothing is cut at ``as_of_date`` yet.

    ``channel_days`` has the parts of each key, which add up.
    """

    events: tuple[Event, ...]
    orders: tuple[Order, ...]
    order_lines: tuple[OrderLine, ...]
    refunds: tuple[Refund, ...]
    customers: tuple[Customer, ...]
    customer_merges: tuple[CustomerMerge, ...]
    products: tuple[Product, ...]
    channel_days: tuple[tuple[ChannelDay, ...], ...]


@cache
def reporting_date(instant: datetime, timezone: str) -> date:
    """Cast a naive UTC instant to a date in ``timezone``."""
    return instant.replace(tzinfo=UTC).astimezone(ZoneInfo(timezone)).date()


def stage(world: World, settings: Settings, rulebook: Rulebook) -> Staged:
    """Apply every staging rule to one world."""
    cleaner = Cleaner(rulebook.excluded_ids)

    def known(rows: Iterable) -> list:
        if settings.known_at is None:
            return list(rows)
        return [
            row for row in rows if row.received_at is None or row.received_at <= settings.known_at
        ]

    events = [
        cleaner.event(event)
        for event in known(world.events)
        if not _is_from_the_future(event.occurred_at, event.received_at)
        and not any(cleaner.is_refused(getattr(event, column)) for column in EVENT_IDS)
    ]
    # An event left with neither id belongs to nobody, so it never competes for its event_id.
    events = [event for event in events if event.anonymous_id or event.user_id]

    orders = [
        cleaner.order(order)
        for order in known(world.orders)
        if not _is_from_the_future(order.created_at, order.received_at)
    ]
    orders = _latest(orders, lambda order: order.order_id, _order_version)
    valid_orders = [order for order in orders if is_valid(order)]

    refunds = [
        dataclasses.replace(refund, order_id=canonical_id(refund.order_id) or "")
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
        cleaner.customer(customer)
        for customer in world.customers
        if cleaner.id(customer.customer_id) is not None
    ]
    products = [
        dataclasses.replace(product, product_id=canonical_id(product.product_id) or "")
        for product in world.products
    ]
    merges = [
        CustomerMerge(source, target, merge.merged_at)
        for merge in world.customer_merges
        if (source := cleaner.id(merge.from_customer_id)) is not None
        and (target := cleaner.id(merge.into_customer_id)) is not None
    ]
    return Staged(
        events=tuple(_earliest(events, lambda event: event.event_id)),
        orders=tuple(valid_orders),
        order_lines=tuple(_lines(world.order_lines)),
        refunds=tuple(kept_refunds),
        customers=tuple(_latest(customers, lambda row: row.customer_id, _customer_version)),
        customer_merges=tuple(merges),
        products=tuple(_latest(products, lambda row: row.product_id, lambda row: (row.delivery,))),
        channel_days=tuple(_channel_days(world.channel_daily)),
    )


@dataclass(frozen=True)
class Cleaner:
    """Texts as they count: null words and excluded ids gone, ids canonical, blanks filled."""

    excluded_ids: frozenset[str]

    def id(self, value: str | None) -> str | None:
        """An id, None when it counts as absent."""
        plain = None if value is None else canonical_id(value)
        return None if plain is None or plain.lower() in self.excluded_ids else plain

    def property_id(self, properties: dict[str, Any], name: str) -> str | None:
        """An id inside ``properties``."""
        return self.id(told(properties.get(name)))

    def is_refused(self, value: str | None) -> bool:
        """Whether an id is a number that lost its digits."""
        return value is not None and canonical_id(value) is None

    def text(self, value: str | None) -> str | None:
        """A text in an optional column, None when it stands for no value."""
        return None if value is None or is_null_word(value) else value

    def event(self, event: Event) -> Event:
        """An event whose null columns are filled from its properties."""
        properties = properties_of(event.properties)

        def filled(column: str) -> str | None:
            own = self.text(getattr(event, column))
            return own if own is not None else self.text(told(properties.get(column)))

        # An excluded id is no null: it keeps the property out, and then counts as absent.
        ids = {column: self.id(filled(column)) for column in EVENT_IDS}
        texts = {column: filled(column) for column in EVENT_TEXTS}
        quantity, value = event.quantity, event.value
        if quantity is None:
            quantity = _decimal(properties.get("quantity"))
        if value is None:
            found = (_decimal(properties.get(key)) for key in VALUE_KEYS)
            value = next((amount for amount in found if amount is not None), None)
        texts["currency"] = _upper(texts["currency"])
        return dataclasses.replace(event, quantity=quantity, value=value, **ids, **texts)

    def order(self, order: Order) -> Order:
        """An order with clean ids and texts."""
        texts = (
            *("source_channel", "utm_source", "utm_medium", "utm_campaign"),
            *("country", "affiliate_id", "referral_code"),
        )
        return dataclasses.replace(
            order,
            order_id=canonical_id(order.order_id) or "",
            customer_id=self.id(order.customer_id),
            anonymous_id=self.id(order.anonymous_id),
            cart_id=self.id(order.cart_id),
            currency=_upper(order.currency) or "",
            coupon_code=self.text(order.coupon_code),
            **{column: self.text(getattr(order, column)) for column in texts},
        )

    def customer(self, customer: Customer) -> Customer:
        """A customer with clean ids."""
        return dataclasses.replace(
            customer,
            customer_id=self.id(customer.customer_id) or "",
            account_id=self.id(customer.account_id),
            country=self.text(customer.country),
            acquisition_channel=self.text(customer.acquisition_channel),
        )


def _decimal(value: Any) -> Decimal | None:
    found = number(told(value))
    if found is None or abs(found) >= 10**14:
        return None
    return money(Fraction(found))


def _upper(text: str | None) -> str | None:
    return None if text is None else text.strip().upper()


def is_valid(order: Order) -> bool:
    """Whether an order ever counted (docs/lifecycle_semantics.md#orders)."""
    return (
        not order.is_test
        and not order.is_deleted
        and order.total_price > 0
        and order.status != "failed"
        and not (order.status == "cancelled" and order.cancelled_at is None)
    )


def resolve(
    worlds: Sequence[World],
    settings: Settings,
    rulebook: Rulebook,
    staged: Sequence[Staged] | None = None,
) -> Resolved:
    """Decide the blanks of the settings from all the worlds of a batch, staged here if need be."""
    staged = staged or [stage(world, settings, rulebook) for world in worlds]
    as_of_date = settings.as_of_date or max(
        reporting_date(instant, settings.timezone)
        for rows in staged
        for instant in [
            *(event.occurred_at for event in rows.events),
            *(order.created_at for order in rows.orders),
        ]
    )
    present = {
        row.currency.strip().upper()
        for world in worlds
        for row in (*world.orders, *world.events)
        if row.currency and not is_null_word(row.currency)
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
        renewal_slack_days=settings.renewal_slack_days,
        kpi_history_days=settings.kpi_history_days,
        fiscal_year_start_month=settings.fiscal_year_start_month,
        rfm_window_days=settings.rfm_window_days,
        own_domains=settings.own_domains,
    )


def rate_on(resolved: Resolved, currency: str, day: date) -> Decimal | None:
    """Reporting-currency units for one unit of ``currency`` on ``day``, or None if unknown."""
    if currency == resolved.currency:
        return Decimal(1)
    known = resolved.rates_of.get(currency, [])
    place = bisect_right(known, day, key=lambda rate: rate.date)
    return known[place - 1].rate if place else None


def money(exact: Fraction) -> Decimal:
    """Round to 4 decimals, half away from zero."""
    return rounded(exact, 4)


def _is_from_the_future(instant: datetime, received_at: datetime | None) -> bool:
    # A row without received_at is judged against its loading, which no test world postdates.
    return received_at is not None and instant > received_at + FUTURE_TOLERANCE


def _order_version(order: Order) -> Version:
    time = order.updated_at if order.updated_at is not None else order.received_at
    stamps = (order.cancelled_at, order.delivered_at, order.created_at)
    latest = max(stamp for stamp in stamps if stamp is not None)
    return (time or datetime.min, latest, order.delivery)


def _customer_version(customer: Customer) -> Version:
    return (customer.updated_at or datetime.min, customer.created_at, customer.delivery)


def _latest(
    rows: Iterable[Row], key: Callable[[Row], str], version: Callable[[Row], Version]
) -> list[Row]:
    """One row per key: the greatest version. What a hash would decide is not invented."""
    kept: dict[str, Row] = {}
    for row in rows:
        rival = kept.setdefault(key(row), row)
        if version(row) > version(rival):
            kept[key(row)] = row
    return list(kept.values())


def _lines(rows: Iterable[OrderLine]) -> list[OrderLine]:
    """The lines of the last file that has any of their order."""
    clean = [
        dataclasses.replace(
            row,
            order_id=canonical_id(row.order_id) or "",
            product_id=canonical_id(row.product_id) or "",
        )
        for row in rows
    ]
    last: dict[str, int] = {}
    for row in clean:
        last[row.order_id] = max(row.delivery, last.get(row.order_id, row.delivery))
    return list(dict.fromkeys(row for row in clean if row.delivery == last[row.order_id]))


def _channel_days(rows: Iterable[ChannelDay]) -> list[tuple[ChannelDay, ...]]:
    """The parts of each key in the last file that has it."""
    parts: dict[tuple[date, str, str], list[ChannelDay]] = {}
    for row in dict.fromkeys(rows):
        parts.setdefault((row.date, row.channel, row.campaign), []).append(row)
    return [
        tuple(row for row in found if row.delivery == max(row.delivery for row in found))
        for found in parts.values()
    ]


def _earliest(rows: Iterable[Received], key: Callable[[Received], str]) -> list[Received]:
    """One row per key: the first received."""
    kept: dict[str, Received] = {}
    for row in rows:
        rival = kept.setdefault(key(row), row)
        if (row.received_at or datetime.max) < (rival.received_at or datetime.max):
            kept[key(row)] = row
    return list(kept.values())
