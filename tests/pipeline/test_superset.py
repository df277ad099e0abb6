"""The bundle for Superset: whole by itself, true of the marts, and importable where Superset is.

Belongs here: `dbt_project/docs/superset`. Does not belong here: other tools (`test_bi_recipes.py`).
Superset brings a hundred packages of its own; name a Python that has it by `SUPERSET_PYTHON`.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from orchestration.settings.paths import StateDir
from tests.docs_kit import DOCS

BUNDLE = DOCS / "superset"
PYTHON = os.environ.get("SUPERSET_PYTHON", "")


def read(kind: str) -> dict[str, dict[str, Any]]:
    """Return the files of a kind by their uuid."""
    files = [yaml.safe_load(path.read_text("utf-8")) for path in (BUNDLE / kind).rglob("*.yaml")]
    return {file["uuid"]: file for file in files}


DATASETS, CHARTS = read("datasets"), read("charts")


def asked_columns(chart: dict[str, Any]) -> set[str]:
    """Return the columns that a chart groups, filters or lists by."""
    params = chart["params"]
    names: set[str] = set()
    for key in ("x_axis", "groupby", "groupbyRows", "groupbyColumns", "all_columns"):
        value = params.get(key, [])
        names |= {value} if isinstance(value, str) else set(value)
    return names | {item["subject"] for item in params.get("adhoc_filters", [])}


def asked_metrics(chart: dict[str, Any]) -> list[str]:
    """Return the metrics that a chart draws."""
    params = chart["params"]
    return [*params.get("metrics", []), *([params["metric"]] if "metric" in params else [])]


def test_every_part_of_the_bundle_names_parts_that_are_there() -> None:
    databases, (dashboard,) = read("databases"), read("dashboards").values()
    assert {dataset["database_uuid"] for dataset in DATASETS.values()} == set(databases)
    assert {chart["dataset_uuid"] for chart in CHARTS.values()} == set(DATASETS)
    position = dashboard["position"]
    nodes = [node for node in position.values() if isinstance(node, dict)]
    drawn = [node["meta"]["uuid"] for node in nodes if node["type"] == "CHART"]
    assert sorted(drawn) == sorted(CHARTS)
    children = [child for node in nodes for child in node.get("children", [])]
    assert set(children) <= set(position)


@pytest.mark.parametrize("chart", CHARTS.values(), ids=lambda chart: chart["slice_name"])
def test_a_chart_finds_its_columns_and_metrics_in_the_sample(
    chart: dict[str, Any], sample_state: StateDir
) -> None:
    dataset = DATASETS[chart["dataset_uuid"]]
    expressions = {metric["metric_name"]: metric["expression"] for metric in dataset["metrics"]}
    columns = sorted(asked_columns(chart))
    listed = ", ".join([*columns, *(expressions[name] for name in asked_metrics(chart))])
    with duckdb.connect(str(sample_state.published_database), read_only=True) as marts:
        found = marts.execute(f"select {listed} from ({dataset['sql']}) group by all").fetchall()
        told = marts.execute(dataset["sql"]).description
    assert found
    assert [name for name, *_ in told] == [column["column_name"] for column in dataset["columns"]]


@pytest.mark.skipif(not PYTHON, reason="SUPERSET_PYTHON names no Python that has Superset")
def test_superset_imports_the_bundle_and_reads_its_datasets(
    sample_state: StateDir, tmp_path: Path
) -> None:
    script = Path(__file__).with_name("superset_import.py")
    done = subprocess.run(
        [PYTHON, str(script), str(BUNDLE), str(sample_state.published_database), str(tmp_path)],
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    rows = dict(re.findall(r"^(\w+) (\d+)$", done.stdout, re.MULTILINE))
    assert rows.pop("dashboard") == "5"
    assert set(rows) == {dataset["table_name"] for dataset in DATASETS.values()}
    assert all(int(count) > 0 for count in rows.values())
