"""The reference keeps and drops raw rows as worked out here by hand."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from tests.reference.small import at, day, event, facts, order, settled
from tests.reference.staging import money, rate_on, reporting_date
from tests.reference.world import ExchangeRate, Refund, Settings, World


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
