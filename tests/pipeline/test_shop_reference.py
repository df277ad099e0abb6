"""The published marts equal the plain-Python reading of them, on random shops built once each.

What is read is docs/kpi_conventions.md and the YAML beside the marts of customers and their value.

LIFECYCLE_KPI_WORLDS=400 invents more people, LIFECYCLE_WORLDS_SEED=1 other ones.
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from orchestration.settings.paths import StateDir
from tests.reference.batches import SHIPPED_SEEDS
from tests.reference.customers import marts as shop_marts
from tests.reference.differences import differences
from tests.reference.kpis import compare as kpi_rows
from tests.reference.kpis import topics, values
from tests.reference.kpis.batches import BuiltShop
from tests.reference.kpis.catalogue import OF_MODELS
from tests.reference.kpis.shop import Shop
from tests.reference.value import ledger
from tests.reference.value import marts as value_marts

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def published(shop: BuiltShop) -> Iterator[duckdb.DuckDBPyConnection]:
    path = StateDir.at(shop.state_dir).published_database
    with duckdb.connect(str(path), read_only=True) as connection:
        yield connection


def test_every_kpi_agrees_in_every_slice(
    shop: BuiltShop, settled: Shop, capsys: pytest.CaptureFixture[str]
):
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
        print(f"\nKPI reference: {len(actual)} rows of {shop.batch.name} agree")


@pytest.mark.parametrize("mart", shop_marts.MARTS)
def test_every_mart_of_customers_and_visits_agrees(
    settled: Shop, published: duckdb.DuckDBPyConnection, mart: str
):
    expected, key = shop_marts.MARTS[mart]
    actual = ledger.rows(published, f"marts.{mart}")
    different = differences(expected(settled, SHIPPED_SEEDS), actual, key)
    assert not different, "\n".join(different)
    assert len(actual) > 100


def test_every_mart_of_value_agrees(settled: Shop, published: duckdb.DuckDBPyConnection):
    told = ledger.of_shop(settled, ledger.windows(SHIPPED_SEEDS))
    assert len(told.customers) > 50
    for mart, (expected, key) in value_marts.MARTS.items():
        actual = ledger.rows(published, f"marts.{mart}")
        different = differences(expected(told), actual, key, value_marts.FEW)
        assert not different, f"{mart}:\n" + "\n".join(different)
