"""The reference reads docs/lifecycle_semantics.md#identity as worked out here by hand."""

from typing import Any

import pytest

from tests.reference.identity import identify, merge_targets
from tests.reference.small import at, day, event, facts, order, rows, rules, settled
from tests.reference.world import Customer, CustomerMerge, World


def person_of(world: World, event_id: str, **settings: Any) -> str:
    staged, resolved, _ = settled(world, **settings)
    found = next(row for row in staged.events if row.event_id == event_id)
    return identify(staged, resolved).person_of_event(found)


def merges(*rows: tuple[str, str, str]) -> tuple[CustomerMerge, ...]:
    return tuple(CustomerMerge(source, target, at(when)) for source, target, when in rows)


LINKED = (
    event("a", "2020-03-02", anonymous_id="d", user_id="first"),
    event("b", "2020-03-04", anonymous_id="d", user_id="second"),
)


@pytest.mark.parametrize(
    ("when", "person"),
    [
        ("2020-03-01", "customer:first"),  # identified later: the earliest such event
        ("2020-03-02 12:00:00", "customer:first"),  # the same instant is not too late
        ("2020-03-02 12:00:01", "customer:second"),
        ("2020-03-04 12:00:00", "customer:second"),
        ("2020-03-04 12:00:01", "customer:second"),  # identified before: the latest such event
    ],
)
def test_a_shared_device_is_split_in_time(when: str, person: str):
    world = World(events=(*LINKED, event("x", when, anonymous_id="d")))
    assert person_of(world, "x") == person


def test_an_event_with_a_user_id_is_that_customers_whatever_the_device():
    world = World(events=(*LINKED, event("x", "2020-03-03", anonymous_id="d", user_id="third")))
    assert person_of(world, "x") == "customer:third"


def test_a_device_never_identified_is_a_visitor():
    assert (
        person_of(World(events=(event("x", "2020-03-03", anonymous_id="d"),)), "x") == "visitor:d"
    )


@pytest.mark.parametrize(("when", "person"), [("2020-03-01", "low"), ("2020-03-03", "high")])
def test_links_at_one_instant_are_taken_by_lowest_id_ahead_and_highest_behind(
    when: str, person: str
):
    world = World(
        events=(
            event("m", "2020-03-02", anonymous_id="d", user_id="high"),
            event("e", "2020-03-02", anonymous_id="d", user_id="low"),
            event("x", when, anonymous_id="d"),
        )
    )
    assert person_of(world, "x") == f"customer:{person}"


@pytest.mark.parametrize(
    ("known", "person"), [("2020-03-02", "customer:first"), ("2020-03-01", "visitor:d")]
)
def test_a_link_counts_from_its_own_day_of_identity_on(known: str, person: str):
    world = World(events=(LINKED[0], event("x", "2020-01-01", anonymous_id="d")))
    assert person_of(world, "x", identity_as_of=day(known)) == person


def test_a_link_after_as_of_counts_when_identity_is_as_of_later():
    world = World(events=(LINKED[0], event("x", "2020-01-01", anonymous_id="d")))
    early = {"as_of_date": day("2020-02-01")}
    assert person_of(world, "x", **early) == "visitor:d"
    assert person_of(world, "x", **early, identity_as_of=day("2020-03-02")) == "customer:first"


def test_merges_are_followed_to_the_end_of_the_chain():
    chain = merges(("a", "b", "2020-01-05"), ("b", "c", "2020-01-01"))
    assert merge_targets(chain, at_date, day("2020-12-31")) == {"a": "b", "b": "c"}
    world = World(events=(event("x", "2020-02-01", user_id="a"),), customer_merges=chain)
    assert person_of(world, "x") == "customer:c"


def at_date(instant):
    return instant.date()


def test_a_cycle_loses_its_latest_merge():
    cycle = merges(("a", "b", "2020-01-01"), ("b", "c", "2020-01-03"), ("c", "a", "2020-01-02"))
    assert merge_targets(cycle, at_date, day("2020-12-31")) == {"a": "b", "c": "a"}


