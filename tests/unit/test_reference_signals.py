"""The reference reads docs/lifecycle_semantics.md#signals and #sessions as worked out by hand."""

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from tests.reference.rulebook import EventSignal
from tests.reference.sessions import first_events
from tests.reference.signals import Fact
from tests.reference.small import at, day, event, facts, order, rows, rules, settled, subject
from tests.reference.world import Customer, CustomerMerge, Event, ExchangeRate, Refund, World


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
        ("purchase", Decimal(80), None),
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
        ("purchase", "o"): day("2020-02-03"),
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
    assert len(found) == 6


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
    fact = only(found, "nps" if name == "NPS Answered" else "subscription_renewal")
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


@pytest.mark.parametrize("name", ["product viewed", "product_viewed", " Product--VIEWED! "])
def test_event_names_are_compared_folded(name: str):
    found = facts(World(events=(event("e", "2020-01-31", name),)))
    assert {fact.signal for fact in found} == {"visit", "product_view"}


@pytest.mark.parametrize("name", ["productviewed", "Product Viewed 2", "Product"])
def test_a_name_that_folds_otherwise_feeds_nothing(name: str):
    found = facts(World(events=(event("e", "2020-01-31", name),)))
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


@pytest.mark.parametrize(("as_of", "count"), [("2020-02-01", 6), ("2020-01-31", 4)])
def test_facts_after_as_of_are_ignored(as_of: str, count: int):
    world = World(orders=(order("o", "2020-01-31"),), refunds=(refund("r", "2020-02-01", 100),))
    found = facts(world, as_of_date=day(as_of))
    assert len(found) == count
    assert only(found, "order").voided_on == (day("2020-02-01") if count == 6 else None)


def test_a_cancellation_after_as_of_is_not_foreseen():
    world = World(orders=(order("o", "2020-01-31", cancelled_at=at("2020-02-03")),))
    (row,) = rows(world, rules(("high", "order count >=1")), as_of_date=day("2020-02-02"))
    assert (row.stage, row.next_health, row.next_stage) == ("high", "at_risk", "high")
    assert settled(world)[0].orders[0].cancelled_at is not None


@pytest.mark.parametrize(
    ("columns", "value"),
    [
        ({"total_shipping": Decimal(12)}, "68"),
        ({"total_shipping": Decimal(12), "shipping_tax": Decimal(2)}, "70"),
        # A fifth of the total is tax, so a fifth of the shipping is.
        ({"total_shipping": Decimal(12), "taxes_included": True}, "70.4"),
        ({"total_shipping": Decimal(12), "taxes_included": False}, "68"),
        (
            {"total_shipping": Decimal(12), "taxes_included": True, "shipping_tax": Decimal(0)},
            "68",
        ),
        ({"shipping_tax": Decimal(2)}, "80"),
        ({"total_shipping": Decimal(0), "shipping_tax": Decimal(2)}, "80"),
        ({"total_shipping": Decimal(80)}, "0"),
        ({"total_shipping": Decimal(81)}, "0"),
    ],
)
def test_order_value_leaves_out_tax_and_shipping_without_its_tax(columns: dict, value: str):
    row = order("o", "2020-01-31", 100, total_tax=Decimal(20), **columns)
    assert only(facts(World(orders=(row,))), "order").value == Decimal(value)


def signals_of(row: Event, *event_signals: EventSignal, **columns: Any) -> set[str]:
    found = facts(World(events=(replace(row, **columns),)), rules(event_signals=event_signals))
    return {fact.signal for fact in found}


def conditional(name: str, operator: str, operand: str) -> EventSignal:
    return EventSignal("Viewed", "lead", property=name, operator=operator, operand=operand)


@pytest.mark.parametrize(
    ("operator", "operand", "told", "holds"),
    [
        ("equals", "Plan A", "Plan A", True),
        ("equals", " Plan A ", "  Plan A", True),
        ("equals", "Plan A", "plan a", False),
        ("equals", "5", 5, False),  # texts are compared with texts
        ("equals", "true", True, False),
        ("equals", "a", None, False),
        ("equals", "a", "", False),
        ("in", "a| b |c", "b", True),
        ("in", "a|b", "a|b", False),
        ("starts_with", "/pri", "/pricing", True),
        ("starts_with", "pri", "/pricing", False),
        ("contains", "ici", "/pricing", True),
        ("contains", "ICI", "/pricing", False),
        ("contains", "0", ["0"], False),
        ("at_least", "2", 2, True),
        ("at_least", "2", 1.9999, False),
        ("at_least", "2", " 2 ", True),
        ("at_least", "2", "2e0", True),
        ("at_least", "2", "two", False),
        ("at_least", "0", "", False),
        ("at_least", "0", True, False),
        ("at_least", "2", "1e30", False),  # beyond decimal(38,10)
        ("at_least", "2", "+3.", False),
        ("below", "2", "1.9999", True),
        ("below", "2", 2, False),
        ("below", "2", None, False),
    ],
)
def test_a_condition_on_a_property_holds_or_not(operator: str, operand: str, told, holds: bool):
    row = event("e", "2020-01-31", "Viewed", properties=json.dumps({"x": told}))
    found = signals_of(row, conditional("properties.x", operator, operand))
    assert ("lead" in found) is holds


