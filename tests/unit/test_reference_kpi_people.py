"""The reference reads the KPIs that the page added as worked out here by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.reference.kpis.small import numbers, said, told
from tests.reference.small import event, order
from tests.reference.world import World

LEAD = said("lead", "2020-01-01 12:00:00", "Newsletter Subscribed")


@pytest.mark.parametrize(
    ("bought", "expected"),
    [
        ("2020-01-01 11:00:00", (0, 0)),  # a customer already
        ("2020-01-01 13:00:00", (0, 0)),  # within the hour
        ("2020-01-01 13:00:01", (1, 1)),
        ("2020-03-31 23:59:59", (1, 1)),  # 90 days later
        ("2020-04-01 00:00:00", (0, 1)),
    ],
)
@pytest.mark.parametrize("by_order", [True, False])
def test_a_lead_turns_customer_after_an_hour_and_within_90_days(bought, expected, by_order: bool):
    if by_order:
        world = World(events=(LEAD,), orders=(order("o", bought),))
    else:
        world = World(events=(LEAD, said("s", bought, "Subscription Started", "5")))
    status = "ok" if expected[1] else "no_base"
    assert told(world, "lead_to_customer_rate_90d", "2020-01-01") == numbers(
        expected[0], expected[1], status
    )


def test_a_free_start_is_no_purchase():
    free = said("s", "2020-01-02", "Subscription Started", "0")
    paid = said("t", "2020-02-02", "Subscription Renewed", user_id="d")
    assert told(
        World(events=(LEAD, free, paid)), "lead_to_customer_rate_90d", "2020-01-01"
    ) == numbers(0, 1)


@pytest.mark.parametrize(
    ("done", "count"), [("2019-12-01", 1), ("2020-01-31 23:59:59", 1), ("2020-02-01 00:00:00", 0)]
)
@pytest.mark.parametrize(
    ("kpi", "name"),
    [
        ("onboarding_completion_rate_30d", "Onboarding Completed"),
        ("feature_adoption_rate_30d", "Feature Used"),
    ],
)
def test_a_first_step_counts_by_the_30th_day_after_the_first_purchase(kpi, name, done, count: int):
    world = World(events=(said("a", done, name),), orders=(order("o", "2020-01-01 10:00:00"),))
    assert told(world, kpi, "2020-01-01") == numbers(count, 1)


@pytest.mark.parametrize(
    ("answered", "expected", "minutes"),
    [
        ("2020-01-01 11:59:59", (0, 1), (0, 0)),
        ("2020-01-01 12:00:00", (1, 1), (0, 1)),
        ("2020-01-01 12:00:40", (1, 1), ("0.6666666667", 1)),
        ("2020-01-02 12:00:00", (1, 1), (1440, 1)),
        ("2020-01-02 12:00:01", (0, 1), (0, 0)),
    ],
)
def test_a_chat_is_answered_within_24_hours(answered: str, expected, minutes):
    world = World(
        events=(
            said("a", "2020-01-01 12:00:00", "Chat Started", chat_id="h"),
            said("b", "2020-01-01 12:30:00", "Chat Started", chat_id="h"),
            said("c", answered, "Chat Answered", chat_id="h"),
            said("d", "2020-01-01 12:00:01", "Chat Answered", chat_id="other"),
        )
    )
    assert told(world, "chat_answer_rate", "2020-01-01") == numbers(*expected)
    status = "ok" if minutes[1] else "no_base"
    assert told(world, "chat_response_minutes", "2020-01-01") == numbers(
        minutes[0], minutes[1], status
    )


@pytest.mark.parametrize(
    ("asked", "helped"),
    [
        ("2020-01-01 11:59:59", 1),
        ("2020-01-01 12:00:00", 0),
        ("2020-01-02 12:00:00", 0),
        ("2020-01-02 12:00:01", 1),
    ],
)
def test_who_reads_help_and_asks_within_24_hours_was_not_helped(asked: str, helped: int):
    world = World(
        events=(
            said("a", "2020-01-01 12:00:00", "Help Article Viewed"),
            said("b", "2020-01-01 12:00:09", "FAQ Viewed"),
            said("c", asked, "Ticket Opened", ticket_id="t"),
        )
    )
    assert told(world, "self_service_rate", "2020-01-01") == numbers(helped, 1)


@pytest.mark.parametrize(
    ("later", "ticket_id", "user_id", "repeats"),
    [
        ("2020-01-08 23:59:59", "u", "c", 1),
        ("2020-01-09 00:00:00", "u", "c", 0),
        ("2020-01-02", "t", "c", None),  # the same ticket again
        ("2020-01-02", "u", "d", 0),
    ],
)
def test_a_ticket_is_repeated_by_another_within_7_days(later, ticket_id, user_id, repeats):
    world = World(
        events=(
            said("a", "2020-01-01 18:00:00", "Ticket Opened", ticket_id="t"),
            said("b", later, "Ticket Opened", ticket_id=ticket_id, user_id=user_id),
        )
    )
    found = told(world, "repeat_contact_rate_7d", "2020-01-01")
    assert found == (numbers(0, 1) if repeats is None else numbers(repeats, 2))


@pytest.mark.parametrize(("ordered", "visits"), [("12:00:00", 1), ("12:00:01", 2)])
def test_sessions_before_the_first_order_began_before_its_instant(ordered: str, visits: int):
    world = World(
        events=(
            event("a", "2019-05-01 12:00:00"),
            event("b", "2020-01-01 12:00:00"),
            event("c", "2019-05-01 12:00:00", user_id="d"),
        ),
        orders=(order("o", f"2020-01-01 {ordered}"), order("p", "2020-02-01")),
    )
    assert told(world, "sessions_per_first_order", "2020-01-01") == numbers(visits, 1)
    assert told(world, "sessions_per_first_order", "2020-02-01") == numbers(0, 0, "no_base")


def test_coupons_are_counted_where_a_code_is_stated():
    orders = (
        order("o", "2020-01-01", coupon_code="SPRING"),
        order("p", "2020-01-01", coupon_code=" "),
        order("q", "2020-01-01", coupon_code="N/A"),
        order("r", "2020-01-01"),
    )
    assert told(World(orders=orders), "coupon_order_share", "2020-01-01") == numbers(1, 4)


def test_the_balance_of_points_is_a_stock_of_all_time():
    events = (
        said("a", "2020-01-01", "Points Earned", "50"),
        said("b", "2020-02-01", "Points Redeemed", "20.5"),
        said("c", "2020-02-01", "Points Redeemed", None),
        said("d", "2020-03-01", "Points Earned", "1", user_id="d"),
    )
    balance = [
        told(World(events=events), "loyalty_points_balance", f"2020-0{n}-01") for n in (1, 2, 3, 4)
    ]
    expected = (Decimal(50), Decimal("29.5"), Decimal("30.5"), Decimal("30.5"))
    assert balance == [numbers(str(n), None) for n in expected]


def test_a_referral_of_oneself_refers_no_new_customer():
    orders = (order("o", "2020-02-01"), order("p", "2020-02-01", customer_id="d"))
    own = said("a", "2020-01-01", "Referral Converted", referred_customer_id="c")
    other = said("b", "2020-01-01", "Referral Converted", referred_customer_id="d")
    assert told(World(events=(own, other), orders=orders), "referral_rate", "2020-02-01") == (
        numbers(1, 2)
    )
