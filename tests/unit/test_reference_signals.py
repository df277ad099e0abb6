"""The reference reads docs/lifecycle_semantics.md#signals and #sessions as worked out by hand."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from tests.reference.sessions import first_events
from tests.reference.signals import Fact
from tests.reference.small import at, day, event, facts, order, rows, rules, settled, subject
from tests.reference.world import Customer, Event, ExchangeRate, Refund, World


def only(found: list[Fact], signal: str) -> Fact:
    (fact,) = (fact for fact in found if fact.signal == signal)
    return fact


def refund(refund_id: str, when: str, amount: str | int) -> Refund:
    return Refund(refund_id, "o", at(when), Decimal(amount))


def sessions_at(*events: Event, timeout: int = 30) -> list[str]:
    return sorted(first.event_id for first in first_events(events, timeout))


@pytest.mark.parametrize(
    ("later", "starts"), [("12:30:00", ["a"]), ("12:30:00.000001", ["a", "b"])]
)
def test_a_session_ends_after_more_than_30_minutes(later: str, starts: list[str]):
    events = (event("a", "2020-01-01 12:00:00"), event("b", f"2020-01-01 {later}"))
    assert sessions_at(*events) == starts


@pytest.mark.parametrize(("later", "starts"), [("12:45:00", ["a"]), ("12:45:01", ["a", "b"])])
def test_the_session_timeout_is_a_setting(later: str, starts: list[str]):
    events = (event("a", "2020-01-01 12:00:00"), event("b", f"2020-01-01 {later}"))
    assert sessions_at(*events, timeout=45) == starts


@pytest.mark.parametrize(("later", "starts"), [("12:00:00", ["a"]), ("12:00:01", ["a", "b"])])
def test_a_given_session_is_split_after_more_than_24_hours(later: str, starts: list[str]):
    events = (
        event("a", "2020-01-01 12:00:00", session_id="s"),
        event("b", f"2020-01-02 {later}", session_id="s"),
    )
    assert sessions_at(*events) == starts


def test_events_without_a_session_id_do_not_see_those_with_one():
    events = (
        event("a", "2020-01-01 12:00:00"),
        event("b", "2020-01-01 12:20:00", session_id="s"),
        event("c", "2020-01-01 12:40:00"),
    )
    assert sessions_at(*events) == ["a", "b", "c"]


def test_a_device_and_a_customer_of_one_name_have_sessions_of_their_own():
    events = (
        event("a", "2020-01-01 12:00:00", anonymous_id="x"),
        event("b", "2020-01-01 12:01:00", user_id="x"),
    )
    assert sessions_at(*events) == ["a", "b"]


def test_a_session_begins_with_its_lowest_id_at_one_instant():
    events = (event("b", "2020-01-01"), event("a", "2020-01-01"))
    assert sessions_at(*events) == ["a"]


def test_a_visit_is_dated_and_owned_by_the_first_event_of_its_session():
    world = World(
        events=(
            event("a", "2020-01-01 23:50:00", "Clicked", anonymous_id="d", user_id="one"),
            event("b", "2020-01-02 00:10:00", "Clicked", anonymous_id="d", user_id="two"),
        )
    )
    visit = only(facts(world), "visit")
    assert (visit.subject_id, visit.signal_date) == ("customer:one", day("2020-01-01"))


def test_an_order_gives_order_revenue_and_open_order():
    found = facts(World(orders=(order("o", "2020-01-31", 100, total_tax=Decimal(20)),)))
    assert {(fact.signal, fact.value, fact.voided_on) for fact in found} == {
        ("order", Decimal(80), None),
        ("revenue", Decimal(80), None),
        ("open_order", None, day("2020-02-14")),
    }


@pytest.mark.parametrize(("sla", "ends"), [(14, "2020-02-14"), (1, "2020-02-01")])
def test_an_open_order_ends_when_it_is_due(sla: int, ends: str):
    world = World(orders=(order("o", "2020-01-31"),))
    assert only(facts(world, fulfilment_sla_days=sla), "open_order").voided_on == day(ends)


@pytest.mark.parametrize(
    ("columns", "refunds", "ends"),
    [
        ({"delivered_at": at("2020-02-13")}, (), "2020-02-13"),
        ({"delivered_at": at("2020-02-15")}, (), "2020-02-14"),
        ({"delivered_at": at("2020-02-13"), "cancelled_at": at("2020-02-12")}, (), "2020-02-12"),
        ({"cancelled_at": at("2020-02-12")}, (refund("r", "2020-02-11", 100),), "2020-02-11"),
        ({}, (refund("r", "2020-02-11", "99.9999"),), "2020-02-14"),
    ],
)
def test_an_open_order_ends_with_the_earliest_of_four(columns, refunds, ends: str):
    world = World(orders=(order("o", "2020-01-31", 100, **columns),), refunds=refunds)
    assert only(facts(world), "open_order").voided_on == day(ends)


def test_a_delivery_stands_even_when_the_order_does_not():
    columns: dict[str, Any] = {"delivered_at": at("2020-02-13"), "cancelled_at": at("2020-02-12")}
    delivery = only(facts(World(orders=(order("o", "2020-01-31", **columns),))), "delivery")
    assert (delivery.signal_date, delivery.voided_on) == (day("2020-02-13"), None)


@pytest.mark.parametrize(
    ("amounts", "voided_on"),
    [
        ((("r1", "2020-02-01", 60), ("r2", "2020-02-05", "39.9999")), None),
        ((("r1", "2020-02-01", 60), ("r2", "2020-02-05", 40)), "2020-02-05"),
        ((("r1", "2020-02-01", 120), ("r2", "2020-02-05", 1)), "2020-02-01"),
        ((("r1", "2020-02-05", 60), ("r2", "2020-02-05", 40)), "2020-02-05"),
    ],
)
def test_an_order_is_voided_on_the_day_its_refunds_reach_its_total(amounts, voided_on):
    world = World(
        orders=(order("o", "2020-01-31", 100, total_tax=Decimal(20)),),
        refunds=tuple(refund(*amount) for amount in amounts),
    )
    expected = None if voided_on is None else day(voided_on)
    assert only(facts(world), "order").voided_on == expected
    # The refund undoes the order, not the revenue, which it has already lowered.
    assert {fact.voided_on for fact in facts(world) if fact.signal == "revenue"} == {None}


def test_a_cancellation_voids_the_order_and_both_kinds_of_revenue():
    world = World(
        orders=(order("o", "2020-01-31", cancelled_at=at("2020-02-03")),),
        refunds=(refund("r", "2020-02-01", 10),),
    )
    voided = {(fact.signal, fact.source_id): fact.voided_on for fact in facts(world)}
    assert voided == {
        ("order", "o"): day("2020-02-03"),
        ("revenue", "o"): day("2020-02-03"),
        ("open_order", "o"): day("2020-02-03"),
        ("refund", "r"): None,
        ("revenue", "r"): day("2020-02-03"),
    }


def test_the_earlier_of_cancellation_and_full_refund_voids_an_order():
    world = World(
        orders=(order("o", "2020-01-31", cancelled_at=at("2020-02-03")),),
        refunds=(refund("r", "2020-02-01", 100),),
    )
    assert only(facts(world), "order").voided_on == day("2020-02-01")


def test_a_refund_gives_back_in_proportion_to_the_rounded_order_value():
    # (100 - 20) x 1.00005 = 80.0040; a third of the total gives back 26.6680.
    rates = (ExchangeRate(day("2020-01-01"), "USD", Decimal("1.00005")),)
    world = World(
        orders=(order("o", "2020-01-31", 100, total_tax=Decimal(20), currency="USD"),),
        refunds=(refund("r", "2020-02-01", "33.3333"),),
    )
    found = facts(world, currency="EUR", rates=rates)
    assert only(found, "order").value == Decimal("80.0040")
    assert only(found, "refund").value == Decimal("26.6680")
    assert {fact.value for fact in found if fact.signal == "revenue"} == {
        Decimal("80.0040"),
        Decimal("-26.6680"),
    }


def test_a_missing_rate_gives_no_number():
    world = World(
        orders=(order("o", "2020-01-31", currency="USD"),),
        refunds=(refund("r", "2020-02-01", 10),),
    )
    found = facts(world, currency="EUR")
    assert {fact.value for fact in found} == {None}
    assert len(found) == 5


@pytest.mark.parametrize(
    ("name", "currency", "value"),
    [
        ("Subscription Renewed", "USD", "5.0003"),
        ("Subscription Renewed", "EUR", "10.0005"),
        ("Subscription Renewed", None, "10.0005"),
        ("Subscription Renewed", "JPY", None),
        ("NPS Answered", "USD", "10.0005"),
    ],
)
def test_only_money_with_a_currency_is_converted(name: str, currency, value):
    rates = (ExchangeRate(day("2020-01-01"), "USD", Decimal("0.5")),)
    row = event("e", "2020-01-31", name, value=Decimal("10.0005"), currency=currency)
    found = facts(World(events=(row,)), currency="EUR", rates=rates)
    (fact,) = (fact for fact in found if fact.signal != "visit")
    assert fact.value == (None if value is None else Decimal(value))


@pytest.mark.parametrize(
    ("properties", "value"),
    [
        ('{"rating": 4.5}', "4.5"),
        ('{"rating": "4"}', "4"),
        ('{"rating": "many"}', None),
        ('{"other": 1}', None),
        (None, None),
    ],
)
def test_a_value_property_is_read_from_the_properties(properties, value):
    row = event("e", "2020-01-31", "Product Reviewed", value=Decimal(9), properties=properties)
    fact = only(facts(World(events=(row,))), "review")
    assert fact.value == (None if value is None else Decimal(value))


def test_an_event_name_is_matched_exactly():
    found = facts(World(events=(event("e", "2020-01-31", "product viewed"),)))
    assert [fact.signal for fact in found] == ["visit"]


def test_a_customer_row_is_a_lead_unless_deleted():
    row = Customer("c", at("2020-01-31"))
    assert [fact.signal for fact in facts(World(customers=(row,)))] == ["lead"]
    assert facts(World(customers=(replace(row, is_deleted=True),))) == []


def test_any_counts_an_order_three_times_and_is_never_voided():
    world = World(orders=(order("o", "2020-01-31", cancelled_at=at("2020-01-31")),))
    seen = subject(world)
    assert len(seen.standing("any", day("2020-12-31"))) == 3
    # The order never stood, yet its day begins the domain.
    assert seen.standing("order", day("2020-01-31")) == []
    assert seen.first_seen_on == day("2020-01-31")


@pytest.mark.parametrize(("as_of", "count"), [("2020-02-01", 5), ("2020-01-31", 3)])
def test_facts_after_as_of_are_ignored(as_of: str, count: int):
    world = World(orders=(order("o", "2020-01-31"),), refunds=(refund("r", "2020-02-01", 100),))
    found = facts(world, as_of_date=day(as_of))
    assert len(found) == count
    assert only(found, "order").voided_on == (day("2020-02-01") if count == 5 else None)


def test_a_cancellation_after_as_of_is_not_foreseen():
    world = World(orders=(order("o", "2020-01-31", cancelled_at=at("2020-02-03")),))
    (row,) = rows(world, rules(("high", "order count >=1")), as_of_date=day("2020-02-02"))
    assert (row.stage, row.next_health, row.next_stage) == ("high", "at_risk", "high")
    assert settled(world)[0].orders[0].cancelled_at is not None
