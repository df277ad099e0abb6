"""Random shops for the marts of value, on and beside the edges of every window.

Belongs here: the shops, and the tables that the SQL reads them from. Does not belong here: what
comes out.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from tests.reference.value.ledger import Customer, Ledger, Line, Purchase

AS_OF = date(2024, 3, 10)
# Windows so small that a dozen customers lie on both sides of each.
WINDOWS = {
    "revenue_year_days": 40,
    "best_customers_percent": 20,
    "first_year_days": 40,
    "second_order_days": 9,
    "first_quarter_days": 15,
    "fewest_year_old_customers": 6,
    "fewest_profile_customers": 3,
    "affinity_items": 5,
    "fewest_joint_customers": 2,
    "affinity_rules": 3,
    "recommended_products": 2,
    "recent_sale_days": 12,
    "followed_order_days": 3,
}
GAPS = (1, 2, 5, 8, 9, 10, 12, 13, 15, 16, 40, 90, 91, 365)
AGES = (0, 1, 11, 12, 13, 14, 15, 16, 39, 40, 41, 60, 100, 400)
PRODUCTS = {f"p{number}": ("shoes", "hats", "bags", None)[number % 4] for number in range(7)}


def ledger(seed: int) -> Ledger:
    """A shop; the same one in every run."""
    dice = random.Random(seed)
    customers = [
        _customer(dice, f"customer:c{number:02d}") for number in range(dice.randint(0, 24))
    ]
    return Ledger(AS_OF, WINDOWS, tuple(customers))


def _customer(dice: random.Random, subject_id: str) -> Customer:
    day = AS_OF - timedelta(days=dice.choice(AGES))
    purchases: list[Purchase] = []
    while day <= AS_OF and len(purchases) < 7:
        for _ in range(dice.choice((1, 1, 1, 2))):
            at = datetime.combine(day, time(dice.randint(8, 20)))
            purchases.append(_purchase(dice, f"{subject_id}-{len(purchases)}", at))
        day += timedelta(days=dice.choice(GAPS))
    purchases.sort(key=lambda purchase: (purchase.at, purchase.order_id))
    return Customer(
        subject_id,
        tuple(purchases),
        country=dice.choice(("IT", "DE", None)),
        channel=dice.choice(("email", "social", None)),
        device=dice.choice(("mobile", "desktop", None)),
    )


def _purchase(dice: random.Random, order_id: str, at: datetime) -> Purchase:
    # One rate in some hundred is unknown: most shops know all of their money.
    price = dice.choice((Decimal(0), Decimal("9.99"), Decimal(20)))
    value = None if dice.random() < 0.004 else price
    lines = tuple(
        Line(product, PRODUCTS[product])
        for product in dice.choices(list(PRODUCTS), k=dice.choice((0, 1, 1, 2, 3)))
    )
    refunded_on = at.date() + timedelta(days=dice.choice((0, 1, 15, 40)))
    refund = (refunded_on, dice.choice((price, Decimal(30))))
    is_refunded = value is not None and refunded_on <= AS_OF and dice.random() < 0.3
    return Purchase(
        order_id,
        at,
        at.date(),
        value,
        cost=dice.choice((None, Decimal("3.5"))),
        has_coupon=dice.random() < 0.4,
        lines=lines,
        refunds=(refund,) if is_refunded else (),
    )


def tables(ledger: Ledger) -> Mapping[str, list[dict[str, Any]]]:
    """The rows that the models of value begin with."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in GIVEN}
    found["int_settings"] = [{"as_of_date": ledger.as_of}]
    found["int_kpi_windows"] = [dict(ledger.windows)]
    found["int_periods"] = [
        {"period_grain": "month", "period_start": start, "period_end": end}
        for start, end in _months(ledger)
    ]
    found["stg_products"] = [
        {"product_id": product, "category": category} for product, category in PRODUCTS.items()
    ]
    for key, one in enumerate(ledger.customers):
        customer_id = one.subject_id.removeprefix("customer:")
        found["int_persons"].append(
            {"person_key": key, "person_id": one.subject_id, "customer_id": customer_id}
        )
        found["stg_customers"].append({"customer_id": customer_id, "country": one.country})
        found["int_acquisitions"].append({"person_key": key, "channel": one.channel or "unknown"})
        found["int_sessions"].append(
            {
                "person_key": key,
                "session_id": f"s{key}",
                "started_at": one.purchases[0].at,
                "device_type": one.device,
            }
        )
        for order in one.purchases:
            found["int_booked_orders"].append(
                {
                    "order_id": order.order_id,
                    "person_key": key,
                    "is_guest": False,
                    "created_at": order.at,
                    "order_date": order.day,
                    "order_value": order.value,
                    "refunded_value": sum((amount for _, amount in order.refunds), Decimal(0)),
                    "product_cost": order.cost,
                    "is_missing_rate": order.value is None,
                    "has_coupon": order.has_coupon,
                }
            )
            found["stg_order_lines"] += [
                {"order_id": order.order_id, "line_number": number, "product_id": line.product}
                for number, line in enumerate(order.lines)
            ]
            found["int_refunds"] += [
                {"order_id": order.order_id, "refund_date": day, "refund_value": amount}
                for day, amount in order.refunds
            ]
    return found


def _months(ledger: Ledger) -> Iterator[tuple[date, date]]:
    days = [one.first_day for one in ledger.customers]
    at = min(days, default=ledger.as_of).replace(day=1)
    while at <= ledger.as_of:
        after = (at + timedelta(days=31)).replace(day=1)
        yield at, after
        at = after


GIVEN = (
    *("int_settings", "int_kpi_windows", "int_periods", "int_persons", "stg_customers"),
    *("int_acquisitions", "int_sessions", "int_booked_orders"),
    *("stg_order_lines", "stg_products", "int_refunds"),
)


LOYAL = "loyal"
COMPANIONS = ("p0", "p6")


def planted(seed: int) -> Ledger:
    """A shop of customers who are alike, but for those of one channel; two products go together."""
    dice = random.Random(seed)
    channels = [LOYAL, *(f"channel {number:02d}" for number in range(40))]
    customers: list[Customer] = []
    for number in range(41 * 35):
        channel = channels[number % len(channels)]
        is_back = dice.random() < (0.8 if channel == LOYAL else 0.4)
        days = [date(2024, 1, 1), *(date(2024, 1, 5) for _ in range(is_back))]
        ordinary = [product for product in PRODUCTS if product not in COMPANIONS]
        basket = dice.sample(ordinary, 2)
        # Whoever buys the one mostly buys the other, too.
        basket += COMPANIONS if dice.random() < 0.2 else ()
        basket += [product for product in COMPANIONS if dice.random() < 0.05]
        purchases = tuple(
            Purchase(
                f"o{number}-{place}",
                datetime.combine(day, time(9)),
                day,
                Decimal(dice.choice((10, 20, 30))),
                lines=tuple(Line(product, PRODUCTS[product]) for product in basket),
            )
            for place, day in enumerate(days)
        )
        customers.append(Customer(f"customer:c{number}", purchases, channel=channel))
    decided = WINDOWS | {"affinity_items": 300, "affinity_rules": 20, "fewest_joint_customers": 10}
    return Ledger(AS_OF, decided, tuple(customers))
