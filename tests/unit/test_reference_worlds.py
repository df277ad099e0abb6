"""The random worlds are the same in every run and rich enough to judge the SQL by.

On them the reference keeps its own promises too: the axiom, and days of change that miss nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tests.reference import batches, compare, health, rulebook, signals, staging
from tests.reference.batches import BATCHES, SHIPPED_SEEDS, Batch
from tests.reference.invented import rule_strategies
from tests.reference.rulebook import Rulebook
from tests.reference.stages import evidence, history, outlook
from tests.reference.stages.history import Interval
from tests.reference.stages.tally import Tally
from tests.reference.texts import properties_of
from tests.reference.world import World

WORLDS = 50


@dataclass(frozen=True)
class Tried:
    """A batch's worlds, its rules and what the reference makes of them."""

    worlds: list[World]
    rules: Rulebook
    rows: list[Interval]
    tally: Tally


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory):
    def one(batch: Batch) -> Tried:
        rules = rules_of(batch, tmp_path_factory.mktemp("rules"))
        worlds = batches.worlds_of(batch, WORLDS, rules)
        resolved = staging.resolve(worlds, batch.settings, rules)
        found: list[Interval] = []
        tally = Tally()
        for world in worlds:
            staged = staging.stage(world, batch.settings, rules)
            rows = history.history(staged, resolved, rules)
            tally.add_world(staged, resolved, rules, rows)
            found += rows
        return Tried(worlds, rules, found, tally)

    return {batch.name: one(batch) for batch in BATCHES}


def rules_of(batch: Batch, folder: Path) -> Rulebook:
    if not batch.invented_rules:
        return rulebook.load(SHIPPED_SEEDS)
    rule_strategies.write_rules(batches.rules_of(batch), SHIPPED_SEEDS, folder)
    return rulebook.load(SHIPPED_SEEDS, folder)


def all_rows(
    batch: Batch, worlds: list[World], rules: Rulebook, *, every_day: bool = False
) -> list[Interval]:
    resolved = staging.resolve(worlds, batch.settings, rules)
    return [
        row
        for world in worlds
        for row in history.history(
            staging.stage(world, batch.settings, rules), resolved, rules, every_day=every_day
        )
    ]


