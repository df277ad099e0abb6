"""What customers bought, settled: all that the marts of value read.

Belongs here: the shapes, and their making from a settled shop. Does not belong here: any mart.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb

from tests.reference.kpis.shop import Shop
from tests.reference.kpis.topics.acquisition import product_cost

UNKNOWN = "unknown"
TEN_DECIMALS = 10**10


@dataclass(frozen=True)
class Line:
    """A line of an order, in the order of line numbers."""

    product: str | None
    category: str | None


@dataclass(frozen=True)
class Purchase:
    """A booked order; ``value`` is None without a rate, ``cost`` where a product's is unknown."""

    order_id: str
    at: datetime
    day: date
    value: Decimal | None
    cost: Decimal | None = None
    has_coupon: bool = False
    lines: tuple[Line, ...] = ()
    refunds: tuple[tuple[date, Decimal], ...] = ()

    @property
    def gross(self) -> Decimal:
        """Its value, 0 when that is not known."""
        return self.value or Decimal(0)


@dataclass(frozen=True)
class Customer:
    """A customer with booked orders, in order."""

    subject_id: str
    purchases: tuple[Purchase, ...]
    country: str | None = None
    channel: str | None = None
    device: str | None = None

    @property
    def first_day(self) -> date:
        """The day of the first order."""
        return self.purchases[0].day

    @cached_property
    def days(self) -> list[date]:
        """The order days."""
        return sorted({purchase.day for purchase in self.purchases})

    @cached_property
    def groups(self) -> dict[str, str]:
        """What the customer began with, by dimension."""
        first = self.purchases[0]
        line = next((line for line in first.lines if line.product is not None), None)
        return {
            "all": "all",
            "country": self.country or UNKNOWN,
            "acquisition_channel": self.channel or UNKNOWN,
            "device": self.device or UNKNOWN,
            "first_product": (line and line.product) or UNKNOWN,
            "first_category": (line and line.category) or UNKNOWN,
            "first_coupon": "yes" if first.has_coupon else "no",
        }

    def bought(self, kind: str, last: date) -> dict[str, list[date]]:
        """Days with each product or category, up to a day."""
        found: dict[str, list[date]] = {}
        for purchase in self.purchases:
            for line in purchase.lines:
                item = line.product if kind == "product" else line.category
                if item is not None and purchase.day <= last:
                    found.setdefault(item, []).append(purchase.day)
        return found

    def revenue(self, first: date, last: date) -> tuple[Decimal, bool]:
        """Orders less refunds dated in these days, both ends included, and whether all is known."""
        total, is_known = Decimal(0), True
        for purchase in self.purchases:
            moves = [
                *((day, -amount) for day, amount in purchase.refunds),
                (purchase.day, purchase.gross),
            ]
            dated = [amount for day, amount in moves if first <= day <= last]
            total += sum(dated, Decimal(0))
            is_known = is_known and not (dated and purchase.value is None)
        return total, is_known


@dataclass(frozen=True)
class Ledger:
    """All customers of a shop, with the windows that people decide."""

    as_of: date
    windows: dict[str, int]
    customers: tuple[Customer, ...]


def rounded(value: Fraction | int) -> Fraction:
    """A number as the marts write it: ten decimals, half away from zero."""
    scaled = abs(Fraction(value)) * TEN_DECIMALS
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return Fraction(whole if value >= 0 else -whole, TEN_DECIMALS)


def share(part: Fraction | Decimal | int, whole: Fraction | Decimal | int) -> Fraction | None:
    """A quotient as the marts write it; None without a base."""
    return rounded(Fraction(part) / Fraction(whole)) if whole else None


