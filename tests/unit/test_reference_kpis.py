"""The reference reads docs/kpi_conventions.md as worked out here by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.reference.kpis.small import numbers, rows_of, said, told
from tests.reference.kpis.topics.stages import kaplan_meier_median
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


@pytest.mark.parametrize(("on", "amount"), [("2021-02-23", 10), ("2021-02-24", 0)])
def test_recurring_revenue_of_a_yearly_plan_lasts_until_its_grace_ends(on: str, amount: int):
    started = said("a", "2020-01-10", "Subscription Started", "10", interval_months=12)
    found = told(World(events=(started,)), "mrr", on, "day", as_of_date=day(on))
    assert found == numbers(amount, None)


@pytest.mark.parametrize(("on", "amount"), [("2020-02-29", 10), ("2020-03-01", 0)])
def test_a_cancelled_plan_brings_in_what_it_did_until_it_ends(on: str, amount: int):
    events = (
        said("a", "2020-01-10", "Subscription Started", "10", interval_months=12),
        said("b", "2020-02-01", "Subscription Cancelled", "99", ends_on="2020-03-01"),
    )
    assert told(World(events=events), "mrr", on, "day") == numbers(amount, None)


@pytest.mark.parametrize(
    ("name", "amount", "expected"),
    [
        ("Subscription Changed", "30", 30),
        ("Subscription Changed", None, 10),
        ("Subscription Changed", "0", 0),
        ("Subscription Changed", "-5", 0),
        ("Payment Failed", "30", 10),
        ("Subscription Cancelled", "30", 10),
    ],
)
def test_recurring_revenue_is_the_amount_last_stated_by_a_start_renewal_or_change(
    name: str, amount: str | None, expected: int
):
    events = (
        said("a", "2020-01-10", "Subscription Started", "10", interval_months=12),
        said("b", "2020-02-01", name, amount, ends_on="2020-12-01"),
    )
    assert told(World(events=events), "mrr", "2020-02-01") == numbers(expected, None)


def test_recurring_revenue_is_converted_on_the_day_of_the_first_contract_event():
    failed = event("a", "2020-01-05", "Payment Failed")
    started = _subscription("b", "2020-02-05", "Subscription Started", "10")
    rates = tuple(
        ExchangeRate(day(when), "USD", Decimal(rate))
        for when, rate in (("2020-01-01", "0.9"), ("2020-02-01", "0.5"))
    )
    world = World(events=(failed, started))
    assert told(world, "mrr", "2020-02-01", rates=rates) == numbers(9, None)


def test_two_plans_add_up_and_one_cancelled_is_a_contraction():
    events = (
        said("a", "2020-01-10", "Subscription Started", "10", subscription_id="a"),
        said("b", "2020-01-10", "Subscription Started", "5", subscription_id="b"),
        said("c", "2020-02-05", "Subscription Cancelled", None, subscription_id="b"),
    )
    assert told(World(events=events), "mrr", "2020-01-01") == numbers(15, None)
    assert told(World(events=events), "contraction_mrr", "2020-02-01") == numbers(5, None)


def test_a_subscriber_known_by_events_alone_is_an_active_customer():
    events = (said("a", "2020-01-10", "Subscription Started", "10"),)
    world = World(events=events, orders=(order("o", "2019-01-01", customer_id="d"),))
    slice_ = ("country", "unknown")
    assert told(world, "active_customers_gained", "2020-01-01", slice_=slice_) == numbers(1, None)
    # Paid until 2020-02-09, at risk after three days more, lapsed with the grace on 2020-03-26.
    assert told(world, "at_risk_share", "2020-02-12", "day") == numbers(0, 2)
    assert told(world, "at_risk_share", "2020-02-13", "day") == numbers(1, 2)
    assert told(world, "active_customers_lost", "2020-03-25", "day") == numbers(0, None)
    assert told(world, "active_customers_lost", "2020-03-26", "day") == numbers(1, None)


def test_who_lost_every_order_is_voided_even_when_cold_by_then():
    world = World(orders=(order("o", "2020-01-02", cancelled_at=at("2020-04-20")),))
    refunded = World(
        orders=(order("o", "2020-01-02", 10),),
        refunds=(Refund("r", "o", at("2020-04-20"), Decimal(10)),),
    )
    for shop in (world, refunded):
        assert told(shop, "active_customers_voided", "2020-04-01") == numbers(1, None)
    # Seen on 2020-01-02 for the last time: cold from 2020-06-30 on.
    late = World(orders=refunded.orders, refunds=(Refund("r", "o", at("2020-07-20"), Decimal(10)),))
    assert told(late, "active_customers_voided", "2020-07-01") == numbers(1, None)


@pytest.mark.parametrize(("on", "status", "recovered"), [("2020-05-20", "ok", 1), (None, "ok", 0)])
def test_who_was_at_risk_recovers_by_being_active_at_the_end(on, status: str, recovered: int):
    again = () if on is None else (order("p", on),)
    world = World(orders=(order("o", "2020-01-02"), *again))  # at risk from 2020-05-09 on
    found = told(world, "at_risk_recovery_rate", "2020-05-10", "day")
    assert found == numbers(0, 1)
    assert told(world, "at_risk_recovery_rate", "2020-06-01") == numbers(
        0, 1 - recovered, "no_base" if recovered else status
    )
    week = told(world, "at_risk_recovery_rate", "2020-05-18", "week")
    assert week == numbers(recovered, 1)


def test_a_renewal_of_a_lapsed_plan_is_a_reactivation():
    events = (
        said("a", "2020-01-10", "Subscription Started", "10"),
        said("b", "2020-06-10", "Subscription Renewed", "10"),
    )
    assert told(World(events=events), "reactivations", "2020-06-01") == numbers(1, None)
    assert told(World(events=events), "reactivation_rate", "2020-06-01") == numbers(1, 1)


def test_one_message_id_sent_to_two_persons_is_two_messages():
    world = World(
        events=(
            said("a", "2020-01-01", "Email Delivered", message_id="m"),
            said("b", "2020-01-01", "Email Delivered", message_id="m", user_id="d"),
            said("c", "2020-01-02", "Email Opened", message_id="m", user_id="d"),
        )
    )
    assert told(world, "email_open_rate", "2020-01-01") == numbers(1, 2)


@pytest.mark.parametrize(("opened", "count"), [("12:00:00", 1), ("11:59:59", 0)])
def test_what_came_earlier_the_same_day_does_not_count(opened: str, count: int):
    world = World(
        events=(
            said("a", "2020-01-01 12:00:00", "Email Delivered", message_id="m"),
            said("b", f"2020-01-01 {opened}", "Email Opened", message_id="m"),
            said("c", "2020-01-01 12:00:00", "Trial Started"),
        ),
        orders=(order("o", f"2020-01-01 {opened}"),),
    )
    assert told(world, "email_open_rate", "2020-01-01") == numbers(count, 1)
    assert told(world, "trial_to_paid_rate", "2020-01-01") == numbers(count, 1)


def test_an_answer_off_the_scale_answers_a_survey_but_is_no_score():
    world = World(
        events=(
            said("a", "2020-01-01", "Survey Sent"),
            said("b", "2020-01-02", "CSAT Answered", "9"),
        )
    )
    assert told(world, "survey_response_rate", "2020-01-01") == numbers(1, 1)
    assert told(world, "csat", "2020-01-01") == numbers(0, 0, "no_base")


@pytest.mark.parametrize(
    ("delivered", "as_of", "expected"),
    [
        ("2020-01-15", "2020-12-31", (1, 1)),
        ("2020-01-16", "2020-12-31", (0, 1)),
        (None, "2020-01-15", (0, 0)),  # due that day
        (None, "2020-01-16", (0, 1)),
    ],
)
def test_an_order_is_overdue_from_the_day_after_it_was_due(delivered, as_of: str, expected):
    arrived = None if delivered is None else at(delivered)
    other = order("p", "2020-01-01", customer_id="d", promised_at=at("2021-01-01"))
    world = World(
        orders=(
            order("o", "2020-01-01", delivered_at=arrived),
            order("q", "2019-12-01", delivered_at=at("2019-12-02")),
            other,
        )
    )
    found = told(world, "on_time_delivery_rate", "2020-01-01", "day", as_of_date=day(as_of))
    assert found == numbers(expected[0], expected[1], "ok" if expected[1] else "no_base")


def cart(*rows: Event | str) -> World:
    """Events of cart ``k`` and, as instants, orders that carry it."""
    orders = tuple(
        order(f"o{n}", row, cart_id="k") for n, row in enumerate(rows) if isinstance(row, str)
    )
    events = tuple(row for row in rows if isinstance(row, Event))
    return World(events=events, orders=orders)


def put(event_id: str, when: str, name: str = "Product Added", **columns) -> Event:
    return event(event_id, f"2020-01-01 {when}", name, cart_id="k", **columns)


@pytest.mark.parametrize(
    ("world", "carts"),
    [
        (cart(put("a", "12:00:00"), "2020-01-01 12:05:00"), (0, 1)),
        (cart(put("a", "12:00:00"), "2020-01-01 12:00:00"), (0, 1)),
        # What comes after the order is another cart, and is abandoned.
        (cart(put("a", "12:00:00"), "2020-01-01 12:00:00", put("b", "12:00:01")), (1, 2)),
        (
            cart(
                put("a", "12:00:00"),
                "2020-01-01 12:00:00",
                put("b", "12:00:01"),
                "2020-01-01 12:00:01",
            ),
            (0, 2),
        ),
        # Without an addition it is none.
        (
            cart(
                put("a", "12:00:00"),
                "2020-01-01 12:00:00",
                put("b", "12:00:01", "Checkout Started"),
            ),
            (0, 1),
        ),
        # The order came before the cart, which nobody ordered then.
        (cart("2020-01-01 11:59:59", put("a", "12:00:00")), (1, 1)),
        # One order, one cart: the second order has nothing left to close.
        (cart(put("a", "12:00:00"), "2020-01-01 12:00:00", "2020-01-01 12:00:09"), (0, 1)),
    ],
)
def test_an_order_closes_the_cart_it_carries(world: World, carts: tuple[int, int]):
    assert told(world, "cart_abandonment_rate", "2020-01-01") == numbers(*carts)


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (({"value": Decimal(5)}, {}), (5, None)),
        (({"value": Decimal(5), "quantity": Decimal("1.5")}, {"value": Decimal(0)}), ("7.5", None)),
        (({"properties": '{"price": 2.5}'},), ("2.5", None)),
    ],
)
def test_the_value_of_an_abandoned_cart_is_that_of_its_additions(columns, expected):
    events = [put(f"e{n}", f"12:00:0{n}", **each) for n, each in enumerate(columns)]
    world = cart(*events, "2020-03-01 12:00:00")
    assert told(world, "cart_value_abandoned", "2020-01-01") == numbers(*expected)


def test_a_cart_of_unknown_value_is_in_no_sum_of_values():
    known = event("b", "2020-02-01", "Product Added", cart_id="l", value=Decimal(0))
    world = World(
        events=(put("a", "12:00:00"), known), orders=(order("o", "2020-05-01", customer_id="d"),)
    )
    found = {
        row.period_start: row
        for row in rows_of(world, "cart_value_abandoned")
        if row.period_grain == "month" and row.dimension == "all"
    }
    assert found[day("2020-01-01")].sample_size == 0
    assert found[day("2020-02-01")].sample_size == 1
    assert told(world, "cart_abandonment_rate", "2020-01-01") == numbers(1, 1)


def test_active_users_and_stickiness_count_visit_events_since_the_first_fact():
    world = World(
        events=(
            event("a", "2020-01-30", "Clicked"),
            event("b", "2020-01-31", "Email Delivered"),
            event("c", "2020-01-31", "Clicked", user_id="d"),
        )
    )
    assert told(world, "active_users", "2020-01-31", "day") == numbers(1, None)
    # Two persons, one day each of the two days since the first fact.
    assert told(world, "stickiness", "2020-01-01") == numbers(1, 2)


def test_new_followers_have_a_stock_before_the_period_to_be_compared_with():
    stocks = (("2020-01-10", 100), ("2020-01-20", 130), ("2020-02-10", 90))
    world = World(
        orders=(order("o", "2020-01-01"),),
        channel_daily=tuple(
            ChannelDay(day(when), "facebook", followers=stock) for when, stock in stocks
        ),
    )
    assert told(world, "net_new_followers", "2020-01-10", "day") == (None, None, "no_input")
    assert told(world, "net_new_followers", "2020-01-11", "day") == numbers(0, None)
    assert told(world, "net_new_followers", "2020-01-20", "day") == numbers(30, None)
    # The month began without one, whatever its days know.
    assert told(world, "net_new_followers", "2020-01-01") == (None, None, "no_input")
    assert told(world, "net_new_followers", "2020-02-01") == numbers(-40, None)
    assert told(world, "followers", "2020-01-01") == numbers(130, None)


def test_reach_is_summed_over_a_day_and_the_largest_day_counts():
    rows = (("2020-01-10", "tv", 5), ("2020-01-10", "radio", 4), ("2020-01-11", "tv", 8))
    world = World(
        orders=(order("o", "2020-01-01"),),
        channel_daily=tuple(ChannelDay(day(when), name, reach=n) for when, name, n in rows),
    )
    assert told(world, "reach", "2020-01-01") == numbers(9, None)
    largest = {
        row.dimension_value: row.numerator
        for row in rows_of(world, "reach")
        if row.dimension == "channel" and row.period_grain == "month"
    }
    assert sorted(largest.values(), key=lambda n: n or 0)[-1] in (8, 9)


def test_units_are_those_of_the_last_file_that_has_lines_of_the_order():
    lines = (
        OrderLine("o", 1, "p", Decimal(1), Decimal(5)),
        OrderLine("o", 2, "p", Decimal(1), Decimal(5)),
        OrderLine("o", 1, "p", Decimal(4), Decimal(5), delivery=2),
    )
    world = World(orders=(order("o", "2020-01-01"),), order_lines=lines)
    assert told(world, "units_per_order", "2020-01-01") == numbers(4, 1)


def test_payback_of_a_quarter_counts_from_its_last_month():
    world = World(
        orders=(order("a", "2020-01-10", 60), order("b", "2020-04-30", 60)),
        channel_daily=(ChannelDay(day("2020-02-05"), "google", spend=Decimal(100)),),
    )
    assert told(world, "cac_payback_months", "2020-01-01", "quarter") == numbers(1, None)
