"""One measured run in a process of its own, so that its peak memory is its own.

Belongs here: executing the scan, a plan, queries or a publication, and reading the meters.
Does not belong here: how often and in which order runs happen (`__main__`).

    python -m tests.benchmarks.measure JOB.json

prints one JSON object: wall and CPU seconds (user + system), the largest resident set in bytes,
and for a plan the same seconds and the rows of every node.
"""

from __future__ import annotations

import json
import resource
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from orchestration.database_files import attach_fresh
from orchestration.pipeline.dbt_run import BuildIdentity
from orchestration.pipeline.gate import GatePass, fingerprint, judge_tables, read_marts
from orchestration.pipeline.publish import publish
from orchestration.settings.paths import StateDir
from tests.benchmarks.plan import Node
from tests.python_model import run_compiled

# What the lifecycle reads of each event and order, and nothing else; signals such as `review` take
# their value from `properties`.
EVENT_COLUMNS = (
    "event_id, event_name, occurred_at, received_at, anonymous_id, user_id, session_id, value, "
    "currency, properties"
)
ORDER_COLUMNS = (
    "order_id, customer_id, anonymous_id, created_at, updated_at, cancelled_at, delivered_at, "
    "status, currency, total_shipping, total_tax, total_price, is_test, is_deleted, received_at"
)


def scan_query(events: str, orders: str) -> str:
    """Return the yardstick: one query that reads the columns above and reduces them to one row."""
    return (
        f"select (select bit_xor(hash({EVENT_COLUMNS})) from {events}), "
        f"(select bit_xor(hash({ORDER_COLUMNS})) from {orders})"
    )


@contextmanager
def metered(meter: dict[str, Any]) -> Iterator[None]:
    """Add the wall and CPU seconds of the block to `meter`."""
    wall, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF)
    yield
    after = resource.getrusage(resource.RUSAGE_SELF)
    meter["wall"] = time.perf_counter() - wall
    meter["cpu"] = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def connect(job: Mapping[str, Any], database: Path | str) -> duckdb.DuckDBPyConnection:
    """Open `database` with the settings of the dbt profile and the raw database attached."""
    connection = duckdb.connect(str(database), read_only=job.get("read_only", False))
    for name, value in job["settings"].items():
        connection.execute(f"set {name} = '{value}'")
    connection.execute(f"attach '{job['raw']}' as raw_db (read_only)")
    return connection


def run_scan(job: Mapping[str, Any]) -> dict[str, Any]:
    """Measure the yardstick."""
    connection = connect(job, ":memory:")
    meter: dict[str, Any] = {}
    with metered(meter):
        row = connection.execute(scan_query(job["events"], job["orders"])).fetchone()
    if row is None or None in row:
        raise RuntimeError(f"the scan read nothing: {row}")
    return meter


def run_plan(job: Mapping[str, Any]) -> dict[str, Any]:
    """Measure every node of the plan and the closing checkpoint, from an empty database."""
    working = Path(job["scratch"]) / "working.duckdb"
    for leftover in (working, working.with_suffix(".duckdb.wal")):
        leftover.unlink(missing_ok=True)
    connection = connect(job, ":memory:")
    attach_fresh(connection, working, "working")
    connection.execute("use working")
    connection.execute(f"attach '{job['prepared']}' as prepared (read_only)")
    plan = [Node(**row) for row in job["plan"]]
    nodes: list[dict[str, Any]] = []
    for schema in sorted({node.schema for node in plan}):
        connection.execute(f'create schema if not exists "{schema}"')
    for node in plan:
        meter: dict[str, Any] = {"name": node.name, "kind": node.kind}
        statement = node.statement()
        if node.kind == "seed":
            copy = f'prepared."{node.schema}"."{node.name}"'
            statement = f"create table {node.relation} as select * from {copy}"
        with metered(meter):
            if node.kind == "python":
                run_compiled(connection, node.relation, node.sql)
            else:
                connection.execute(statement)
        nodes.append(meter)
    closing: dict[str, Any] = {"name": "(checkpoint)", "kind": "table"}
    with metered(closing):
        connection.execute("checkpoint working")
    total = {
        "wall": sum(node["wall"] for node in [*nodes, closing]),
        "cpu": sum(node["cpu"] for node in [*nodes, closing]),
        "peak": peak_bytes(),
    }
    for meter, node in zip(nodes, plan, strict=True):
        if node.kind != "view":
            counted = connection.execute(f"select count(*) from {node.relation}").fetchone()
            meter["rows"] = counted[0] if counted else 0
    connection.close()
    return {**total, "nodes": [*nodes, closing], "database": working.stat().st_size}


def run_queries(job: Mapping[str, Any]) -> dict[str, Any]:
    """Measure reading what queries over a finished database find, as dbt reads its data tests."""
    connection = connect({**job, "read_only": True}, job["prepared"])
    nodes: list[dict[str, Any]] = []
    for name, query in job["queries"].items():
        meter: dict[str, Any] = {"name": name}
        with metered(meter):
            connection.execute(query).fetchall()
        nodes.append(meter)
    return {"cpu": sum(node["cpu"] for node in nodes), "nodes": nodes}


def run_publish(job: Mapping[str, Any]) -> dict[str, Any]:
    """Measure the first publication of a built state directory; what it had published goes.

    Of a version that is there already, everything unchanged would be a link.
    """
    state = StateDir.at(Path(job["state"]))
    manifest = json.loads((state.dbt_target / "manifest.json").read_text(encoding="utf-8"))
    working = fingerprint(state)
    assert working is not None
    marts, _ = judge_tables(state, read_marts(manifest))
    shutil.rmtree(state.published, ignore_errors=True)
    judged = GatePass(BuildIdentity("bench", "", "", ""), marts, working, 0, ())
    meter: dict[str, Any] = {}
    with metered(meter):
        publish(state, judged)
    return meter


def peak_bytes() -> int:
    """Return the largest resident set of this process so far; Linux counts in KiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


RUNS = {"scan": run_scan, "plan": run_plan, "queries": run_queries, "publish": run_publish}


def main() -> None:
    """Run the job of the JSON file named on the command line and print its meters."""
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    result = RUNS[job["what"]](job)
    print(json.dumps({"peak": peak_bytes(), **result}))


if __name__ == "__main__":
    main()
