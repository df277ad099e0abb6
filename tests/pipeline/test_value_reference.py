"""The marts of value equal their plain-Python reading on random shops, without a build for each.

What is read is the YAML beside the marts. LIFECYCLE_WORLDS_SEED=1 invents other shops.
"""

from __future__ import annotations

import os
from typing import Any

import pytest

from orchestration.settings.paths import StateDir
from tests.pipeline.workbench import Workbench
from tests.reference.differences import differences
from tests.reference.value import worlds
from tests.reference.value.marts import FEW, MARTS

pytestmark = pytest.mark.slow

SHOPS = 24


@pytest.fixture(scope="module")
def workbench(sample_state: StateDir) -> Workbench:
    """The compiled models of the marts."""
    return Workbench(sample_state.root, worlds.GIVEN, MARTS)


def test_every_mart_of_value_agrees_with_the_reference_on_random_shops(
    workbench: Workbench,
) -> None:
    first = SHOPS * int(os.environ.get("LIFECYCLE_WORLDS_SEED", "0"))
    rows = dict.fromkeys(MARTS, 0)
    methods: set[str] = set()
    for seed in range(first, first + SHOPS):
        shop = worlds.ledger(seed)
        actual = workbench.run(worlds.tables(shop), [*MARTS])
        for mart, (expected, key) in MARTS.items():
            different = differences(expected(shop), actual[mart], key, FEW)
            assert not different, f"{mart} of shop {seed}:\n" + "\n".join(different)
            rows[mart] += len(actual[mart])
        methods |= {row["method"] for row in actual["next_best_product"]}
    assert min(rows.values()) > 50, rows
    # Both ways must win somewhere, or one of them is never compared.
    assert methods == {"affinity", "most_popular"}


def test_what_is_planted_is_found_and_nothing_where_nothing_is(workbench: Workbench) -> None:
    # Forty channels of customers who are all alike, but for one that brings customers back, and
    # one product that is bought because of another.
    shop = worlds.planted(3)
    actual = workbench.run(worlds.tables(shop), ["ideal_customer_profile", "product_affinity"])
    channels = {
        row["attribute_value"]: row
        for row in actual["ideal_customer_profile"]
        if row["attribute"] == "acquisition_channel"
    }
    found = {
        name
        for name, row in channels.items()
        if not _is_around_zero(row, "second_order_difference")
    }
    assert channels[worlds.LOYAL]["second_order_difference_low"] > 0
    # Intervals hold nine in ten: of the others four may be found by chance, hardly ever ten.
    assert len(channels) == 41
    assert len(found - {worlds.LOYAL}) <= 10
    lifts = {(row["item_a"], row["item_b"]): row["lift"] for row in actual["product_affinity"]}
    assert lifts.pop(worlds.COMPANIONS) > 2
    assert lifts.pop((worlds.COMPANIONS[1], worlds.COMPANIONS[0])) > 2
    assert max(lifts.values()) < 1.5


def _is_around_zero(row: dict[str, Any], name: str) -> bool:
    return row[f"{name}_low"] <= 0 <= row[f"{name}_high"]
