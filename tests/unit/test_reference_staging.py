"""The reference keeps and drops raw rows as worked out here by hand."""

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from tests.reference.small import at, day, event, facts, order, settled
from tests.reference.staging import money, rate_on, reporting_date
from tests.reference.texts import canonical_id
from tests.reference.world import (
    ChannelDay,
    Customer,
    Event,
    ExchangeRate,
    OrderLine,
    Product,
    Refund,
    Settings,
    World,
)


@pytest.mark.parametrize(
    ("zone", "instant", "expected"),
    [
        ("UTC", "2020-03-01 23:59:59", "2020-03-01"),
        ("Asia/Kolkata", "2020-03-01 18:29:59", "2020-03-01"),
        ("Asia/Kolkata", "2020-03-01 18:30:00", "2020-03-02"),
        # Lord Howe is 11 h ahead in summer and 10 h 30 min in winter.
        ("Australia/Lord_Howe", "2020-01-01 12:59:59", "2020-01-01"),
        ("Australia/Lord_Howe", "2020-01-01 13:00:00", "2020-01-02"),
        ("Australia/Lord_Howe", "2020-07-01 13:29:59", "2020-07-01"),
        ("Australia/Lord_Howe", "2020-07-01 13:30:00", "2020-07-02"),
        ("America/New_York", "2020-07-01 03:59:59", "2020-06-30"),
        ("America/New_York", "2020-07-01 04:00:00", "2020-07-01"),
    ],
)
def test_a_reporting_date_is_the_local_date(zone: str, instant: str, expected: str):
    assert reporting_date(at(instant), zone) == day(expected)


@pytest.mark.parametrize(
    ("exact", "rounded"),
    [("0.00005", "0.0001"), ("0.00004999", "0"), ("-0.00005", "-0.0001"), ("2.00015", "2.0002")],
)
def test_money_is_rounded_half_away_from_zero(exact: str, rounded: str):
    assert money(Fraction(exact)) == Decimal(rounded)


@pytest.mark.parametrize(("known_at", "kept"), [("12:00:00", 1), ("11:59:59", 0)])
def test_a_row_is_known_from_its_receipt_on(known_at: str, kept: int):
    row = event("e", "2020-01-01", received_at=at("2020-01-02 12:00:00"))
    known = at(f"2020-01-02 {known_at}")
    assert len(settled(World(events=(row,)), known_at=known)[0].events) == kept


def test_a_row_without_receipt_is_always_known():
    staged, _, _ = settled(World(events=(event("e", "2020-01-01"),)), known_at=at("1999-01-01"))
    assert len(staged.events) == 1


@pytest.mark.parametrize(("ahead", "kept"), [(0, 1), (1, 0)])
def test_a_row_more_than_24_hours_ahead_of_its_receipt_is_dropped(ahead: int, kept: int):
    at_last = at("2020-01-02 12:00:00") - timedelta(hours=24, microseconds=ahead)
    row = event("e", "2020-01-02 12:00:00", received_at=at_last)
    assert len(settled(World(events=(row,)))[0].events) == kept


def test_of_two_events_with_one_id_the_first_received_stays():
    early = event("e", "2020-01-01", received_at=at("2020-01-02"))
    late = replace(early, event_name="NPS Answered", received_at=at("2020-01-03"))
    for rows in ((early, late), (late, early)):
        assert settled(World(events=rows))[0].events == (early,)


def test_of_two_versions_of_an_order_the_last_updated_known_one_stays():
    old = order("o", "2020-01-01", received_at=at("2020-01-05"))
    new = replace(old, updated_at=at("2020-01-06"), received_at=at("2020-01-07"))
    for rows in ((old, new), (new, old)):
        world = World(orders=rows)
        assert settled(world)[0].orders == (new,)
        assert settled(world, known_at=at("2020-01-06"))[0].orders == (old,)


def test_the_last_version_decides_even_when_it_makes_the_order_invalid():
    old = order("o", "2020-01-01", updated_at=at("2020-01-02"))
    failed = replace(old, status="failed", updated_at=at("2020-01-03"))
    assert settled(World(orders=(old, failed)))[0].orders == ()


@pytest.mark.parametrize(
    ("columns", "valid"),
    [
        ({}, True),
        ({"status": "pending"}, True),
        ({"status": "refunded"}, True),
        ({"status": "failed"}, False),
        ({"status": "cancelled"}, False),
        ({"status": "cancelled", "cancelled_at": at("2020-01-02")}, True),
        ({"is_test": True}, False),
        ({"is_deleted": True}, False),
        ({"total_price": Decimal(0)}, False),
        ({"total_price": Decimal("0.0001")}, True),
    ],
)
def test_an_order_is_valid_or_never_was(columns: dict[str, object], valid: bool):
    row = replace(order("o", "2020-01-01"), **columns)
    assert len(settled(World(orders=(row,)))[0].orders) == valid


