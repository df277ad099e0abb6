"""KPIs of booked orders and their refunds.

Belongs here: what an order or refund adds by its own date. Does not belong here: customers
(``customers``), advertising (``acquisition``) and affiliates (``referrals``).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

from tests.reference.kpis.rows import Booked, Given
from tests.reference.kpis.shop import Shop
from tests.reference.kpis.units import Measure, Number, Unit, dated, median, ratio, summed
from tests.reference.staging import money, rate_on


def measures(shop: Shop) -> Iterator[Measure]:
    """Every KPI of the topic."""
    booked = shop.booked
    gross = [_unit(order, order.gross, is_money=True) for order in booked]
    refunds = [_refund(order, given) for order in booked for given in order.refunds]
    back = [_refund(order, given, sign=-1) for order in booked for given in order.refunds]
    yield dated("orders", [_unit(order, 1) for order in booked], summed)
    yield dated("gross_revenue", gross, summed)
    yield dated("refunded_amount", refunds, summed)
    yield dated("net_revenue", [*gross, *back], summed)
    yield dated(
        "average_order_value",
        [_unit(order, order.gross, 1, is_money=True) for order in booked],
        ratio,
    )
    yield dated(
        "net_average_order_value",
        [_unit(order, order.gross - order.refunded, 1, is_money=True) for order in booked],
        ratio,
    )
    yield dated("median_order_value", gross, median)
    yield dated(
        "units_per_order",
        [
            _unit(order, sum((line.quantity for line in order.lines), Decimal(0)), 1)
            for order in booked
            if order.lines
        ],
        ratio,
    )
    yield dated("discount_rate", list(_discounts(shop)), ratio)
    yield dated(
        "guest_order_share", [_unit(order, int(order.is_guest), 1) for order in booked], ratio
    )
    yield dated(
        "coupon_order_share",
        [_unit(order, int(bool((order.order.coupon_code or "").strip())), 1) for order in booked],
        ratio,
    )
    yield dated(
        "refund_rate", [_unit(order, int(bool(order.refunds)), 1) for order in booked], ratio
    )
    yield dated(
        "refunded_amount_rate",
        [_unit(order, order.refunded, order.gross, is_money=True, sample=1) for order in booked],
        ratio,
    )
    yield dated("on_time_delivery_rate", list(_deliveries(shop)), ratio)


def _unit(
    order: Booked,
    numerator: Number,
    denominator: Number = 0,
    *,
    is_money: bool = False,
    sample: int | None = None,
) -> Unit:
    return Unit(
        day=order.day,
        numerator=numerator,
        denominator=denominator,
        person=order.person,
        channel=order.channel,
        sample=sample,
        is_missing_rate=is_money and order.is_missing_rate,
    )


def _refund(order: Booked, given: Given, sign: int = 1) -> Unit:
    return Unit(
        day=given.day,
        numerator=sign * (given.value or Decimal(0)),
        person=order.person,
        channel=order.channel,
        # Beside orders, orders alone are the sample.
        sample=1 if sign > 0 else 0,
        is_missing_rate=given.value is None,
    )


def _discounts(shop: Shop) -> Iterator[Unit]:
    for booked in shop.booked:
        if booked.order.total_discounts is None:
            continue
        rate = rate_on(shop.settings, booked.order.currency, booked.day)
        discount = money(Fraction(booked.order.total_discounts) * Fraction(rate or 0))
        yield _unit(booked, discount, booked.gross + discount, is_money=True, sample=1)


def _deliveries(shop: Shop) -> Iterator[Unit]:
    for booked in shop.booked:
        delivered_on = shop.known_date(booked.order.delivered_at)
        due_on = booked.day + timedelta(days=shop.settings.fulfilment_sla_days)
        if booked.order.promised_at is not None:
            due_on = shop.date_of(booked.order.promised_at)
        if delivered_on is not None:
            yield _unit(booked, int(delivered_on <= due_on), 1)
        elif due_on < shop.as_of:
            yield _unit(booked, 0, 1)