@pytest.mark.parametrize(
    ("name", "operator", "operand", "columns", "holds"),
    [
        ("page_url", "contains", "/pricing", {"page_url": "https://a.example/pricing"}, True),
        ("page_url", "contains", "/pricing", {}, False),
        ("value", "at_least", "10", {"value": Decimal(10)}, True),
        ("value", "at_least", "10", {"value": Decimal("9.9999")}, False),
        ("quantity", "below", "2", {"quantity": Decimal(1)}, True),
        ("quantity", "below", "2", {}, False),
        ("country", "equals", "IT", {"properties": '{"country": "IT"}'}, True),  # as filled
        ("country", "equals", "IT", {"country": "none"}, False),
        ("device_type", "at_least", "3", {"device_type": "3.5"}, True),
    ],
)
def test_a_condition_on_a_column_sees_it_filled(name, operator, operand, columns, holds: bool):
    row = event("e", "2020-01-31", "Viewed", **columns)
    assert ("lead" in signals_of(row, conditional(name, operator, operand))) is holds


def test_an_event_feeds_several_signals_each_once_however_many_rows_match():
    book = rules(
        event_signals=(
            EventSignal("Bought", "lead"),
            EventSignal("bought", "lead", property="country", operator="equals", operand="IT"),
            EventSignal("BOUGHT", "contract"),
        )
    )
    found = facts(World(events=(event("e", "2020-01-31", "Bought", country="IT"),)), book)
    assert sorted(fact.signal for fact in found) == ["contract", "lead", "visit"]


def test_a_row_without_a_signal_says_only_that_a_name_is_no_visit():
    row = event("e", "2020-01-31", "Order Shipped")
    assert signals_of(row) == {"visit"}
    assert signals_of(row, EventSignal("order_shipped", None, is_visit=False)) == set()


def test_an_event_that_is_no_visit_neither_begins_nor_prolongs_a_session():
    events = (
        event("a", "2020-01-01 12:00:00", "Clicked"),
        event("b", "2020-01-01 12:20:00", "NPS Answered"),
        event("c", "2020-01-01 12:40:00", "Clicked"),
    )
    visits = [fact for fact in facts(World(events=events)) if fact.signal == "visit"]
    assert [fact.source_id for fact in visits] == ["a", "c"]


@pytest.mark.parametrize(
    ("referred", "counts"),
    [("c", False), ("old", False), (" c ", False), ("d", True), ("null", True), (None, True)],
)
def test_nobody_refers_oneself_merges_followed(referred: str | None, counts: bool):
    told = json.dumps({"referred_customer_id": referred})
    world = World(
        events=(event("e", "2020-01-31", "Referral Converted", properties=told),),
        customer_merges=(CustomerMerge("old", "c", at("2020-01-01")),),
    )
    book = rules(event_signals=(EventSignal("Referral Converted", "lead", is_visit=False),))
    found = {fact.signal for fact in facts(world, book)}
    assert found == ({"lead", "referral_converted"} if counts else {"lead"})


def test_a_purchase_is_an_order_or_a_paid_start_or_renewal_once_per_event():
    book = rules(event_signals=(EventSignal("Subscription Started", "subscription_renewal"),))
    world = World(
        events=(
            event("a", "2020-01-31", "Subscription Started", value=Decimal(9)),
            event("b", "2020-02-01", "Subscription Renewed"),
            event("c", "2020-02-02", "Subscription Renewed", value=Decimal(0)),
            event("d", "2020-02-03", "Subscription Changed", value=Decimal(9)),
        ),
        orders=(order("o", "2020-02-04", 80, cancelled_at=at("2020-02-09")),),
    )
    found = [fact for fact in facts(world, book) if fact.signal == "purchase"]
    assert [(fact.source_id, fact.value, fact.voided_on) for fact in found] == [
        ("a", 9, None),
        ("b", None, None),
        ("o", 80, day("2020-02-09")),
    ]


def test_a_start_counts_before_the_renewal_that_the_same_event_feeds():
    book = rules(
        event_signals=(EventSignal("Subscription Started", "subscription_renewal", "renewal"),)
    )
    row = event(
        "a", "2020-01-31", "Subscription Started", value=Decimal(9), properties='{"renewal": 0}'
    )
    assert only(facts(World(events=(row,)), book), "purchase").value == 9


def test_subscribed_lasts_from_the_event_to_the_end_of_its_period():
    row = event("e", "2020-01-31", "Subscription Started", value=Decimal(9))
    fact = only(facts(World(events=(row,)), subscription_grace_days=10), "subscribed")
    assert (fact.signal_date, fact.voided_on) == (day("2020-01-31"), day("2020-03-10"))


def test_any_leaves_out_what_repeats_another_signal():
    row = event("e", "2020-01-31", "Subscription Started", value=Decimal(9))
    seen = subject(World(events=(row,), orders=(order("o", "2020-02-01"),)))
    assert {"purchase", "subscribed"} < set(seen.facts)
    # The start, and the order three times.
    assert len(seen.standing("any", day("2020-12-31"))) == 4


@pytest.mark.parametrize(("as_of", "voided"), [("2020-02-03", True), ("2020-02-02", False)])
def test_a_cancellation_counts_from_its_own_day_on(as_of: str, voided: bool):
    world = World(orders=(order("o", "2020-01-31", cancelled_at=at("2020-02-03")),))
    assert (only(facts(world, as_of_date=day(as_of)), "order").voided_on is not None) is voided