@pytest.mark.parametrize("batch", BATCHES, ids=lambda batch: batch.name)
def test_days_of_change_leave_out_no_day_that_matters(batch: Batch, tried):
    small = sorted(tried[batch.name].worlds, key=World.size)[: WORLDS // 2 : 5]
    rules = tried[batch.name].rules
    slow = all_rows(batch, small, rules, every_day=True)
    assert len(slow) > 20
    assert slow == all_rows(batch, small, rules)


@pytest.mark.parametrize("batch", BATCHES, ids=lambda batch: batch.name)
def test_the_same_worlds_and_rules_are_invented_in_every_run(batch: Batch, tried, tmp_path: Path):
    rules = rules_of(batch, tmp_path)
    assert rules == tried[batch.name].rules
    assert batches.worlds_of(batch, WORLDS, rules) == tried[batch.name].worlds


@pytest.mark.parametrize("days_earlier", [1, 30, 200])
def test_later_facts_change_nothing_said_about_a_day(days_earlier: int, tried):
    compared = 0
    for batch in BATCHES:
        worlds, rules = tried[batch.name].worlds[::4], tried[batch.name].rules
        resolved = staging.resolve(worlds, batch.settings, rules)
        day = resolved.as_of_date - timedelta(days=days_earlier)
        settings = replace(batch.settings, as_of_date=day, identity_as_of=resolved.identity_as_of)
        earlier = all_rows(replace(batch, settings=settings), worlds, rules)
        later = all_rows(batch, worlds, rules)
        assert [said(row, day) for row in earlier] == [
            said(row, day) for row in later if row.valid_from <= day
        ]
        compared += len(earlier)
    assert compared > 1000


def said(row: Interval, day: date) -> Interval:
    """What a row says up to the end of a day."""
    still_open = row.valid_to is None or row.valid_to > day
    return replace(
        row,
        valid_to=None if still_open else row.valid_to,
        next_change_on=None,
        next_stage=None,
        next_health=None,
    )


def test_every_shipped_stage_health_and_movement_is_lived_through(tried):
    rows = [row for batch in BATCHES for row in tried[batch.name].rows]
    shipped = rulebook.load(SHIPPED_SEEDS)
    expected = {(each.name, stage.name) for each in shipped.frameworks for stage in each.stages}
    assert expected <= {(row.framework, row.stage) for row in rows}
    assert {row.health for row in rows} == {"prospect", "cold", "active", "at_risk", "lapsed"}
    movements = {"entered", "advanced", "fell_back", "health_only"}
    assert {row.movement for row in rows} == movements
    assert max(row.cycle for row in rows) >= 3
    assert max(row.skipped_stages for row in rows) >= 2


def test_invented_rules_use_every_measure_with_both_bounds_and_hold(tried):
    invented = [tried[batch.name] for batch in BATCHES if batch.invented_rules]
    used = [
        condition
        for shop in invented
        for rule, conditions in shop.rules.conditions.items()
        if rule.startswith("x_")
        for condition in conditions
    ]
    measures = set(rule_strategies.MEASURES)
    assert {each.measure for each in used if each.at_least is not None} == measures
    assert {each.measure for each in used if each.below is not None} == measures
    for shop in invented:
        winners = {row.rule for row in shop.rows if row.rule.startswith("x_")}
        assert len(winners) >= 20


def test_every_batch_has_contracts_cold_ones_and_enough_of_each(tried):
    for shop in tried.values():
        assert shop.tally.worlds == WORLDS
        assert shop.tally.contract_intervals > shop.tally.intervals / 50
        assert shop.tally.cold_intervals > shop.tally.intervals / 50


def test_every_thing_the_page_added_is_in_some_world(tried):
    found = Counter(thing for name, shop in tried.items() for thing in _things(name, shop))
    wanted = {
        *("start", "renewal", "change", "cancel", "payment_failed", "paid_until", "ends_on"),
        *("two plans of one person", "plan beside orders", "contract reactivation"),
        *("id from properties", "value from properties", "folded name", "several signals"),
        *("condition", "server event", "self-referral", "numeric id", "version by file"),
        *("version by stamp", "shipping tax", "worthless order", "no paid period"),
    }
    assert {thing: found[thing] for thing in wanted if found[thing] < 3} == {}


def _things(name: str, shop: Tried) -> Iterator[str]:
    settings = next(batch.settings for batch in BATCHES if batch.name == name)
    resolved = staging.resolve(shop.worlds, settings, shop.rules)
    for world in shop.worlds:
        staged = staging.stage(world, settings, shop.rules)
        raw = {event.event_id: event for event in world.events}
        for event in staged.events:
            feeds = shop.rules.signals_of(event)
            told = properties_of(event.properties)
            for signal in feeds:
                yield signal.removeprefix("subscription_")
            yield from {"paid_until", "ends_on"} & told.keys()
            yield from ["several signals"] * (len(feeds) > 1)
            yield from ["condition"] * any(row.property for row in feeds.values())
            yield from ["server event"] * (not shop.rules.is_visit(event))
            yield from ["folded name"] * (event.event_name == "subscription_renewed")
            yield from ["id from properties"] * ("user_id" in told and event.user_id is not None)
            before = raw[event.event_id].value
            yield from ["value from properties"] * (before is None and event.value is not None)
        versions = Counter(order.order_id for order in world.orders)
        for order in world.orders:
            yield from ["version by file"] * (order.delivery > 2)
            yield from ["version by stamp"] * (
                versions[order.order_id] == 2 and order.delivery == 2 and order.updated_at is None
            )
        for order in staged.orders:
            yield from ["shipping tax"] * bool(order.shipping_tax and order.total_shipping)
            yield from ["worthless order"] * (signals.order_value(order, resolved) == 0)
        for subject in health.subjects(staged, resolved, shop.rules):
            plans = [plan for plan in subject.subscriptions if plan.periods]
            yield from ["no paid period"] * (len(plans) < len(subject.subscriptions))
            yield from ["two plans of one person"] * (len(plans) > 1)
            yield from ["plan beside orders"] * bool(plans and "order" in subject.facts)
            yield from ["numeric id"] * subject.subject_id.startswith("customer:9")
            begun = {period.begins for plan in plans for period in plan.periods}
            for fact in subject.facts.get("reactivation", ()):
                yield from ["contract reactivation"] * (fact.signal_date in begun)
        fed = [
            event
            for event in staged.events
            if "referral_converted" in shop.rules.signals_of(event)
            and resolved.date_of(event.occurred_at) <= resolved.as_of_date
        ]
        counted = [
            fact
            for fact in signals.facts_of(staged, resolved, shop.rules)
            if fact.signal == "referral_converted" and not fact.subject_id.startswith("account:")
        ]
        yield from ["self-referral"] * (len(fed) - len(counted))


def test_rows_that_differ_in_writing_alone_agree_and_others_are_told():
    worlds = [World("w0001"), World("w0002")]
    mine = [
        ("f", "customer:w0001-c", Decimal("2.50"), ("a", "b")),
        ("f", "customer:90002005", Decimal(100), None),
    ]
    theirs = [(*row[:2], row[2] * Decimal("1.0000"), row[3] and list(row[3])) for row in mine]
    assert compare.smallest_mismatch(worlds, mine, theirs) is None
    theirs[1] = ("f", "customer:90002005", Decimal(101), None)
    found = compare.smallest_mismatch(worlds, mine, theirs)
    assert found is not None
    assert (found.world.name, len(found.missing), len(found.unexpected)) == ("w0002", 1, 1)


def test_outlooks_and_evidence_fit_the_current_rows(tried):
    """Both are about today, so they agree with the history's last rows and with each other."""
    compared = 0
    for batch in BATCHES:
        shop = tried[batch.name]
        resolved = staging.resolve(shop.worlds, batch.settings, shop.rules)
        current = {
            (row.framework, row.subject_id): row for row in shop.rows if row.valid_to is None
        }
        for world in sorted(shop.worlds, key=World.size)[:12]:
            staged = staging.stage(world, batch.settings, shop.rules)
            for found in outlook.outlooks(staged, resolved, shop.rules):
                row = current[found.framework, found.subject_id]
                assert (found.health_basis is None) == (row.health in {"prospect", "cold"})
                assert found.at_risk_on is None or row.health == "active"
                assert (found.lapsed_on is None) == (row.health not in {"active", "at_risk"})
                days = (found.at_risk_on, found.lapsed_on, found.renews_on)
                assert all(day is None or day > resolved.as_of_date for day in days)
                compared += 1
            for seen in evidence.evidence(staged, resolved, shop.rules):
                row = current[seen.framework, seen.subject_id]
                assert seen.holds or seen.stage != row.stage
                assert not seen.holds or seen.missing == 0
                # A sum that equals its upper bound exceeds it by nothing.
                assert seen.holds or seen.missing != 0 or seen.observed == seen.below
                assert len(seen.signals) <= evidence.MOST_SIGNALS
                compared += 1
    assert compared > 1000
