"""The random worlds are the same in every run and rich enough to judge the SQL by.

On them the reference keeps its own promises too: the axiom, and days of change that miss nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.reference import batches, history, rule_strategies, rulebook, staging
from tests.reference.batches import BATCHES, SHIPPED_SEEDS, Batch
from tests.reference.history import Interval
from tests.reference.rulebook import Rulebook
from tests.reference.world import World

WORLDS = 50


@dataclass(frozen=True)
class Tried:
    """A batch's worlds, its rules and what the reference makes of them."""

    worlds: list[World]
    rules: Rulebook
    rows: list[Interval]


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory):
    def one(batch: Batch) -> Tried:
        rules = rules_of(batch, tmp_path_factory.mktemp("rules"))
        worlds = batches.worlds_of(batch, WORLDS, rules)
        return Tried(worlds, rules, all_rows(batch, worlds, rules))

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
    assert {row.health for row in rows} == {"prospect", "active", "at_risk", "lapsed"}
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
