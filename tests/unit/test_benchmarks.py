"""The benchmark reads dbt's plan rightly, measures what it runs, and counts only ratios."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.benchmarks.joins import row_by_row_joins
from tests.benchmarks.measure import EVENT_COLUMNS, ORDER_COLUMNS, run_plan, run_scan
from tests.benchmarks.peers.__main__ import OURS, differences, page, refuse_other_answers
from tests.benchmarks.plan import plan_as_rows, read_plan, read_tests
from tests.benchmarks.report import exponent, ratio, render, share_table
from tests.benchmarks.whole_build import by_room, table
from tests.benchmarks.workload import profile_settings


def model(name: str, kind: str, sql: str, parents: list[str]) -> dict[str, Any]:
    """Return a model as dbt's manifest has it."""
    return {
        "resource_type": "model",
        "name": name,
        "relation_name": f'"working"."marts"."{name}"',
        "schema": "marts",
        "config": {"materialized": kind},
        "compiled_code": sql,
        "depends_on": {"nodes": parents},
    }


@pytest.fixture
def manifest() -> dict[str, Any]:
    """Return a project of one seed, a view, two tables and a model nobody asked for."""
    seed = {
        "resource_type": "seed",
        "name": "rules",
        "relation_name": '"working"."seeds"."rules"',
        "schema": "seeds",
    }
    seen = "select event_id from raw_db.raw.events"
    kept = 'select * from "working"."marts"."b_seen"'
    history = 'select kept.*, rule from "working"."marts"."a_kept" as kept, "working"."seeds".rules'
    return {
        "nodes": {
            "z": model("lifecycle_history", "table", history, ["a", "s", "source.raw.events"]),
            "a": model("a_kept", "table", kept, ["b"]),
            "b": model("b_seen", "view", seen, ["source.raw.events"]),
            "o": model("other", "table", "select 1", []),
            "s": seed,
        }
    }


def test_a_plan_holds_the_ancestors_of_its_target_parents_first(manifest: dict[str, Any]) -> None:
    plan = read_plan(manifest, "lifecycle_history")
    assert [node.name for node in plan] == ["b_seen", "rules", "a_kept", "lifecycle_history"]
    assert [node.kind for node in plan] == ["view", "seed", "table", "table"]


def test_a_model_in_python_is_planned_as_such(manifest: dict[str, Any]) -> None:
    manifest["nodes"]["a"]["language"] = "python"
    kinds = {node.name: node.kind for node in read_plan(manifest, "lifecycle_history")}
    assert kinds["a_kept"] == "python"


def test_a_plan_without_its_target_or_without_compiled_sql_is_refused(
    manifest: dict[str, Any],
) -> None:
    with pytest.raises(LookupError, match="no model lifecycle_futures"):
        read_plan(manifest, "lifecycle_futures")
    manifest["nodes"]["a"]["compiled_code"] = None
    with pytest.raises(LookupError, match="a_kept was not compiled"):
        read_plan(manifest, "lifecycle_history")


def test_a_measured_run_executes_every_node_and_counts_its_rows(
    manifest: dict[str, Any], tmp_path: Path
) -> None:
    with duckdb.connect(str(tmp_path / "raw.duckdb")) as raw:
        raw.execute("create schema raw.raw")
        raw.execute("create table raw.raw.events as select 'e' || i as event_id from range(7) t(i)")
        raw.execute("create table raw.raw.orders as select 'o' || i as order_id from range(3) t(i)")
    with duckdb.connect(str(tmp_path / "prepared.duckdb")) as prepared:
        prepared.execute("create schema seeds")
        prepared.execute("create table seeds.rules as select 'seen' as rule")
    job = {
        "settings": {"preserve_insertion_order": "false"},
        "raw": str(tmp_path / "raw.duckdb"),
        "prepared": str(tmp_path / "prepared.duckdb"),
        "scratch": str(tmp_path),
        "plan": plan_as_rows(read_plan(manifest, "lifecycle_history")),
    }
    measured = run_plan(job)
    rows = {node["name"]: node.get("rows") for node in measured["nodes"]}
    assert rows == {
        "b_seen": None,
        "rules": 1,
        "a_kept": 7,
        "lifecycle_history": 7,
        "(checkpoint)": None,
    }
    assert measured["wall"] == pytest.approx(sum(node["wall"] for node in measured["nodes"]))
    assert measured["peak"] > 1_000_000


