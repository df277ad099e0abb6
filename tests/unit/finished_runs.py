"""A finished dbt run made by hand: small enough to plant any fault, real enough to be published.

Run as a script it publishes once, so that a test can kill it at a fail point.
"""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb

from orchestration.pipeline.dbt_run import BuildIdentity, DbtRun, NodeResult
from orchestration.pipeline.gate import gate
from orchestration.pipeline.publish import publish
from orchestration.settings.paths import StateDir
from orchestration.version_files import write_manifest

INVOCATION = "11111111-2222-3333-4444-555555555555"
PROJECT = "customer_lifecycle"


def identity(build_id: str) -> BuildIdentity:
    return BuildIdentity(build_id, "rules", "inputs", "0.1.0")


def make_state(root: Path, rows: int = 5) -> StateDir:
    """Make a state directory with a raw ledger and a working database of two marts."""
    state = StateDir.at(root)
    state.root.mkdir(parents=True, exist_ok=True)
    if not state.raw_database.exists():
        with duckdb.connect(str(state.raw_database)) as raw:
            raw.execute("create schema raw.raw")
            raw.execute(
                "create table raw.raw.ingest_files as select 'events.csv' as path, 3 as rows_read, "
                "1 as rows_loaded, 1 as rows_duplicate, 1 as rows_quarantined, "
                "0 as rows_set_aside, 's' as sha256"
            )
    state.working_database.unlink(missing_ok=True)
    with duckdb.connect(str(state.working_database)) as working:
        working.execute("create schema marts")
        working.execute("create schema staging")
        working.execute("create table staging.private as select 'jane@example.org' as email")
        working.execute(
            "create table marts.subjects as "
            f"select 'customer:' || ({rows} - i) as subject_id, i * 1.5 as net_revenue, "
            "date '2026-01-01' + i::integer as first_seen_on, {'a': i} as detail "
            f"from range({rows}) as numbers(i)"
        )
        working.execute("create table marts.build_info as select 'b' as build_id")
    return state


@contextmanager
def version_by_hand(state: StateDir, name: str = "20260101T000000000000Z-b1") -> Generator[Path]:
    """Lend the path of a version's database; once that is made, readers see the version."""
    version = state.versions / name
    version.mkdir(parents=True, exist_ok=True)
    yield version / "lifecycle.duckdb"
    show_version(version)


def show_version(version: Path) -> None:
    """Write the manifest of what lies in a version's directory, and let readers see it."""
    write_manifest(version, {})
    published = version.parents[1]
    for link, target in (
        (published / "current", Path("versions") / version.name),
        (published / "lifecycle.duckdb", Path("current") / "lifecycle.duckdb"),
    ):
        link.unlink(missing_ok=True)
        link.symlink_to(target)


def make_run(**changes: Any) -> DbtRun:
    """Return a run in which everything is well, with the changes a test asks for."""
    nodes = {
        f"model.{PROJECT}.subjects": _mart(
            "subjects",
            "lifecycle",
            ["subject_id", "net_revenue", "first_seen_on", "detail"],
            ["subject_id"],
        ),
        f"model.{PROJECT}.build_info": _mart(
            "build_info", "operations", ["build_id"], ["build_id"]
        ),
        f"test.{PROJECT}.subjects_key": _test("subjects_key", "subjects"),
        f"test.{PROJECT}.build_info_key": _test("build_info_key", "build_info"),
    }
    results = tuple(
        NodeResult(unique_id, "pass" if "test." in unique_id else "success", 0, "", 0.1)
        for unique_id in nodes
    )
    run = DbtRun(INVOCATION, 0, results, INVOCATION, {"nodes": nodes}, ())
    return replace(run, **changes)


def _mart(name: str, folder: str, columns: list[str], key: list[str]) -> dict[str, Any]:
    return {
        "resource_type": "model",
        "name": name,
        "alias": name,
        "schema": "marts",
        "path": f"marts/{folder}/{name}.sql",
        "description": f"The {name}.\nOne row per {key[0]}.",
        "columns": {
            column: {"name": column, "description": f"It's {column}."} for column in columns
        },
        "config": {
            "materialized": "table",
            "contract": {"enforced": True},
            "meta": {"primary_key": key},
        },
    }


def _test(name: str, model: str) -> dict[str, Any]:
    return {
        "resource_type": "test",
        "name": name,
        "config": {"materialized": "test"},
        "depends_on": {"nodes": [f"model.{PROJECT}.{model}"]},
    }


if __name__ == "__main__":
    publishing = StateDir.at(Path(sys.argv[1]))
    build_id = sys.argv[2]
    gate_pass = gate(publishing, make_run(), identity(build_id))
    publish(publishing, gate_pass)