@pytest.mark.parametrize(("when", "kept"), [("2020-01-02 00:00:00", 1), ("2020-01-01 23:59:59", 0)])
def test_a_refund_dated_before_its_order_is_dropped(when: str, kept: int):
    # Dates are compared, not instants: a refund may precede its order within the day.
    world = World(
        orders=(order("o", "2020-01-02 12:00:00"),),
        refunds=(Refund("r", "o", at(when), Decimal(1)),),
    )
    assert len(settled(world)[0].refunds) == kept


def test_refunds_of_unknown_and_invalid_orders_give_nothing():
    world = World(
        orders=(order("o", "2020-01-01", status="failed"),),
        refunds=(
            Refund("r1", "o", at("2020-01-02"), Decimal(1)),
            Refund("r2", "nowhere", at("2020-01-02"), Decimal(1)),
        ),
    )
    assert facts(world) == []


@pytest.mark.parametrize("text", ["", "0", " NULL ", "None", "nOnE"])
def test_an_excluded_id_counts_as_absent(text: str):
    absent = event("e", "2020-01-01", anonymous_id=text, user_id=text)
    assert settled(World(events=(absent,)))[0].events == ()
    half = event("e", "2020-01-01", anonymous_id=text, user_id="c", session_id=text)
    (kept,) = settled(World(events=(half,)))[0].events
    assert (kept.anonymous_id, kept.user_id, kept.session_id) == (None, "c", None)


@pytest.mark.parametrize(
    ("when", "rate"),
    [("2020-01-31", None), ("2020-02-01", "1.5"), ("2020-02-29", "1.5"), ("2020-03-01", "2")],
)
def test_the_latest_rate_on_or_before_the_day_applies(when: str, rate: str | None):
    rates = (
        ExchangeRate(day("2020-03-01"), "USD", Decimal(2)),
        ExchangeRate(day("2020-02-01"), "USD", Decimal("1.5")),
        ExchangeRate(day("2020-01-01"), "GBP", Decimal(9)),
    )
    _, resolved, _ = settled(World(), currency="EUR", rates=rates)
    assert rate_on(resolved, "USD", day(when)) == (None if rate is None else Decimal(rate))
    assert rate_on(resolved, "EUR", day(when)) == 1


def test_blank_settings_are_decided_by_the_data():
    assert Settings().as_of_date is None
    world = World(
        events=(event("e", "2020-05-01 23:30:00"),),
        orders=(order("o", "2020-06-01", currency="USD", status="failed"),),
    )
    _, resolved, _ = settled(world, as_of_date=None, timezone="Europe/Rome")
    assert resolved.as_of_date == resolved.identity_as_of == day("2020-05-02")
    assert resolved.currency == "USD"
    mixed = World(orders=(order("o", "2020-06-01"), order("p", "2020-06-01", currency="USD")))
    assert settled(mixed)[1].currency == "EUR"


def staged_event(**columns: Any) -> Event:
    (row,) = settled(World(events=(Event("e", "Clicked", at("2020-01-01"), **columns),)))[0].events
    return row


@pytest.mark.parametrize(
    ("own", "told", "expected"),
    [
        (None, "c", "c"),
        (None, 17850, "17850"),
        (None, 17850.0, "17850"),
        (None, True, None),
        (None, ["c"], None),
        (" NULL ", "c", "c"),  # a word for null is null
        ("guest", "c", None),  # an excluded id is not
        ("d", "c", "d"),
        (None, "guest", None),
        (None, "none", None),
    ],
)
def test_a_null_id_is_read_from_the_properties(own: str | None, told: Any, expected: str | None):
    row = staged_event(anonymous_id="x", user_id=own, properties=json.dumps({"user_id": told}))
    assert row.user_id == expected


def test_an_event_known_only_by_its_properties_is_somebody_s():
    assert staged_event(properties='{"anonymous_id": "x"}').anonymous_id == "x"


@pytest.mark.parametrize(
    ("properties", "value"),
    [
        ({"value": 3, "price": 4}, "3"),
        ({"value": "many", "price": 4}, "4"),
        ({"revenue": "5.5", "total": 6}, "5.5"),
        ({"total": "1e1"}, "10"),
        ({"value": 0, "total": 6}, "0"),
        ({"value": True, "total": 6}, "6"),
        ({"amount": 3}, None),
    ],
)
def test_a_null_value_is_the_first_decimal_of_four_properties(properties, value: str | None):
    row = staged_event(user_id="c", properties=json.dumps(properties))
    assert row.value == (None if value is None else Decimal(value))
    stated = staged_event(user_id="c", value=Decimal(1), properties=json.dumps(properties))
    assert stated.value == 1


def test_texts_and_quantities_are_filled_too_and_null_words_are_null():
    told = {"utm_source": "google", "country": 39, "quantity": "2", "currency": "usd"}
    row = staged_event(user_id="c", utm_source="NaN", properties=json.dumps(told))
    assert (row.utm_source, row.country, row.quantity, row.currency) == ("google", "39", 2, "USD")
    assert staged_event(user_id="c", utm_medium="\\N").utm_medium is None
    assert staged_event(user_id="c", utm_medium="(none)").utm_medium == "(none)"


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("17850.0", "17850"),
        ("17850.00", "17850"),
        ("17850.5", "17850.5"),
        (" 17850 ", "17850"),
        ("'1001", "1001"),
        ("a.0", "a.0"),
        ("007", "007"),
        ("0.0", "0"),
        ("4.53E+12", None),
        # A hash may read like a number, and a name may begin with the mark.
        ("12345e67", "12345e67"),
        ("'t Hooft", "'t Hooft"),
    ],
)
def test_an_id_is_canonical_or_refused(text: str, canonical: str | None):
    assert canonical_id(text) == canonical


