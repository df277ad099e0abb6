"""The published KPIs and marts of value equal the plain-Python reading of them, on random shops.

docs/kpi_conventions.md is what is read, and the YAML beside the marts of value.

LIFECYCLE_KPI_WORLDS=400 invents more people, LIFECYCLE_WORLDS_SEED=1 other ones.
"""

from __future__ import annotations

from typing import NamedTuple

import duckdb
import pytest

from tests.reference.batches import Batch
from tests.reference.kpis import batches, compare, topics, values
from tests.reference.kpis.batches import SHOPS, BuiltShop
from tests.reference.kpis.shop import Shop
from tests.reference.value import compare as value_compare
from tests.reference.value import ledger

pytestmark = pytest.mark.slow


class Published(NamedTuple):
    """A shop, published, and as the reference settles it."""

    batch: Batch
    built: BuiltShop
    shop: Shop


@pytest.fixture(scope="module", params=SHOPS, ids=lambda batch: batch.name)
def published(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Published:
    """One build for all that is asked of a shop."""
    batch: Batch = request.param
    built = batches.build(batch, tmp_path_factory.mktemp(batch.name))
    return Published(batch, built, Shop(built.world, batch.settings, built.rules, built.seeds))


def test_every_kpi_agrees_with_the_reference_in_every_slice(
    published: Published, capsys: pytest.CaptureFixture[str]
):
    batch, built, shop = published
    expected = list(values.values(shop, topics.measures(shop, None)))
    actual = compare.published_rows(built.state_dir)

    different = compare.differences(expected, actual)
    assert not different, "\n".join(different)
    # Nothing scores customers yet.
    assert {row.kpi for row in expected} == set(built.seeds.entries) - {"predicted_clv"}
    assert len(expected) == len(actual)
    # A KPI that is nothing everywhere could be computed in any way.
    told = {row.kpi for row in expected if row.numerator or row.status == "missing_rate"}
    assert {row.kpi for row in expected} == told
    with capsys.disabled():
        print(f"\nKPI reference: {len(actual)} rows of {batch.name} agree")


def test_every_mart_of_value_agrees_with_the_reference(published: Published) -> None:
    settled = ledger.of_shop(published.shop, ledger.windows(batches.SHIPPED_SEEDS))
    assert len(settled.customers) > 50
    path = published.built.state_dir / "published" / "lifecycle.duckdb"
    with duckdb.connect(str(path), read_only=True) as connection:
        for mart, (expected, key) in value_compare.MARTS.items():
            actual = ledger.rows(connection, f"marts.{mart}")
            different = value_compare.differences(expected(settled), actual, key)
            assert not different, f"{mart}:\n" + "\n".join(different)