def test_a_scan_of_empty_tables_is_an_error_not_a_short_yardstick(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "raw.duckdb")) as raw:
        raw.execute("create schema raw.raw")
        for table, columns in (("events", EVENT_COLUMNS), ("orders", ORDER_COLUMNS)):
            typed = columns.replace(",", " varchar,")
            raw.execute(f"create table raw.raw.{table} ({typed} varchar)")
    job = {
        "settings": {},
        "raw": str(tmp_path / "raw.duckdb"),
        "events": "raw_db.raw.events",
        "orders": "raw_db.raw.orders",
    }
    with pytest.raises(RuntimeError, match="read nothing"):
        run_scan(job)


def rounds() -> list[dict[str, Any]]:
    """Return three rounds whose ratios have the median 4, though the medians' ratio is 3."""

    def run(cpu: float) -> dict[str, Any]:
        nodes = [
            {"name": "seeds", "kind": "seed", "cpu": 0.0, "rows": 9},
            {"name": "a_view", "kind": "view", "cpu": 0.0},
            {"name": "history", "kind": "table", "cpu": cpu, "rows": 1234},
        ]
        return {"cpu": cpu, "wall": cpu, "peak": 2e9, "nodes": nodes}

    pairs = [(1.0, 4.0), (2.0, 6.0), (1.0, 12.0)]
    return [
        {"scan": {"cpu": scan, "wall": scan, "peak": 1e8}, "default": run(plan)}
        for scan, plan in pairs
    ]


def test_the_ratio_is_the_median_of_ratios_within_rounds() -> None:
    assert ratio(rounds(), "default", "cpu") == 4.0


def test_growth_proportional_to_the_size_has_exponent_one() -> None:
    assert exponent(0.5, 5.0, 10) == pytest.approx(1.0)
    assert exponent(0.5, 50.0, 10) == pytest.approx(2.0)


def test_the_page_states_ratio_memory_and_the_share_of_each_table() -> None:
    page = render(["# Scale T"], rounds())
    assert "| raw to lifecycle_history, default framework | 6.00 | 6.00 | 4.0 × | 4.0 × " in page
    assert "2.00 GB" in page
    assert "| history | 6.00 | 100.0 % | 1,234 |" in share_table(rounds())
    assert "a_view" not in page


def test_a_measured_run_uses_the_settings_of_the_dbt_profile(tmp_path: Path) -> None:
    settings = profile_settings(tmp_path)
    assert settings["preserve_insertion_order"] == "False"
    assert str(tmp_path) in settings["temp_directory"]


def test_a_join_without_an_equality_is_found_where_both_sides_have_many_rows() -> None:
    with duckdb.connect() as connection:
        connection.execute("create table many as select range as x, range % 7 as y from range(300)")
        connection.execute("create table few as from many limit 10")
        queries = {
            "equal": "select * from many as a inner join many as b on a.x = b.x and a.y < b.y",
            "constant": "select * from many as a left join few as b on a.x + b.x < 3",
            "crossed": "select * from many as a cross join many as b",
            "unequal": "select * from many as a inner join many as b on a.x < b.x",
            "outer": "select * from many as a left join many as b on a.y = b.y and a.x + b.x < 3",
        }
        found = row_by_row_joins(connection, queries, 200)
    assert {join.query for join in found} == {"crossed", "unequal", "outer"}
    assert all(join.rows == 300 for join in found)


def test_without_a_target_the_plan_is_every_model_and_tests_are_apart(
    manifest: dict[str, Any],
) -> None:
    models = {
        node["name"] for node in manifest["nodes"].values() if node["resource_type"] == "model"
    }
    assert models < {node.name for node in read_plan(manifest, None)}
    manifest["nodes"]["test.x"] = {
        "resource_type": "test",
        "name": "a_law",
        "compiled_code": "select 1;\n",
    }
    assert read_tests(manifest) == {"a_law": "select 1"}
    assert "a_law" not in {node.name for node in read_plan(manifest, None)}