def test_ids_of_every_table_meet_in_their_canonical_form():
    world = World(
        orders=(order("7.0", "2020-01-01", customer_id="17850.0"),),
        refunds=(Refund("r", "7", at("2020-01-02"), Decimal(1)),),
        events=(event("e", "2020-01-01", user_id="'17850"),),
        customers=(Customer(" 17850", at("2020-01-01")),),
    )
    assert {fact.subject_id for fact in facts(world)} == {"customer:17850"}
    assert {fact.source_id for fact in facts(world) if fact.signal == "refund"} == {"r"}


def test_an_event_whose_id_lost_its_digits_is_refused():
    row = event("e", "2020-01-01", user_id="4.53E+12", anonymous_id="d")
    assert settled(World(events=(row,)))[0].events == ()


@pytest.mark.parametrize(
    ("other", "wins"),
    [
        ({"updated_at": at("1999-01-01")}, True),  # any time beats none
        ({"delivered_at": at("2020-01-03")}, True),
        ({"cancelled_at": at("2020-01-04")}, True),
        ({"created_at": at("2020-01-01"), "delivery": 3}, False),
        ({"created_at": at("2020-01-03")}, True),
        ({"delivery": 3}, True),
        ({"delivery": 1}, False),
    ],
)
def test_a_version_without_a_time_goes_by_its_stamps_then_by_its_file(other, wins: bool):
    one = order("o", "2020-01-02", 100, delivery=2)
    two = replace(order("o", "2020-01-02", 200), **{"delivery": 2, **other})
    for versions in ((one, two), (two, one)):
        (kept,) = settled(World(orders=versions))[0].orders
        assert kept == (two if wins else one)


def test_a_content_that_comes_again_in_a_later_file_counts_as_of_that_file():
    one, two = order("o", "2020-01-02", 100), order("o", "2020-01-02", 200, delivery=2)
    again = replace(one, delivery=10)  # day10 comes after day2
    (kept,) = settled(World(orders=(one, two, again)))[0].orders
    assert kept.total_price == 100


def test_equal_times_go_by_stamps_too():
    one = order("o", "2020-01-02", updated_at=at("2020-02-01"), cancelled_at=at("2020-01-05"))
    two = order("o", "2020-01-02", updated_at=at("2020-02-01"), delivery=9)
    assert settled(World(orders=(one, two)))[0].orders == (one,)


def test_lines_of_an_order_are_those_of_the_last_file_that_has_any():
    def line(number: int, delivery: int, order_id: str = "o") -> OrderLine:
        return OrderLine(order_id, number, "p", Decimal(1), Decimal(5), delivery)

    lines = (line(1, 2), line(2, 2), line(1, 10), line(1, 10), line(1, 2, "other"))
    found = settled(World(order_lines=lines))[0].order_lines
    assert found == (line(1, 10), line(1, 2, "other"))


def test_channel_rows_of_one_key_and_file_are_parts_and_a_later_file_replaces_them():
    def part(clicks: int, delivery: int = 1) -> ChannelDay:
        return ChannelDay(day("2020-01-01"), "google", clicks=clicks, delivery=delivery)

    rows = (part(1), part(2), part(2))
    assert settled(World(channel_daily=rows))[0].channel_days == ((part(1), part(2)),)
    later = (*rows, part(7, 2))
    assert settled(World(channel_daily=later))[0].channel_days == ((part(7, 2),),)


@pytest.mark.parametrize(
    ("other", "wins"),
    [
        ({"updated_at": at("1999-01-01"), "delivery": 1}, True),
        ({"created_at": at("2020-01-03"), "delivery": 1}, True),
        ({"delivery": 3}, True),
        ({"created_at": at("2020-01-01"), "delivery": 3}, False),
        ({"delivery": 1}, False),
    ],
)
def test_a_customer_goes_by_time_then_creation_then_file(other, wins: bool):
    one = Customer("c", at("2020-01-02"), account_id="a", delivery=2)
    two = replace(one, account_id="b", **other)
    for versions in ((one, two), (two, one)):
        (kept,) = settled(World(customers=versions))[0].customers
        assert kept == (two if wins else one)


def test_a_product_is_that_of_the_last_file_under_its_canonical_id():
    products = (Product("7.0", "new", delivery=10), Product("7", "old", delivery=2))
    (kept,) = settled(World(products=products))[0].products
    assert (kept.product_id, kept.title) == ("7", "new")


def test_the_latest_valid_row_decides_as_of():
    world = World(
        events=(event("a", "2020-05-01"), event("b", "2020-07-01")),
        orders=(order("o", "2020-06-01"), order("p", "2020-08-01", status="failed")),
    )
    assert settled(world, as_of_date=None)[1].as_of_date == day("2020-07-01")
