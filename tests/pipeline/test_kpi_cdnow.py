"""A shop of 23,502 customers and nothing but orders is published: all laws of the KPIs hold on it.

The data are no part of the repository; since the build takes a minute, LIFECYCLE_TOTALS=all asks
for it.
"""

from __future__ import annotations

import json
import os

import duckdb
import pytest

from orchestration.settings.paths import StateDir
from tests.pipeline.test_retention_cohorts import TOLD

# Of lines, of refunds, of customers' rows: Online Retail has them.
OF_MORE_THAN_ORDERS = {
    *("units_per_order", "lead_count"),
    *("refunded_amount", "refund_rate", "refunded_amount_rate"),
}


@pytest.mark.slow
@pytest.mark.skipif(
    os.environ.get("LIFECYCLE_TOTALS") != "all", reason="LIFECYCLE_TOTALS=all asks for it"
)
def test_the_laws_hold_on_cdnow(cdnow_state: StateDir) -> None:
    results = json.loads((cdnow_state.dbt_target / "run_results.json").read_text())["results"]
    assert {result["status"] for result in results} == {"success", "pass"}
    with duckdb.connect(str(cdnow_state.published_database), read_only=True) as reader:
        told = reader.execute(
            "select kpi, sum(numerator) from marts.kpi_values where kpi in "
            "('orders', 'new_customers') and period_grain = 'month' and dimension = 'all' "
            "group by kpi order by kpi"
        ).fetchall()
        known = reader.execute(
            "select kpi, bool_or(status = 'no_input') from marts.kpi_values "
            "group by kpi having bool_or(status <> 'no_input')"
        ).fetchall()
    assert told == [("new_customers", 23_502), ("orders", 69_579)]
    assert set(known) == {(kpi, False) for kpi in TOLD - OF_MORE_THAN_ORDERS}