def test_the_table_of_the_whole_build_says_which_goal_is_missed() -> None:
    parts = {
        "SQL of the lifecycle path": 10.0,
        "SQL of all models": 40.0,
        "SQL of all data tests": 12.1,
        "publishing": 5.0,
        "ingest of clean Parquet": 10.1,
    }
    fixed = {"a shop of ten rows, fresh state directory": 15.0, "the same, built again": 10.1}
    verdicts = {
        cells[1].strip(): cells[-2].strip()
        for cells in (line.split("|") for line in table(parts, fixed)[2:])
    }
    assert verdicts == {
        "SQL of the lifecycle path": "",
        "SQL of all models": "met",
        "SQL of all data tests": "missed",
        "ingest of clean Parquet": "missed",
        "publishing": "met",
        "a shop of ten rows, fresh state directory": "met",
        "the same, built again": "missed",
    }


def answer(path: Path, rows: str, columns: str = "period_start, persons") -> Path:
    """Write an answer as Parquet."""
    duckdb.sql(f"copy (from (values {rows}) as told ({columns})) to '{path}' (format parquet)")
    return path


def test_answers_are_compared_by_value_and_doubles_count(tmp_path: Path) -> None:
    own = answer(tmp_path / "own.parquet", "(date '2026-01-01', 3), (date '2026-01-02', 3)")
    same = answer(
        tmp_path / "same.parquet",
        "(3::smallint, timestamp '2026-01-02'), (3::smallint, timestamp '2026-01-01')",
        "persons, period_start",
    )
    more = answer(tmp_path / "more.parquet", "(date '2026-01-01', 3), (date '2026-01-02', 4)")
    twice = answer(tmp_path / "twice.parquet", "(date '2026-01-01', 3), (date '2026-01-01', 3)")
    assert [differences(own, other) for other in (own, same, more, twice)] == [0, 0, 2, 2]


def test_nothing_is_measured_where_a_library_answers_otherwise(tmp_path: Path) -> None:
    answer(tmp_path / f"rfm_{OURS}.parquet", "(date '2026-01-01', 3)")
    answer(tmp_path / "rfm_pandas.parquet", "(date '2026-01-01', 3)")
    answer(tmp_path / "rfm_polars.parquet", "(date '2026-01-01', 4)")
    refuse_other_answers("rfm", ["pandas"], tmp_path)
    with pytest.raises(SystemExit, match="polars answers rfm otherwise in 2 rows"):
        refuse_other_answers("rfm", ["pandas", "polars"], tmp_path)


def test_a_library_that_is_faster_is_told_as_a_goal_missed() -> None:
    told = page("S", {"cohorts": {OURS: [2.0], "pandas": [6.0], "polars": [1.0], "chdb": [2.0]}}, 1)
    verdicts = {
        line.split("|")[3].strip(): line.split("|")[-2].strip()
        for line in told.splitlines()
        if line.startswith("| cohorts")
    }
    assert verdicts == {"pandas": "met", "polars": "missed", "chdb": "met"}


def test_what_a_room_costs_is_what_its_models_cost() -> None:
    paths = {
        "stg_orders": "staging/stg_orders.sql",
        "filtered_orders": "staging/filtered/filtered_orders.sql",
        "int_orders": "intermediate/facts/int_orders.sql",
        "int_refunds": "intermediate/facts/int_refunds.sql",
        "orders": "marts/customers/orders.sql",
    }
    nodes = {
        name: {"name": name, "path": path, "resource_type": "model"} for name, path in paths.items()
    }
    seconds = {"stg_orders": 1.0, "int_orders": 2.0, "int_refunds": 4.0, "orders": 3.0}
    assert by_room(seconds | {"filtered_orders": 0.0}, {"nodes": nodes})[3:] == [
        "| intermediate/facts | 6.00 | 60.0 % |",
        "| marts/customers | 3.00 | 30.0 % |",
        "| staging | 1.00 | 10.0 % |",
    ]