def test_a_cycle_of_one_instant_loses_the_highest_customer():
    cycle = merges(("a", "b", "2020-01-01"), ("b", "c", "2020-01-01"), ("c", "a", "2020-01-01"))
    assert merge_targets(cycle, at_date, day("2020-12-31")) == {"a": "b", "b": "c"}


def test_a_customer_merged_into_itself_stays():
    assert merge_targets(merges(("a", "a", "2020-01-01")), at_date, day("2020-12-31")) == {}


def test_a_tail_that_leads_into_a_cycle_stays_whole():
    tail = merges(("t", "a", "2020-01-09"), ("a", "b", "2020-01-01"), ("b", "a", "2020-01-02"))
    assert merge_targets(tail, at_date, day("2020-12-31")) == {"t": "a", "a": "b"}


@pytest.mark.parametrize(("known", "targets"), [("2020-01-05", {"a": "b"}), ("2020-01-04", {})])
def test_a_merge_counts_from_its_own_day_of_identity_on(known: str, targets: dict[str, str]):
    assert merge_targets(merges(("a", "b", "2020-01-05")), at_date, day(known)) == targets


@pytest.mark.parametrize(
    ("ids", "person"),
    [
        ({"customer_id": "c", "anonymous_id": "d"}, "customer:c"),
        ({"customer_id": " NULL ", "anonymous_id": "d"}, "customer:first"),
        ({"customer_id": None, "anonymous_id": "other"}, "visitor:other"),
        ({"customer_id": "", "anonymous_id": "None"}, "visitor:order:o"),
    ],
)
def test_an_order_belongs_to_customer_device_or_itself(ids: dict[str, Any], person: str):
    world = World(events=LINKED, orders=(order("o", "2020-03-01", **ids),))
    assert {fact.subject_id for fact in facts(world) if fact.signal == "order"} == {person}


def test_an_account_has_the_facts_of_its_customers_and_of_those_merged_into_them():
    world = World(
        orders=(
            order("o1", "2020-03-01", customer_id="a"),
            order("o2", "2020-03-02", customer_id="b"),
            order("o3", "2020-03-03", customer_id="gone"),
        ),
        customers=(
            Customer("a", at("2021-01-01"), account_id="firm"),
            Customer("b", at("2021-01-01"), account_id="firm"),
            Customer("gone", at("2021-01-01"), account_id="elsewhere"),
        ),
        customer_merges=merges(("gone", "a", "2020-05-01")),
    )
    by_order = {
        fact.source_id: fact.subject_id
        for fact in facts(world)
        if fact.signal == "order" and fact.subject_id.startswith("account:")
    }
    assert by_order == {"o1": "account:firm", "o2": "account:firm", "o3": "account:firm"}


def test_a_merged_customer_has_no_account_when_its_final_customer_has_no_row():
    world = World(
        orders=(order("o", "2020-03-01", customer_id="gone"),),
        customers=(Customer("gone", at("2020-01-01"), account_id="firm"),),
        customer_merges=merges(("gone", "a", "2020-05-01")),
    )
    assert {fact.subject_id for fact in facts(world)} == {"customer:a"}


def test_somebody_whose_only_event_is_unmapped_within_anothers_session_is_no_subject():
    world = World(
        events=(
            event("a", "2020-03-01 12:00:00", anonymous_id="d", user_id="one"),
            event("b", "2020-03-01 12:10:00", "Clicked", anonymous_id="d", user_id="two"),
        )
    )
    assert {row.subject_id for row in rows(world, rules())} == {"customer:one"}


@pytest.mark.parametrize(("is_deleted", "subjects"), [(False, 2), (True, 1)])
def test_a_deleted_row_gives_no_account(is_deleted: bool, subjects: int):
    world = World(
        orders=(order("o", "2020-03-01", customer_id="a"),),
        customers=(Customer("a", at("2020-01-01"), account_id="firm", is_deleted=is_deleted),),
    )
    assert len({fact.subject_id for fact in facts(world)}) == subjects
