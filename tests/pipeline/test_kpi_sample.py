"""Every KPI of the catalogue can be told on the shipped sample."""

from __future__ import annotations

import csv

import duckdb
import pytest

from orchestration.settings.paths import RULES_DIR, StateDir

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def statuses(sample_state: StateDir) -> set[tuple[str, str, str, str]]:
    """KPI, grain, dimension and status, as far as they occur together."""
    query = "select distinct kpi, period_grain, dimension, status from marts.kpi_values"
    with duckdb.connect(str(sample_state.published_database), read_only=True) as reader:
        return {(row[0], row[1], row[2], row[3]) for row in reader.execute(query).fetchall()}


@pytest.fixture(scope="module")
def catalogue() -> list[dict[str, str]]:
    with (RULES_DIR / "kpis.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_kpi_has_a_month_that_is_ok(
    catalogue: list[dict[str, str]], statuses: set[tuple[str, str, str, str]]
) -> None:
    told = {
        kpi
        for kpi, grain, dimension, status in statuses
        if status == "ok" and grain == "month" and (dimension == "all" or "stage:" in dimension)
    }
    assert len(catalogue) > 90
    assert {row["kpi"] for row in catalogue} <= told


def test_every_dimension_of_a_kpi_has_a_slice_that_is_ok(
    catalogue: list[dict[str, str]], statuses: set[tuple[str, str, str, str]]
) -> None:
    told = {
        (kpi, dimension.split(":")[0]) for kpi, _, dimension, status in statuses if status == "ok"
    }
    wanted = {
        (row["kpi"], dimension.split(":")[0])
        for row in catalogue
        for dimension in row["dimensions"].split("|")
    }
    assert len(wanted) > 400
    assert wanted <= told


def test_only_what_the_sample_cannot_know_has_no_input(
    statuses: set[tuple[str, str, str, str]],
) -> None:
    # In the first period no channel has stated its followers before.
    assert {kpi for kpi, _, _, status in statuses if status == "no_input"} == {"net_new_followers"}
    assert "missing_rate" not in {status for *_, status in statuses}
