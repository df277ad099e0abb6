"""The marts ``orders`` and ``order_lines``.

Belongs here: one row per valid order, and the sharing of its value among its lines. Does not belong
here: persons (``customers``), scores (``rfm``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from tests.reference.kpis.catalogue import UNKNOWN
from tests.reference.kpis.rows import Booked
from tests.reference.kpis.shop import Shop
from tests.reference.staging import money, rate_on


@dataclass(frozen=True)
class OrderRow:
    """One row of ``orders``."""

    order_id: str
    subject_id: str
    account_id: str | None
    ordered_on: date
    ordered_at: datetime
    order_number: int | None
    is_booked: bool
    is_first_order: bool
    status: str
    currency: str
    gross_revenue: Decimal | None
    refunded_amount: Decimal | None
    net_revenue: Decimal | None
    discount_amount: Decimal | None
    coupon_code: str | None
    units: Decimal | None
    product_cost: Decimal | None
    channel: str
    campaign: str | None
    country: str | None
    cart_id: str | None
    promised_on: date | None
    delivered_on: date | None
    is_late: bool | None
    days_since_previous_order: int | None
    stage_before: str | None
    health_before: str | None


@dataclass(frozen=True)
class LineRow:
    """One row of ``order_lines``."""

    order_id: str
    line_number: int
    product_id: str
    category: str | None
    brand: str | None
    quantity: Decimal
    net_amount: Decimal | None
    unit_cost: Decimal | None


def orders(shop: Shop) -> Iterator[OrderRow]:
    """Every valid order."""
    places: dict[str, tuple[int, Booked | None]] = {}
    last: dict[str, tuple[int, Booked]] = {}
    for booked in shop.booked:
        number, previous = last.get(booked.person, (0, None))
        places[booked.order.order_id] = (number + 1, previous)
        last[booked.person] = (number + 1, booked)
    for valid in shop.valid:
        yield _row(shop, valid, *places.get(valid.order.order_id, (None, None)))


def _row(shop: Shop, valid: Booked, number: int | None, previous: Booked | None) -> OrderRow:
    order, eve = valid.order, valid.day - timedelta(days=1)
    is_known = valid.value is not None
    cost = product_cost(shop, valid)
    return OrderRow(
        order_id=order.order_id,
        subject_id=valid.person,
        account_id=_known(shop.account(valid.person)),
        ordered_on=valid.day,
        ordered_at=order.created_at,
        order_number=number,
        is_booked=number is not None,
        is_first_order=number == 1,
        status=order.status,
        currency=order.currency,
        gross_revenue=valid.value,
        refunded_amount=valid.refunded if is_known else None,
        net_revenue=valid.gross - valid.refunded if is_known else None,
        discount_amount=_discount(shop, valid),
        coupon_code=_text(order.coupon_code),
        units=sum((line.quantity for line in valid.lines), Decimal(0)) if valid.lines else None,
        product_cost=None if cost is None else money(cost),
        channel=valid.channel,
        campaign=order.utm_campaign,
        country=_text(order.country) or _known(shop.country(valid.person)),
        cart_id=order.cart_id,
        promised_on=None if order.promised_at is None else shop.date_of(order.promised_at),
        delivered_on=shop.known_date(order.delivered_at),
        is_late=None if number is None else is_late(shop, valid),
        days_since_previous_order=None if previous is None else (valid.day - previous.day).days,
        stage_before=_known(shop.stage(valid.person, eve)),
        health_before=_known(shop.health(valid.person, eve)),
    )


def product_cost(shop: Shop, valid: Booked) -> Fraction | None:
    """What the products of an order cost, None unless every line says so."""
    costs = [(line, _unit_cost(shop, line.product_id)) for line in valid.lines]
    if not costs or any(cost is None for _, cost in costs):
        return None
    return Fraction(sum(Fraction(line.quantity) * Fraction(cost or 0) for line, cost in costs))


def is_late(shop: Shop, valid: Booked) -> bool | None:
    """Whether it came after its day, or is overdue since yesterday; None while nobody can tell."""
    due_on = valid.day + timedelta(days=shop.settings.fulfilment_sla_days)
    if valid.order.promised_at is not None:
        due_on = shop.date_of(valid.order.promised_at)
    delivered_on = shop.known_date(valid.order.delivered_at)
    if delivered_on is not None:
        return delivered_on > due_on
    return True if due_on < shop.as_of else None


def order_lines(shop: Shop) -> Iterator[LineRow]:
    """Every line of a valid order."""
    for valid in shop.valid:
        for line, amount in line_amounts(valid):
            product = shop.products.get(line.product_id)
            yield LineRow(
                order_id=line.order_id,
                line_number=line.line_number,
                product_id=line.product_id,
                category=product.category if product else None,
                brand=product.brand if product else None,
                quantity=line.quantity,
                net_amount=amount,
                unit_cost=product.unit_cost if product else None,
            )


def line_amounts(valid: Booked) -> list[tuple]:
    """Each line with its share of the order."""
    lines = sorted(valid.lines, key=lambda line: line.line_number)
    if valid.value is None:
        return [(line, None) for line in lines]
    prices = [
        max(
            Fraction(0),
            Fraction(line.quantity) * Fraction(line.unit_price)
            - Fraction(line.total_discount or 0),
        )
        for line in lines
    ]
    quantities = [Fraction(line.quantity) for line in lines]
    alike = [Fraction(1)] * len(lines)
    weights = next(found for found in (prices, quantities, alike) if sum(found) or not found)
    amounts = [money(Fraction(valid.value) * weight / sum(weights)) for weight in weights]
    if lines:
        heaviest = weights.index(max(weights))
        amounts[heaviest] += valid.value - sum(amounts, Decimal(0))
    return list(zip(lines, amounts, strict=True))


def _discount(shop: Shop, valid: Booked) -> Decimal | None:
    rate = rate_on(shop.settings, valid.order.currency, valid.day)
    if valid.order.total_discounts is None or rate is None:
        return None
    return money(Fraction(valid.order.total_discounts) * Fraction(rate))


def _unit_cost(shop: Shop, product_id: str) -> Decimal | None:
    product = shop.products.get(product_id)
    return product.unit_cost if product else None


def _text(text: str | None) -> str | None:
    return (text or "").strip() or None


def _known(text: str) -> str | None:
    return None if text == UNKNOWN else text
