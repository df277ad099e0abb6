"""No model and no data test compares each row of a growing table with each row of another."""

from __future__ import annotations

import json
from contextlib import closing

import duckdb
import pytest

from orchestration.settings.paths import StateDir
from tests.benchmarks.joins import row_by_row_joins

pytestmark = pytest.mark.slow

# More than the sample has rules, stages, KPIs and months, fewer than it has of anything it sells.
MOST_ROWS = 200
# What has more rows by itself, and no more in a larger shop.
OF_CONSTANT_SIZE = {
    "int_activity_periods": "each day with the periods that it lies in: both sides are calendar",
    "int_kpi_periods": "each period with the windows that end in it: both sides are calendar",
    "stage_daily": "every day with every cell: the census has a row for each",
}


def test_only_calendars_are_joined_row_by_row(sample_state: StateDir) -> None:
    manifest = json.loads((sample_state.dbt_target / "manifest.json").read_text(encoding="utf-8"))
    queries = {
        node["name"]: node["compiled_code"].rstrip().rstrip(";")
        for node in manifest["nodes"].values()
        if node["resource_type"] in {"model", "test"}
        and node.get("language") != "python"
        and node.get("compiled_code")
    }
    assert len(queries) > 400
    with closing(duckdb.connect(str(sample_state.working_database), read_only=True)) as working:
        working.execute("set TimeZone = 'UTC'")
        working.execute(f"attach '{sample_state.raw_database}' as raw_db (read_only)")
        found = row_by_row_joins(working, queries, MOST_ROWS)
    told = [join.told() for join in found if join.query not in OF_CONSTANT_SIZE]
    assert not told, "\n".join(told)
    # An exception that is no longer needed would hide the next one.
    assert {join.query for join in found} == set(OF_CONSTANT_SIZE)
