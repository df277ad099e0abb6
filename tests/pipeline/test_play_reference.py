"""Entries, due lists and results of plays equal their plain-Python reading on random shops.

What is read is dbt_project/docs/plays.md. WORLDS_SEED=1 invents other shops.
"""

from __future__ import annotations

import os
from collections import Counter
from datetime import timedelta

import pytest

from orchestration.rules.plays import TRIGGERS
from orchestration.settings.paths import StateDir
from tests.pipeline.workbench import Workbench
from tests.reference.activation import worlds
from tests.reference.activation.entries import due, entries
from tests.reference.activation.results import expected_values, results
from tests.reference.differences import differences

pytestmark = pytest.mark.slow

SHOPS = 16
KEY = ("play", "subject_id", "triggered_on")


@pytest.fixture(scope="module")
def workbench(sample_state: StateDir) -> Workbench:
    """The compiled models of the marts."""
    return Workbench(sample_state.root, worlds.GIVEN, worlds.MARTS)


def test_every_mart_of_plays_agrees_with_the_reference_on_random_shops(
    workbench: Workbench,
) -> None:
    first = SHOPS * int(os.environ.get("WORLDS_SEED", "0"))
    seen: Counter[str | None] = Counter()
    for seed in range(first, first + SHOPS):
        shop = worlds.crowd(seed) if seed % SHOPS == 0 else worlds.shop(seed)
        actual = workbench.run(worlds.tables(shop), worlds.MARTS)
        found = entries(shop)
        listed = due(shop, found)
        expected = expected_values(found)
        for row in listed:
            row["expected_value"] = expected.get(row["play"])
        for mart, rows, key in (
            ("play_entries", [entry.row() for entry in found], KEY),
            ("plays_due", listed, KEY),
            ("play_results", results(shop, found), ("play", "month")),
        ):
            different = differences(rows, actual[mart], key)
            assert not different, f"{mart} of shop {seed}:\n" + "\n".join(different)
        seen.update(entry.play.trigger for entry in found)
        seen.update(
            f"{entry.play.trigger} left" for entry in found if entry.suppressed_by == "left"
        )
        seen.update(entry.suppressed_by for entry in found)
        seen.update(f"arm {entry.arm}" for entry in found)
        seen.update(f"due {row['arm']}" for row in listed)
        seen.update(f"concluded {row['is_conclusive']}" for row in actual["play_results"])
        seen.update(
            f"revenue {row['incremental_revenue'] is not None}" for row in actual["play_results"]
        )
        seen.update(f"value {row['expected_value'] is not None}" for row in listed)
        seen.update(f"first rank {row['rank_for_subject'] > 1}" for row in listed)
    # Nothing agrees because it never happens.
    ended = {f"{trigger} left" for trigger in TRIGGERS if trigger not in ENDLESS}
    wanted = {*TRIGGERS, *ended, None, "no_consent", "cool_down", "cap", "arm global_control"}
    wanted |= {"arm holdout", "arm treat", "arm None", "due treat", "due None"}
    wanted |= {"concluded None", "concluded False", "revenue True", "value True", "first rank True"}
    assert not wanted - seen.keys(), wanted - seen.keys()


def test_a_later_build_tells_the_same_entries_and_goals_of_windows_that_were_over(
    workbench: Workbench,
) -> None:
    settled = ("triggered_at", "due_from", "due_until", "arm", "suppressed_by")
    compared = matured = 0
    for seed in range(6):
        shop = worlds.shop(seed)
        later = {
            tuple(row[column] for column in KEY): row
            for row in workbench.run(worlds.tables(shop), ["play_entries"])["play_entries"]
        }
        for days in (9, 40):
            before = worlds.as_known_on(shop, shop.as_of - timedelta(days=days))
            earlier = workbench.run(worlds.tables(before), ["play_entries"])["play_entries"]
            due_by_then = [row for row in later.values() if row["due_from"] <= before.as_of]
            assert len(earlier) == len(due_by_then)
            for row in earlier:
                again = later[tuple(row[column] for column in KEY)]
                same = settled
                if row["is_matured"]:
                    same, matured = (*settled, "goal_on", "goal_value", "is_matured"), matured + 1
                assert [row[name] for name in same] == [again[name] for name in same]
                compared += 1
    assert compared > 1000
    assert 500 < matured < compared


ENDLESS = {"signal", "order_delivered", "ticket_resolved", "survey_detractor"}
