"""The reference reads docs/lifecycle_semantics.md#history as worked out here by hand."""

import pytest

from tests.reference.small import at, day, event, order, rows, rules
from tests.reference.stages.history import Interval, days_in_stage
from tests.reference.world import Customer, World

STAGES = (
    ("customer", "order count >=1"),
    ("again", "order days/30 >=2"),
    ("often", "order days/30 >=3"),
)


def short(row: Interval) -> tuple:
    return (str(row.valid_from), row.stage, row.health, row.movement)


def test_intervals_are_maximal_touch_and_remember_the_one_before():
    world = World(
        events=(event("e", "2020-01-01"),),
        orders=(order("o1", "2020-01-05"), order("o2", "2020-01-09")),
    )
    found = rows(world, rules(*STAGES))
    # Gaps of 4 days: mu = (ln 4 + 3 ln 60) / 4, 30.488 x 2.1329 = 65.03 and x 4.3946 = 133.98.
    assert [short(row) for row in found] == [
        ("2020-01-01", "low", "prospect", "entered"),
        ("2020-01-05", "customer", "active", "advanced"),
        ("2020-01-09", "again", "active", "advanced"),
        ("2020-02-04", "customer", "active", "fell_back"),
        ("2020-03-15", "customer", "at_risk", "health_only"),
        ("2020-05-22", "customer", "lapsed", "health_only"),
    ]
    assert [row.valid_to for row in found[:-1]] == [row.valid_from for row in found[1:]]
    assert found[-1].valid_to is None
    assert [(row.previous_stage, row.previous_health) for row in found] == [
        (None, None),
        *((row.stage, row.health) for row in found[:-1]),
    ]
    assert days_in_stage(found, day("2020-12-31")) == {("f", "customer:c"): 331}


def test_the_rule_is_the_lowest_named_one_at_the_start():
    book = rules(("high", "order count/2 >=2", "order count >=1"))
    world = World(orders=(order("o1", "2020-01-05"), order("o2", "2020-01-05")))
    (first, *_) = rows(world, book)
    assert (first.stage, first.rule) == ("high", "high_1")


@pytest.mark.parametrize(("optional", "skipped"), [((), 2), (("again",), 1)])
def test_skipped_stages_are_those_jumped_over_that_are_not_optional(optional, skipped: int):
    orders = tuple(order(f"o{n}", "2020-01-05", cancelled_at=at("2020-01-05")) for n in range(3))
    stood = (
        order("p1", "2020-02-01"),
        order("p2", "2020-02-02"),
    )
    book = rules(*STAGES[:2], ("often", "order days/30 >=2"), optional=optional)
    found = rows(World(orders=(*orders, *stood)), book)
    jumps = [(row.stage, row.movement, row.skipped_stages) for row in found[:3]]
    assert jumps == [
        ("low", "entered", 0),
        ("customer", "advanced", 0),
        ("often", "advanced", 1 - len(optional)),
    ]
    direct = rules(*STAGES[:2], ("often", "order count >=1"), optional=optional)
    found = rows(World(orders=(*orders, *stood)), direct)
    assert (found[1].stage, found[1].skipped_stages) == ("often", skipped)


def test_entering_and_falling_back_skip_nothing():
    book = rules(*STAGES[:2], ("often", "order count/10 >=1"))
    found = rows(World(orders=(order("o", "2020-01-05"),)), book)
    assert [(row.stage, row.movement, row.skipped_stages) for row in found[:2]] == [
        ("often", "entered", 0),
        ("customer", "fell_back", 0),
    ]


def test_the_cycle_counts_reactivations_that_stand_at_the_start():
    book = rules(("customer", "order count >=1"))
    world = World(
        orders=(
            order("o1", "2020-01-02"),
            order("o2", "2020-10-01", cancelled_at=at("2020-10-05")),
        )
    )
    found = rows(world, book)
    assert [(str(row.valid_from), row.health, row.cycle) for row in found] == [
        ("2020-01-02", "active", 1),
        ("2020-05-09", "at_risk", 1),
        ("2020-09-22", "lapsed", 1),
        ("2020-10-01", "active", 2),
        ("2020-10-05", "lapsed", 1),
    ]


@pytest.mark.parametrize(
    ("as_of", "coming"),
    [
        ("2020-02-02", ("2020-02-04", "customer", "active")),
        ("2020-02-03", ("2020-02-04", "customer", "active")),
        ("2020-02-04", ("2020-03-15", "customer", "at_risk")),
        ("2020-05-21", ("2020-05-22", "customer", "lapsed")),
        ("2020-05-22", (None, None, None)),
    ],
)
def test_the_current_row_says_what_changes_next_if_nothing_happens(as_of: str, coming: tuple):
    world = World(orders=(order("o1", "2020-01-05"), order("o2", "2020-01-09")))
    *earlier, current = rows(world, rules(*STAGES), as_of_date=day(as_of))
    expected = (None if coming[0] is None else day(coming[0]), *coming[1:])
    assert (current.next_change_on, current.next_stage, current.next_health) == expected
    assert {row.next_change_on for row in earlier} <= {None}


def test_an_open_order_that_falls_due_after_as_of_is_a_timer():
    world = World(orders=(order("o", "2020-01-05"),))
    book = rules(("waiting", "open_order count >=1"))
    (row,) = rows(world, book, as_of_date=day("2020-01-06"))
    assert (row.next_change_on, row.next_stage) == (day("2020-01-19"), "low")


def test_the_domain_begins_with_a_fact_that_never_stood():
    world = World(
        orders=(
            order("o1", "2020-01-02", cancelled_at=at("2020-01-02")),
            order("o2", "2020-02-01"),
        )
    )
    first = rows(world, rules(("customer", "order count >=1")))[0]
    assert short(first) == ("2020-01-02", "low", "prospect", "entered")


def test_nobody_first_seen_after_as_of_has_a_history():
    world = World(orders=(order("o", "2020-01-05"),))
    assert rows(world, rules(), as_of_date=day("2020-01-04")) == []
    assert len(rows(world, rules(), as_of_date=day("2020-01-05"))) == 1


def test_an_account_lapses_and_comes_back_by_its_pooled_orders():
    world = World(
        orders=(
            order("o1", "2020-01-02", customer_id="a"),
            order("o2", "2020-10-01", customer_id="b"),
        ),
        customers=(
            Customer("a", at("2020-01-01"), account_id="firm"),
            Customer("b", at("2020-01-01"), account_id="firm"),
        ),
    )
    book = rules(("back", "reactivation count >=1"), subject_type="account")
    found = rows(world, book)
    assert {row.subject_id for row in found} == {"account:firm"}
    assert [short(row) for row in found] == [
        ("2020-01-01", "low", "prospect", "entered"),
        ("2020-01-02", "low", "active", "health_only"),
        ("2020-05-09", "low", "at_risk", "health_only"),
        ("2020-09-22", "low", "lapsed", "health_only"),
        ("2020-10-01", "back", "active", "advanced"),
    ]
    assert found[-1].cycle == 2


def test_frameworks_asked_for_are_built_beside_the_default():
    world = World(orders=(order("o", "2020-01-05"),))
    assert {row.framework for row in rows(world, rules())} == {"f"}
