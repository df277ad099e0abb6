"""The reference reads docs/lifecycle_semantics.md#stages and #health as worked out by hand."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from tests.reference.health import health_on, limits
from tests.reference.small import (
    SHIPPED_POLICY,
    at,
    condition,
    day,
    event,
    order,
    rules,
    subject,
)
from tests.reference.stages import engine
from tests.reference.stages.engine import holds, measured
from tests.reference.world import Refund, World

SHOP = World(
    orders=(
        order("o1", "2020-01-01", 100),
        order("o2", "2020-01-11", 50),
        order("o3", "2020-01-11 13:00:00", 30, cancelled_at=at("2020-01-21")),
    ),
)


@pytest.mark.parametrize(
    ("text", "on", "value"),
    [
        ("order count", "2020-01-10", 1),
        ("order count", "2020-01-11", 3),
        ("order count", "2020-01-20", 3),
        ("order count", "2020-01-21", 2),  # a fact is gone on the day it is voided
        ("order days", "2020-01-11", 2),
        ("order count/10", "2020-01-10", 1),  # d - w < date: day 1 of 10 is in
        ("order count/10", "2020-01-11", 2),  # and 11 days on it is out
        ("order count/11", "2020-01-11", 3),
        ("order days/10", "2020-01-20", 1),
        ("order days/10", "2020-01-21", 0),
        ("order sum", "2020-01-11", 180),
        ("order sum", "2020-01-21", 150),
        ("order latest", "2020-01-11", 30),
        ("order latest", "2020-01-21", 50),  # the one before stands again
        ("order days_since_first", "2020-01-11", 10),
        ("order days_since_first/10", "2020-01-11", 0),
        ("order days_since_last", "2020-01-20", 9),
        ("order days_since_last/9", "2020-01-20", None),
        ("refund count", "2020-01-20", 0),
        ("refund days", "2020-01-20", 0),
        ("refund sum", "2020-01-20", 0),
        ("refund latest", "2020-01-20", None),
        ("refund days_since_first", "2020-01-20", None),
        ("refund days_since_last", "2020-01-20", None),
    ],
)
def test_a_measure_looks_at_the_standing_facts_of_its_window(text: str, on: str, value):
    assert measured(subject(SHOP), condition(text), day(on)) == value


@pytest.mark.parametrize(
    ("text", "on", "holding"),
    [
        ("order count >=2", "2020-01-10", False),
        ("order count >=2", "2020-01-11", True),
        ("order count <3", "2020-01-11", False),
        ("order count <3", "2020-01-21", True),
        ("order days_since_first >=10", "2020-01-10", False),
        ("order days_since_first >=10", "2020-01-11", True),
        ("order days_since_first <10", "2020-01-10", True),
        ("order days_since_first <10", "2020-01-11", False),
        ("refund latest", "2020-01-11", False),  # no number, no bound, no hold
        ("refund sum", "2020-01-11", True),
        ("refund count <1", "2020-01-11", True),
    ],
)
def test_a_range_is_half_open_and_null_never_holds(text: str, on: str, holding: bool):
    assert holds(subject(SHOP), condition(text), day(on)) is holding


def test_latest_goes_by_instant_then_table_then_id_and_skips_nulls():
    survey = [
        event("b", "2020-01-01 12:00:00", "NPS Answered", value=Decimal(1)),
        event("a", "2020-01-01 12:00:00", "NPS Answered", value=Decimal(9)),
        event("z", "2020-01-01 12:00:01", "NPS Answered"),
    ]
    answered = subject(World(events=tuple(survey)))
    assert measured(answered, condition("nps latest"), day("2020-01-01")) == 1
    # At one instant a refund comes after its order: `orders` sorts before `refunds`.
    paid_back = World(
        orders=(order("o", "2020-01-01", 100),),
        refunds=(Refund("a", "o", at("2020-01-01"), Decimal(5)),),
    )
    assert measured(subject(paid_back), condition("revenue latest"), day("2020-01-01")) == -5


def test_the_stage_is_the_highest_one_of_which_a_rule_holds():
    book = rules(("middle", "order count >=1"), ("high", "order count >=9", "order count/5 >=2"))
    person = subject(SHOP)

    def stage_on(text: str) -> tuple[str, str]:
        (holding,) = engine.stages_on(person, book.frameworks, book, day(text))
        return holding.stage, holding.rule

    assert stage_on("2020-01-10") == ("middle", "middle_1")
    assert stage_on("2020-01-11") == ("high", "high_2")
    assert stage_on("2020-01-16") == ("middle", "middle_1")


def test_the_conditions_of_a_rule_are_anded():
    book = rules(("high", "order count >=1;visit count >=1"))
    person = subject(World(orders=SHOP.orders, events=(event("e", "2020-01-05"),)))
    stages = [
        engine.stages_on(person, book.frameworks, book, day(text))[0].stage
        for text in ("2020-01-04", "2020-01-05")
    ]
    assert stages == ["low", "high"]


def test_no_stage_is_an_error_not_a_null():
    book = rules()
    framework = book.frameworks[0]
    bare = replace(framework, stages=(replace(framework.stages[0], rules=()),))
    with pytest.raises(ValueError, match="no stage"):
        engine.stages_on(subject(SHOP), (bare,), book, day("2020-01-01"))


@pytest.mark.parametrize(
    ("gaps", "expected"),
    [
        # 60 x exp(0.841621 x 0.9) = 127.97 and 60 x exp(1.644854 x 0.9) = 263.67.
        ((), (128, 264)),
        # mu = (ln 30 + 3 ln 60) / 4: 50.454 x 2.1329 = 107.6 and x 4.3946 = 221.7.
        ((30,), (108, 222)),
        # Twenty gaps of a day: mu = 3 ln 60 / 23, 1.7059 x 2.1329 = 3.6 is below the least 7.
        ((1,) * 20, (7, 8)),
        # mu = (2 ln 2000 + 3 ln 60) / 5: 243.9 x 2.1329 = 520.2 and 1071.9, over the most 730.
        ((2000, 2000), (521, 730)),
    ],
)
def test_health_limits_follow_the_gaps_between_orders(gaps, expected: tuple[int, int]):
    days = [day("2010-01-01")]
    for gap in gaps:
        days.append(days[-1] + timedelta(days=gap))
    assert limits(days, SHIPPED_POLICY) == expected


def test_lapsed_comes_at_least_a_day_after_at_risk():
    policy = replace(SHIPPED_POLICY, max_days=40)
    assert limits([day("2020-01-01")], policy) == (40, 41)


@pytest.mark.parametrize(
    ("on", "health"),
    [
        ("2020-01-01", "prospect"),
        ("2020-01-02", "active"),
        ("2020-05-08", "active"),  # 127 days
        ("2020-05-09", "at_risk"),  # 128 days
        ("2020-09-21", "at_risk"),  # 263 days
        ("2020-09-22", "lapsed"),  # 264 days
    ],
)
def test_health_changes_on_its_exact_day(on: str, health: str):
    seen = World(events=(event("e", "2020-01-01"),), orders=(order("o", "2020-01-02"),))
    assert health_on(subject(seen), SHIPPED_POLICY, day(on)) == health


def test_a_voided_order_leaves_the_gaps_and_perhaps_no_customer():
    gone = World(orders=(order("o", "2020-01-02", cancelled_at=at("2020-02-01")),))
    assert health_on(subject(gone), SHIPPED_POLICY, day("2020-01-31")) == "active"
    assert health_on(subject(gone), SHIPPED_POLICY, day("2020-02-01")) == "prospect"


def reactivated_on(*orders) -> list[tuple]:
    found = subject(World(orders=orders)).facts.get("reactivation", ())
    return [(fact.signal_date, fact.voided_on) for fact in found]


def test_an_order_after_a_lapsed_eve_reactivates_and_one_on_its_eve_does_not():
    first = order("o1", "2020-01-02")
    # Lapsed on 2020-09-22: that day's own order finds an eve at risk.
    assert reactivated_on(first, order("o2", "2020-09-22")) == []
    assert reactivated_on(first, order("o2", "2020-09-23")) == [(day("2020-09-23"), None)]


def test_a_day_reactivates_once_until_none_of_its_orders_stands():
    first = order("o1", "2020-01-02")
    early = order("o2", "2020-10-01", cancelled_at=at("2020-10-05"))
    late = order("o3", "2020-10-01 13:00:00", cancelled_at=at("2020-10-09"))
    kept = order("o4", "2020-10-01 14:00:00")
    never = order("o5", "2020-10-01", cancelled_at=at("2020-10-01"))
    came_back = day("2020-10-01")
    assert reactivated_on(first, early, late, never) == [(came_back, day("2020-10-09"))]
    assert reactivated_on(first, early, kept) == [(came_back, None)]
    assert reactivated_on(first, never) == []


def test_a_reactivation_stays_when_the_earlier_order_is_voided_later():
    first = order("o1", "2020-01-02", cancelled_at=at("2020-12-01"))
    assert reactivated_on(first, order("o2", "2020-10-01")) == [(day("2020-10-01"), None)]
