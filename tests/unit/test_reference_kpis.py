"""The reference reads the KPIs of the page as worked out here by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.reference.kpis.small import numbers, said, told
from tests.reference.kpis.stages import kaplan_meier_median
from tests.reference.small import at, day, event, order
from tests.reference.world import (
    ChannelDay,
    Event,
    ExchangeRate,
    OrderLine,
    Product,
    Refund,
    World,
)


def test_a_refund_lies_on_its_own_date_and_counts_at_the_rate_of_its_order():
    world = World(
        orders=(order("o", "2020-01-31", 100, currency="USD"),),
        refunds=(Refund("r", "o", at("2020-02-01"), Decimal(50)),),
    )
    rates = tuple(
        ExchangeRate(day(when), "USD", Decimal(rate))
        for when, rate in (("2020-01-01", "0.9"), ("2020-02-01", "0.5"))
    )
    assert told(world, "gross_revenue", "2020-01-01", rates=rates) == numbers(90, None)
    assert told(world, "refunded_amount", "2020-01-01", rates=rates) == numbers(0, None)
    assert told(world, "refunded_amount", "2020-02-01", rates=rates) == numbers(45, None)
    assert told(world, "net_revenue", "2020-02-01", rates=rates) == numbers(-45, None)
    assert told(world, "net_average_order_value", "2020-01-01", rates=rates) == numbers(45, 1)


def test_nps_takes_the_latest_whole_answer_of_each_person():
    world = World(
        events=(
            said("a", "2020-01-01", "NPS Answered", "3"),
            said("b", "2020-01-09", "NPS Answered", "9"),
            said("c", "2020-01-10", "NPS Answered", "9.5"),
            said("d", "2020-01-11", "NPS Answered", "11"),
        )
    )
    assert told(world, "nps", "2020-01-01") == numbers(100, 1, "small_sample")
    assert told(world, "nps", "2020-01-01", "day") == numbers(-100, 1, "small_sample")


@pytest.mark.parametrize(("ordered", "credited"), [("12:00:00", 1), ("12:00:01", 0)])
def test_a_session_is_credited_up_to_24_hours_after_its_end(ordered: str, credited: int):
    world = World(
        events=(event("a", "2020-01-01 11:50:00"), event("b", "2020-01-01 12:00:00")),
        orders=(order("o", f"2020-01-02 {ordered}"),),
    )
    assert told(world, "conversion_rate", "2020-01-01") == numbers(credited, 1)


def test_only_the_latest_session_is_credited():
    world = World(
        events=(event("a", "2020-01-01 10:00:00"), event("b", "2020-01-01 11:00:00")),
        orders=(order("o", "2020-01-01 10:54:59"), order("p", "2020-01-01 10:55:00")),
    )
    assert told(world, "conversion_rate", "2020-01-01") == numbers(2, 2)
    later = World(events=world.events, orders=world.orders[1:])
    assert told(later, "conversion_rate", "2020-01-01") == numbers(1, 2)


@pytest.mark.parametrize(
    ("ordered", "abandoned", "recovered"),
    [
        ("2020-01-02 12:00:00", (0, 1), (0, 0)),
        ("2020-01-02 12:00:01", (1, 1), (1, 1)),
        ("2020-01-09 23:59:59", (1, 1), (1, 1)),
        ("2020-01-10 00:00:00", (1, 1), (0, 1)),
    ],
)
def test_a_cart_is_converted_within_24_hours_and_recovered_within_7_days_more(
    ordered: str, abandoned: tuple[int, int], recovered: tuple[int, int]
):
    world = World(
        events=(event("a", "2020-01-01", "Product Added", cart_id="k", value=Decimal(5)),),
        orders=(order("o", ordered, cart_id="k"),),
    )
    assert told(world, "cart_abandonment_rate", "2020-01-01") == numbers(*abandoned)
    status = "ok" if recovered[1] else "no_base"
    assert told(world, "cart_recovery_rate", "2020-01-01") == numbers(*recovered, status)
    assert told(world, "cart_value_abandoned", "2020-01-01") == numbers(5 * abandoned[0], None)


def test_a_silence_inside_a_cart_abandons_it_whatever_comes_later():
    world = World(
        events=(
            event("a", "2020-01-01 12:00:00", "Product Added", cart_id="k"),
            event("b", "2020-01-02 12:00:01", "Product Added", cart_id="k"),
        ),
        orders=(order("o", "2020-01-02 13:00:00", cart_id="k"),),
    )
    assert told(world, "cart_abandonment_rate", "2020-01-01") == numbers(1, 1)
    in_time = World(events=(world.events[0], event("b", "2020-01-02", cart_id="k")))
    still = World(events=in_time.events, orders=world.orders)
    assert told(still, "cart_abandonment_rate", "2020-01-01") == numbers(0, 1)


def test_an_order_with_an_unknown_cart_names_none_and_without_one_the_latest():
    carts = (
        event("a", "2020-01-01 10:00:00", "Product Added", cart_id="k"),
        event("b", "2020-01-01 11:00:00", "Product Added", cart_id="l"),
    )
    lost = World(events=carts, orders=(order("o", "2020-01-01 11:30:00", cart_id="x"),))
    assert told(lost, "cart_abandonment_rate", "2020-01-01") == numbers(2, 2)
    found = World(events=carts, orders=(order("o", "2020-01-01 11:30:00"),))
    assert told(found, "cart_abandonment_rate", "2020-01-01") == numbers(1, 2)


def test_an_open_cart_keeps_its_period_immature():
    world = World(
        events=(event("a", "2020-12-31", "Product Added", cart_id="k"),),
        orders=(order("o", "2020-11-01"),),
    )
    assert told(world, "cart_abandonment_rate", "2020-12-01") == numbers(0, 0, "immature")


@pytest.mark.parametrize(("touched", "revenue"), [("2020-01-02", 100), ("2020-01-01", 0)])
def test_the_last_touch_lies_at_most_30_days_before_the_order(touched: str, revenue: int):
    world = World(
        events=(event("a", touched, utm_source="google", utm_medium="cpc"),),
        orders=(order("o", "2020-02-01"),),
        channel_daily=(
            ChannelDay(day("2020-02-01"), "google", spend=Decimal(40)),
            ChannelDay(day("2020-02-01"), "facebook", spend=Decimal(10)),
        ),
    )
    assert told(world, "return_on_ad_spend", "2020-02-01") == numbers(revenue, 50)
    assert told(world, "marketing_efficiency_ratio", "2020-02-01") == numbers(100, 50)


@pytest.mark.parametrize(("later", "came_back"), [("2020-03-31", 1), ("2020-04-01", 0)])
def test_a_second_order_counts_up_to_90_days_after_the_first(later: str, came_back: int):
    world = World(orders=(order("a", "2020-01-01"), order("b", later)))
    assert told(world, "second_order_rate_90d", "2020-01-01") == numbers(came_back, 1)


def test_payback_is_the_first_closed_month_that_covers_the_spend():
    world = World(
        orders=(order("a", "2020-10-01", 60), order("b", "2020-11-30", 60)),
        order_lines=(OrderLine("a", 1, "p", Decimal(2), Decimal(30)),),
        products=(Product("p", "thing", unit_cost=Decimal("10")),),
        channel_daily=(ChannelDay(day("2020-10-05"), "google", spend=Decimal(100)),),
    )
    assert told(world, "cac_payback_months", "2020-10-01") == numbers(1, None)
    assert told(world, "cac_payback_months", "2020-10-01", as_of_date=day("2020-11-29")) == (
        None,
        None,
        "immature",
    )


def test_a_voided_only_order_turns_an_active_customer_into_a_prospect():
    world = World(
        orders=(order("o", "2020-01-01", 10),),
        refunds=(Refund("r", "o", at("2020-02-10"), Decimal(10)),),
    )
    for kpi, count in {"start": 1, "end": 0, "lost": 1, "voided": 1, "gained": 0}.items():
        assert told(world, f"active_customers_{kpi}", "2020-02-01") == numbers(count, None)
    assert told(world, "churn_rate", "2020-02-01") == numbers(1, 1)


@pytest.mark.parametrize(("is_booked", "orders"), [(False, 1), (True, 2)])
def test_a_pending_order_is_booked_only_if_the_shop_says_so(is_booked: bool, orders: int):
    world = World(
        orders=(order("o", "2020-01-01", 10), order("p", "2020-01-02", 20, status="pending"))
    )
    assert told(world, "orders", "2020-01-01", pending_is_booked=is_booked) == numbers(orders, None)


@pytest.mark.parametrize(("known_at", "sessions"), [("2020-01-02", 1), ("2020-01-03", 2)])
def test_what_was_received_later_is_not_known_yet(known_at: str, sessions: int):
    world = World(
        events=(
            event("a", "2020-01-01", received_at=at("2020-01-01")),
            event("b", "2020-01-02", received_at=at("2020-01-03")),
        )
    )
    assert told(world, "sessions", "2020-01-01", known_at=at(known_at)) == numbers(sessions, None)


@pytest.mark.parametrize(("as_of", "amount"), [("2020-02-10", "9.0"), ("2020-02-11", "0")])
def test_a_shop_may_give_less_grace(as_of: str, amount: str):
    world = World(events=(_subscription("a", "2020-01-01", "Subscription Started", "10"),))
    rates = (ExchangeRate(day("2020-01-01"), "USD", Decimal("0.9")),)
    given = {"as_of_date": day(as_of), "rates": rates, "subscription_grace_days": 10}
    assert told(world, "mrr", as_of, "day", **given) == numbers(amount, None)


@pytest.mark.parametrize(("as_of", "amount"), [("2020-03-16", "9.0"), ("2020-03-17", "0")])
def test_recurring_revenue_ends_76_days_after_the_last_word(as_of: str, amount: str):
    world = World(events=(_subscription("a", "2020-01-01", "Subscription Started", "10"),))
    rates = (ExchangeRate(day("2020-01-01"), "USD", Decimal("0.9")),)
    found = told(world, "mrr", as_of, "day", as_of_date=day(as_of), rates=rates)
    assert found == numbers(amount, None)


def test_recurring_revenue_moves_without_its_rate():
    world = World(
        events=(
            _subscription("a", "2020-01-01", "Subscription Started", "10"),
            _subscription("b", "2020-02-01", "Subscription Renewed", None),
            _subscription("c", "2020-03-01", "Subscription Changed", "20"),
            _subscription("d", "2020-04-01", "Subscription Cancelled", "20"),
            _subscription("e", "2020-05-01", "Subscription Renewed", None),
        )
    )
    rates = (
        ExchangeRate(day("2020-01-01"), "USD", Decimal("0.9")),
        ExchangeRate(day("2020-01-02"), "USD", Decimal("0.5")),
    )
    for start, kpi, amount in (
        ("2020-01-01", "new_mrr", 9),
        ("2020-02-01", "expansion_mrr", 0),
        ("2020-03-01", "expansion_mrr", 9),
        ("2020-04-01", "churned_mrr", 18),
        ("2020-05-01", "reactivation_mrr", 18),
    ):
        assert told(world, kpi, start, rates=rates) == numbers(amount, None)
    assert told(world, "net_revenue_retention", "2020-03-01", rates=rates) == numbers(18, 9)


def _subscription(event_id: str, when: str, name: str, amount: str | None) -> Event:
    value = None if amount is None else Decimal(amount)
    return event(event_id, when, name, value=value, currency="USD", properties=None)


@pytest.mark.parametrize(("opened", "count"), [("2020-01-08", 1), ("2020-01-09", 0)])
def test_a_message_is_opened_within_7_days_or_not_at_all(opened: str, count: int):
    world = World(
        events=(
            said("a", "2020-01-01", "Email Delivered", message_id="m"),
            said("b", opened, "Email Opened", message_id="m"),
        )
    )
    assert told(world, "email_open_rate", "2020-01-01") == numbers(count, 1)


def test_a_reaction_without_an_id_belongs_to_the_latest_delivery_without_one():
    world = World(
        events=(
            said("a", "2020-01-01", "Email Delivered"),
            said("b", "2020-01-03", "Email Delivered"),
            said("c", "2020-01-04", "Email Delivered", message_id="m"),
            said("d", "2020-01-05", "Email Opened"),
        )
    )
    assert told(world, "email_open_rate", "2020-01-03", "day") == numbers(1, 1)
    assert told(world, "email_open_rate", "2020-01-01") == numbers(1, 3)


def test_followers_are_the_last_number_of_each_channel():
    world = World(
        orders=(order("o", "2020-01-01"),),
        channel_daily=(
            ChannelDay(day("2020-01-10"), "facebook", followers=100),
            ChannelDay(day("2020-01-20"), "tv", followers=7),
            ChannelDay(day("2020-02-10"), "facebook", followers=90),
        ),
    )
    assert told(world, "followers", "2020-01-09", "day") == (None, None, "no_input")
    assert told(world, "followers", "2020-01-01") == numbers(107, None)
    assert told(world, "followers", "2020-02-01") == numbers(97, None)
    assert told(world, "net_new_followers", "2020-02-01") == numbers(-10, None)


@pytest.mark.parametrize(
    ("lengths", "median"),
    [
        ([(1, True), (2, False), (3, True), (4, True)], 3),
        ([(1, True), (2, True), (3, False), (4, False)], 2),
        ([(1, True), (2, False), (3, False)], None),
    ],
)
def test_the_median_stay_is_reached_when_half_survive(
    lengths: list[tuple[int, bool]], median: int | None
):
    assert kaplan_meier_median(lengths) == median


@pytest.mark.parametrize(("customers", "best"), [(5, 50), (6, 110)])
def test_the_top_fifth_is_rounded_up(customers: int, best: int):
    orders = [
        order(f"o{n}", "2020-06-01", 10 * n, customer_id=f"c{n}") for n in range(1, customers + 1)
    ]
    world = World(orders=(order("old", "2019-12-01", 1, customer_id="c1"), *orders))
    total = sum(10 * n for n in range(1, customers + 1))
    assert told(world, "revenue_share_top_20", "2020-12-01") == numbers(best, total)
