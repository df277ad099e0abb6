"""Segments of the sample: who belongs, and what is said of them, computed anew in plain Python."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from orchestration.settings.paths import RULES_DIR, StateDir

pytestmark = pytest.mark.slow

Row = Mapping[str, Any]
PLACES = Decimal(10) ** -10


@pytest.fixture(scope="module")
def marts(sample_state: StateDir) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(sample_state.published_database), read_only=True) as connection:
        yield connection


def rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[Row]:
    cursor = connection.execute(sql)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def seed(name: str) -> list[dict[str, str]]:
    with (RULES_DIR / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def meets(value: Any, operator: str, operand: str) -> bool:
    if operator in {"is_known", "is_unknown"}:
        return (value is not None) == (operator == "is_known")
    if value is None:
        return False
    if operator in {"at_least", "below"}:
        return (value >= Decimal(operand)) == (operator == "at_least")
    accepted = operand.split("|") if operator == "in" else [operand]
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        return any(value == Decimal(each) for each in accepted)
    return (str(value).lower() if isinstance(value, bool) else value) in accepted


def expected_members(connection: duckdb.DuckDBPyConnection) -> dict[str, list[Row]]:
    conditions: dict[str, list[dict[str, str]]] = {}
    for row in seed("segment_conditions"):
        conditions.setdefault(row["segment"], []).append(row)
    return {
        segment: [
            customer
            for customer in rows(connection, "select * from marts.customers")
            if all(
                meets(customer[each["column_name"]], each["operator"], each["operand"])
                for each in asked
            )
        ]
        for segment, asked in conditions.items()
    }


def ratio(numerator: Any, denominator: Any) -> Decimal | None:
    return (Decimal(numerator) / Decimal(denominator)).quantize(PLACES) if denominator else None


def most(values: list[str | None]) -> str | None:
    counts = Counter(value for value in values if value is not None)
    return min(counts, key=lambda value: (-counts[value], value)) if counts else None


def test_members_are_those_who_meet_every_condition(marts: duckdb.DuckDBPyConnection) -> None:
    expected = {
        (segment, customer["subject_id"])
        for segment, members in expected_members(marts).items()
        for customer in members
    }
    assert set(marts.execute("from marts.segment_members").fetchall()) == expected
    assert len(expected) > 500
    # A segment that nobody belongs to would prove nothing.
    assert {segment for segment, _ in expected} == {row["segment"] for row in seed("segments")}


def test_profiles_are_what_their_members_add_up_to(marts: duckdb.DuckDBPyConnection) -> None:
    (as_of,) = marts.execute("select as_of_date from marts.build_info").fetchone() or ()
    everybody = len(rows(marts, "select subject_id from marts.customers"))
    orders: dict[str, list[Row]] = {}
    for order in rows(marts, "select * from marts.orders where is_booked"):
        orders.setdefault(order["subject_id"], []).append(order)
    members = expected_members(marts)
    profiles = rows(marts, "select * from marts.segment_profiles")
    assert len(profiles) == len(members) == 14
    for profile in profiles:
        customers = members[profile["segment"]]
        theirs = [order for one in customers for order in orders.get(one["subject_id"], [])]
        recent = [one for one in theirs if one["ordered_on"] > as_of - timedelta(days=365)]
        answers = [one["last_nps"] for one in customers if one["last_nps"] is not None]
        balance = sum((answer >= 9) - (answer <= 6) for answer in answers)
        tickets = sum(one["tickets_365d"] for one in customers)
        revenues = [one["net_revenue_365d"] for one in customers]
        assert profile["customers"] == len(customers)
        assert profile["share"] == ratio(len(customers), everybody)
        assert profile["net_revenue_365d"] == sum(each for each in revenues if each is not None)
        assert profile["orders_per_customer"] == ratio(len(theirs), len(customers))
        assert profile["tickets_per_100_orders_365d"] == ratio(100 * tickets, len(recent))
        assert profile["nps"] == (
            ratio(100 * balance, len(answers)) if len(answers) >= 30 else None
        )
        gross = sum((one["gross_revenue"] for one in theirs), Decimal(0))
        average = ratio(gross, len(theirs))
        assert profile["average_order_value"] == (
            average.quantize(Decimal("0.0001")) if average is not None else None
        )
        assert profile["top_channel"] == most([one["acquisition_channel"] for one in customers])
        assert profile["top_category"] == most([one["favourite_category"] for one in customers])


def test_the_mix_parts_each_segment_in_every_dimension(marts: duckdb.DuckDBPyConnection) -> None:
    columns = {
        "stage": "stage",
        "health": "health",
        "channel": "acquisition_channel",
        "country": "country",
        "category": "favourite_category",
    }
    expected: Counter[tuple[str, str, str]] = Counter(
        (segment, dimension, customer[column] or "unknown")
        for segment, members in expected_members(marts).items()
        for customer in members
        for dimension, column in columns.items()
    )
    actual = {
        tuple(row[:3]): row[3]
        for row in marts.execute(
            "select segment, dimension, dimension_value, customers from marts.segment_profile_mix"
        ).fetchall()
    }
    assert actual == dict(expected)
    assert len(actual) > 200
