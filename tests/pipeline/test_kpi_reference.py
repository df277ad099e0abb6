"""The published KPIs equal the plain-Python reading of them, on random shops.

docs/kpi_conventions.md is what is read.

LIFECYCLE_KPI_WORLDS=400 invents more people, LIFECYCLE_WORLDS_SEED=1 other ones.
"""

from __future__ import annotations

import pytest

from tests.pipeline.conftest import BuiltShop
from tests.reference.kpis import compare, topics, values


@pytest.mark.slow
def test_every_kpi_agrees_with_the_reference_in_every_slice(
    shop: BuiltShop, capsys: pytest.CaptureFixture[str]
):
    settled = shop.settled
    expected = list(values.values(settled, topics.measures(settled, None)))
    actual = compare.published_rows(shop.state_dir)

    different = compare.differences(expected, actual)
    assert not different, "\n".join(different)
    # Nothing scores customers yet.
    assert {row.kpi for row in expected} == set(settled.seeds.entries) - {"predicted_clv"}
    assert len(expected) == len(actual)
    # A KPI that is nothing everywhere could be computed in any way.
    told = {row.kpi for row in expected if row.numerator or row.status == "missing_rate"}
    assert {row.kpi for row in expected} == told
    with capsys.disabled():
        print(f"\nKPI reference: {len(actual)} rows of {shop.name} agree")
