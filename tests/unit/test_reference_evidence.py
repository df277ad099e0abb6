"""The reference reads section 8 of the page as worked out here by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.reference.small import at, condition, day, event, order, rules, settled
from tests.reference.stages import evidence
from tests.reference.stages.evidence import Evidence
from tests.reference.world import Refund, World

STAGES = (
    ("customer", "order count >=1"),
    ("loyal", "order days/365 >=4", "revenue sum/365 >=500;order days/365 >=2"),
    ("fan", "nps latest/365 >=9"),
)


def told(world: World, as_of: str = "2020-03-01", *stages) -> list[Evidence]:
    book = rules(*(stages or STAGES))
    return evidence.evidence(*settled(world, book, as_of_date=day(as_of)))


SHOP = World(
    orders=(
        order("o1", "2020-01-02", 200),
        order("o2", "2020-02-02", 160),
        order("o3", "2020-02-02 13:00:00", 10, cancelled_at=at("2020-02-05")),
    ),
    refunds=(Refund("r", "o1", at("2020-01-05"), Decimal(10)),),
)


def test_the_winning_rule_and_every_rule_of_the_next_stage_are_told_and_no_other():
    found = [(row.stage, row.rule, row.condition_no) for row in told(SHOP)]
    assert found == [
        ("customer", "customer_1", 1),
        ("loyal", "loyal_1", 1),
        ("loyal", "loyal_2", 1),
        ("loyal", "loyal_2", 2),
    ]


def test_observed_missing_and_ids_are_those_of_the_day():
    rows = {(row.rule, row.condition_no): row for row in told(SHOP)}
    frequency, value = rows["loyal_1", 1], rows["loyal_2", 1]
    assert (frequency.observed, frequency.holds, frequency.missing) == (2, False, 2)
    assert frequency.signals == ("orders:o2", "orders:o1")
    assert (value.observed, value.holds, value.missing) == (350, False, 150)
    assert value.signals == ("orders:o2", "refunds:r", "orders:o1")
    days = rows["loyal_2", 2]
    assert (days.observed, days.holds, days.missing) == (2, True, 0)
    assert days.stops_holding_on == day("2021-01-01")  # 365 days after the first of the two
    assert rows["customer_1", 1].stops_holding_on is None


def test_the_highest_stage_has_no_next_one():
    world = World(events=(event("e", "2020-01-01", "NPS Answered", value=Decimal(9)),))
    (row,) = told(world)
    assert (row.rule, row.observed, row.signals) == ("fan_1", 9, ("events:e",))
    assert row.stops_holding_on == day("2020-12-31")


def test_the_rule_that_wins_today_is_told_not_the_one_that_won_first():
    book = ("high", "order count/10 >=1", "order count >=1")
    world = World(orders=(order("o", "2020-01-02"),))
    assert told(world, "2020-01-11", book)[0].rule == "high_1"
    assert told(world, "2020-01-12", book)[0].rule == "high_2"


def test_at_most_five_signals_are_named_latest_first():
    events = tuple(event(f"e{n}", f"2020-01-0{n}", "NPS Answered") for n in range(1, 8))
    row = told(World(events=events), "2020-03-01", ("x", "nps count >=9"))[1]
    assert row.signals == tuple(f"events:e{n}" for n in (7, 6, 5, 4, 3))
    assert (row.observed, row.missing) == (7, 2)


@pytest.mark.parametrize(
    ("text", "observed", "missing"),
    [
        ("order count >=2", "1", "1"),
        ("order count >=2", "2", "0"),
        ("order count >=2", None, None),
        ("open_order count <1", "1", "1"),
        ("open_order count <1", "3", "3"),
        ("order days_since_first <90", "90", "1"),
        ("revenue sum <100", "130.5", "30.5"),
        ("revenue sum >=50 <100", "75", "0"),
    ],
)
def test_missing_is_what_must_come_or_go(text: str, observed: str | None, missing: str | None):
    value = None if observed is None else Decimal(observed)
    found = evidence.missing(condition(text), value)
    assert found == (None if missing is None else Decimal(missing))


def test_a_condition_below_a_bound_stops_when_time_brings_it_there():
    world = World(orders=(order("o", "2020-01-02"),))
    row = told(world, "2020-03-01", ("new", "order days_since_first <90"))[0]
    assert (row.observed, row.stops_holding_on) == (59, day("2020-04-01"))


def test_an_open_order_stops_when_it_is_due():
    world = World(orders=(order("o", "2020-01-02"),))
    row = told(world, "2020-01-03", ("waiting", "open_order count >=1"))[0]
    assert row.stops_holding_on == day("2020-01-16")
