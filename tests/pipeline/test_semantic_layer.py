"""What MetricFlow says of a KPI is what `kpi_values` says.

Belongs here: the metrics of `dbt_project/models/semantic` against the catalogue and the published
values. Does not belong here: what the KPIs must be (the reference).
"""

from __future__ import annotations

import csv
import importlib.util
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
import yaml

from orchestration.settings.paths import DBT_PROJECT_DIR, RULES_DIR, StateDir
from tests.docs_kit import DOCS

if TYPE_CHECKING:
    from tests.pipeline.metricflow_kit import Metrics

FILES = sorted((DBT_PROJECT_DIR / "models" / "semantic").glob("*.yml"))
needs_metricflow = pytest.mark.skipif(
    importlib.util.find_spec("metricflow") is None,
    reason="MetricFlow is not installed; the extra `semantic` has it",
)


def declared() -> dict[str, dict[str, Any]]:
    """Return every metric that the project declares, with the semantic model it is of."""
    return {
        metric["name"]: metric | {"of": document["semantic_models"][0]}
        for document in (yaml.safe_load(path.read_text("utf-8")) for path in FILES)
        for metric in document["metrics"]
    }


METRICS = declared()
CATALOGUE = {
    row["kpi"]: row
    for row in csv.DictReader((RULES_DIR / "kpis.csv").read_text("utf-8").splitlines())
}
BY_STAGE = sorted(kpi for kpi in METRICS if CATALOGUE[kpi]["dimensions"] == "stage:<framework>")
OVERALL = sorted(METRICS.keys() - set(BY_STAGE))


def entity(kpi: str) -> str:
    """Return the primary entity of a metric's semantic model, which its dimensions are named by."""
    return next(one["name"] for one in METRICS[kpi]["of"]["entities"] if one["type"] == "primary")


def slices() -> list[tuple[str, str]]:
    """Return each KPI with each dimension of it that its semantic model has, too."""
    return [
        (kpi, dimension)
        for kpi in OVERALL
        for dimension in ("channel", "stage", "health")
        if dimension in CATALOGUE[kpi]["dimensions"].split("|")
        and any(one["name"] == dimension for one in METRICS[kpi]["of"]["dimensions"])
        and METRICS[kpi]["of"]["name"] in {"orders", "sessions", "channel_performance"}
    ]


@pytest.fixture(scope="module")
def metrics(sample_state: StateDir) -> Iterator[Metrics]:
    """The engine over the sample."""
    from tests.pipeline.metricflow_kit import Metrics

    manifest = sample_state.dbt_target / "semantic_manifest.json"
    opened = Metrics(manifest, sample_state.published_database)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def published(sample_state: StateDir) -> Iterator[duckdb.DuckDBPyConnection]:
    """The sample's published marts."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{sample_state.published_database}' as marts_file (read_only)")
        connection.execute("use marts_file.marts")
        yield connection


def values(
    published: duckdb.DuckDBPyConnection, kpi: str, grain: str, dimension: str
) -> dict[tuple[Any, ...], Decimal]:
    """Return the known values of a KPI by period, and by slice but for `all`."""
    rows = published.execute(
        "select period_start, dimension_value, value from kpi_values "
        "where kpi = ? and period_grain = ? and dimension = ? and value is not null",
        [kpi, grain, dimension],
    ).fetchall()
    return {(start,) if dimension == "all" else (start, part): value for start, part, value in rows}


def asked(rows: list[tuple[Any, ...]]) -> dict[tuple[Any, ...], float]:
    """Return MetricFlow's rows in the same form, without those that have no day."""
    return {
        (start.date(), *parts): float(value or 0)
        for start, *parts, value in rows
        if start is not None
    }


def assert_equal(told: dict[tuple[Any, ...], float], known: dict[tuple[Any, ...], Decimal]) -> None:
    """Each known value is told; what is not told is nothing: no row, no sum."""
    assert known
    wrong = {
        key: (told.get(key), value)
        for key, value in known.items()
        if told.get(key, 0.0) != pytest.approx(float(value), rel=1e-8, abs=1e-9)
    }
    assert wrong == {}


@needs_metricflow
@pytest.mark.parametrize("kpi", OVERALL)
def test_a_metric_equals_its_kpi_by_every_grain(
    kpi: str, metrics: Metrics, published: duckdb.DuckDBPyConnection
) -> None:
    grains = CATALOGUE[kpi]["grains"].split("|")
    if METRICS[kpi]["of"]["name"] == "mrr_movements":
        grains = ["month"]
    for grain in grains:
        told = asked(metrics.query(kpi, f"metric_time__{grain}"))
        assert_equal(told, values(published, kpi, grain, "all"))


@needs_metricflow
@pytest.mark.parametrize(("kpi", "dimension"), slices())
def test_a_metric_equals_its_kpi_slice_by_slice(
    kpi: str, dimension: str, metrics: Metrics, published: duckdb.DuckDBPyConnection
) -> None:
    rows = metrics.query(kpi, "metric_time__month", f"{entity(kpi)}__{dimension}")
    assert_equal(asked(rows), values(published, kpi, "month", dimension))


@needs_metricflow
@pytest.mark.parametrize("kpi", BY_STAGE)
def test_entries_and_exits_are_those_of_each_framework(
    kpi: str, metrics: Metrics, published: duckdb.DuckDBPyConnection
) -> None:
    stage = {"stage_entries": "stage", "stage_exits": "previous_stage"}[kpi]
    frameworks = published.execute("select distinct framework from stages order by 1").fetchall()
    assert len(frameworks) > 5
    for (framework,) in frameworks:
        rows = metrics.query(
            kpi,
            "metric_time__month",
            f"interval__{stage}",
            where=f"{{{{ Dimension('interval__framework') }}}} = '{framework}'",
        )
        assert_equal(asked(rows), values(published, kpi, "month", f"stage:{framework}"))


def test_at_least_forty_kpis_are_metrics_under_the_catalogues_title_and_text() -> None:
    assert len(METRICS) >= 40
    for name, metric in METRICS.items():
        assert metric["label"] == CATALOGUE[name]["title"]
        assert metric["description"] == f"{{{{ doc('kpi_{name}') }}}}"


def test_the_page_names_each_kpi_that_is_no_metric_and_none_that_is() -> None:
    page = (DOCS / "semantic.md").read_text("utf-8").partition("## What is no metric")[2]
    told = re.findall(r"`(\w+)`", page)
    assert sorted(name for name in told if name in CATALOGUE) == sorted(
        CATALOGUE.keys() - METRICS.keys()
    )
