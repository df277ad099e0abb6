"""The published KPIs equal the plain-Python reading of them, on random shops.

docs/kpi_conventions.md is what is read.

LIFECYCLE_KPI_WORLDS=400 invents more people, LIFECYCLE_WORLDS_SEED=1 other ones.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.reference.batches import Batch
from tests.reference.kpis import batches, compare, topics, values
from tests.reference.kpis.batches import SHOPS
from tests.reference.kpis.catalogue import OF_MODELS
from tests.reference.kpis.shop import Shop


@pytest.mark.slow
@pytest.mark.parametrize("batch", SHOPS, ids=lambda batch: batch.name)
def test_every_kpi_agrees_with_the_reference_in_every_slice(
    batch: Batch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    built = batches.build(batch, tmp_path)
    shop = Shop(built.world, batch.settings, built.rules, built.seeds)
    expected = list(values.values(shop, topics.measures(shop, None)))
    actual = compare.published_rows(built.state_dir)

    different = compare.differences(expected, actual)
    assert not different, "\n".join(different)
    # What is foreseen is held against tests/reference/value.
    assert {row.kpi for row in expected} == set(built.seeds.entries) - OF_MODELS
    assert len(expected) == len(actual)
    # A KPI that is nothing everywhere could be computed in any way.
    told = {row.kpi for row in expected if row.numerator or row.status == "missing_rate"}
    assert {row.kpi for row in expected} == told
    with capsys.disabled():
        print(f"\nKPI reference: {len(actual)} rows of {batch.name} agree")
