"""The published marts equal the plain-Python reading of them, on random shops built once each.

What is read is docs/kpi_conventions.md and the YAML beside the marts of customers and their value.

LIFECYCLE_KPI_WORLDS=400 invents more people, LIFECYCLE_WORLDS_SEED=1 other ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import duckdb
import pytest

from orchestration.settings.paths import StateDir
from tests.pipeline.conftest import BuiltShop
from tests.reference.batches import SHIPPED_SEEDS
from tests.reference.customers import compare as customer_rows
from tests.reference.customers import customers, orders, rfm, subscriptions, timeline
from tests.reference.kpis import compare as kpi_rows
from tests.reference.kpis import topics, values
from tests.reference.kpis.catalogue import OF_MODELS
from tests.reference.kpis.shop import Shop
from tests.reference.value import compare as value_rows
from tests.reference.value import ledger

pytestmark = pytest.mark.slow

# By mart: its key, and what the reference says of it.
MARTS: dict[str, tuple[tuple[str, ...], Callable[[Shop], Iterable[Any]]]] = {
    "orders": (("order_id",), orders.orders),
    "order_lines": (("order_id", "line_number"), orders.order_lines),
    "subscriptions": (
        ("subject_id", "subscription_id", "valid_from"),
        subscriptions.subscriptions,
    ),
    "customers": (("subject_id",), lambda shop: customers.customers(shop, SHIPPED_SEEDS)),
    "customer_timeline": (
        ("subject_id", "occurred_at", "kind", "source_table", "source_id"),
        lambda shop: timeline.timeline(shop, SHIPPED_SEEDS),
    ),
    "rfm_segments": (
        ("as_of_date", "subject_id"),
        lambda shop: rfm.rfm_segments(shop, SHIPPED_SEEDS),
    ),
}


def test_every_kpi_agrees_in_every_slice(shop: BuiltShop, capsys: pytest.CaptureFixture[str]):
    settled = shop.settled
    expected = list(values.values(settled, topics.measures(settled, None)))
    actual = kpi_rows.published_rows(shop.state_dir)

    different = kpi_rows.differences(expected, actual)
    assert not different, "\n".join(different)
    # What is foreseen is held against tests/reference/value.
    assert {row.kpi for row in expected} == set(settled.seeds.entries) - OF_MODELS
    assert len(expected) == len(actual)
    # A KPI that is nothing everywhere could be computed in any way.
    told = {row.kpi for row in expected if row.numerator or row.status == "missing_rate"}
    assert {row.kpi for row in expected} == told
    with capsys.disabled():
        print(f"\nKPI reference: {len(actual)} rows of {shop.name} agree")


@pytest.mark.parametrize("mart", MARTS)
def test_every_mart_of_customers_agrees(shop: BuiltShop, mart: str):
    key, expected = MARTS[mart]
    compared, different = customer_rows.differences(
        shop.state_dir, mart, key, expected(shop.settled)
    )
    assert not different, "\n".join(different)
    assert compared > 100


def test_every_mart_of_value_agrees(shop: BuiltShop):
    settled = ledger.of_shop(shop.settled, ledger.windows(SHIPPED_SEEDS))
    assert len(settled.customers) > 50
    path = StateDir.at(shop.state_dir).published_database
    with duckdb.connect(str(path), read_only=True) as connection:
        for mart, (expected, key) in value_rows.MARTS.items():
            actual = ledger.rows(connection, f"marts.{mart}")
            different = value_rows.differences(expected(settled), actual, key)
            assert not different, f"{mart}:\n" + "\n".join(different)