def of_shop(shop: Shop, windows: dict[str, int]) -> Ledger:
    """The ledger of a settled shop."""
    devices: dict[str, str] = {}
    for visit in shop.visits:
        if visit.events[0].device_type is not None:
            devices.setdefault(visit.person, visit.events[0].device_type)
    customers: list[Customer] = []
    for person, orders in shop.booked_of.items():
        purchases = tuple(
            Purchase(
                order_id=booked.order.order_id,
                at=booked.order.created_at,
                day=booked.day,
                value=booked.value,
                cost=product_cost(shop, booked),
                has_coupon=bool((booked.order.coupon_code or "").strip()),
                lines=tuple(
                    Line(
                        line.product_id,
                        shop.products[line.product_id].category
                        if line.product_id in shop.products
                        else None,
                    )
                    for line in sorted(booked.lines, key=lambda line: line.line_number)
                ),
                refunds=tuple((given.day, given.value or Decimal(0)) for given in booked.refunds),
            )
            for booked in orders
        )
        country, channel = shop.country(person), shop.acquisition_channel(person)
        customers.append(
            Customer(
                person,
                purchases,
                country=None if country == UNKNOWN else country,
                channel=None if channel == UNKNOWN else channel,
                device=devices.get(person),
            )
        )
    return Ledger(shop.as_of, windows, tuple(customers))


def windows(rules_dir: Path) -> dict[str, int]:
    """What people decide, from the seed."""
    with (rules_dir / "kpi_windows.csv").open(encoding="utf-8") as file:
        return {row["name"]: int(row["value"]) for row in csv.DictReader(file)}


def rows(
    connection: duckdb.DuckDBPyConnection, table: str, condition: str = "true"
) -> list[dict[str, Any]]:
    """The rows of a table for which a condition holds."""
    found = connection.execute(f"select * from {table} where {condition}")
    names = [name for name, *_ in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def of_database(working: duckdb.DuckDBPyConnection) -> Ledger:
    """The ledger of a built working database, from the tables that the models begin with."""
    categories = {
        row["product_id"]: row["category"] for row in rows(working, "working.staging.stg_products")
    }
    lines: dict[str, list[tuple[int, Line]]] = {}
    for row in rows(working, "working.staging.stg_order_lines"):
        product = row["product_id"]
        lines.setdefault(row["order_id"], []).append(
            (row["line_number"], Line(product, categories.get(product)))
        )
    refunds: dict[str, list[tuple[date, Decimal]]] = {}
    for row in rows(working, "working.intermediate.int_refunds"):
        given = (row["refund_date"], row["refund_value"] or Decimal(0))
        refunds.setdefault(row["order_id"], []).append(given)
    purchases: dict[int, list[Purchase]] = {}
    for row in rows(working, "working.intermediate.int_booked_orders", "not is_guest"):
        order_id = row["order_id"]
        purchases.setdefault(row["person_key"], []).append(
            Purchase(
                order_id,
                row["created_at"],
                row["order_date"],
                row["order_value"],
                row["product_cost"],
                row["has_coupon"],
                tuple(line for _, line in sorted(lines.get(order_id, []), key=lambda one: one[0])),
                tuple(refunds.get(order_id, ())),
            )
        )
    starts = {
        row["subject_id"]: row
        for row in rows(working, "working.marts.subjects", "subject_type = 'person' and orders > 0")
    }
    devices: dict[int, str] = {}
    for row in rows(
        working, "working.intermediate.int_sessions", "true order by started_at, session_id"
    ):
        if row["device_type"] is not None:
            devices.setdefault(row["person_key"], row["device_type"])
    persons = {
        row["person_key"]: row["person_id"]
        for row in rows(working, "working.intermediate.int_persons")
    }
    channels = {
        subject: None if row["acquisition_channel"] == UNKNOWN else row["acquisition_channel"]
        for subject, row in starts.items()
    }
    return Ledger(
        rows(working, "working.intermediate.int_settings")[0]["as_of_date"],
        {row["name"]: row["value"] for row in rows(working, "working.seeds.kpi_windows")},
        tuple(
            Customer(
                persons[key],
                tuple(sorted(orders, key=lambda order: (order.at, order.order_id))),
                starts[persons[key]]["country"],
                channels[persons[key]],
                devices.get(key),
            )
            for key, orders in sorted(purchases.items())
        ),
    )
