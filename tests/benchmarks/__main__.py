"""Measure raw SQL against the scan, by the protocol below, and write the record.

    python -m tests.benchmarks --scale M [--rounds 5] [--home DIR] [--memory-limit 1GB]

Every run is a process of its own. A round runs each contestant once; odd rounds run them in the
opposite order, so that a machine that warms up or throttles favours none. One round before the
first is thrown away: it fills the page cache.
"""

from __future__ import annotations

import json
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb

from tests.benchmarks import call
from tests.benchmarks.joins import row_by_row_joins
from tests.benchmarks.measure import connect
from tests.benchmarks.report import exponent, middle, ratio, render
from tests.benchmarks.workload import (
    CUSTOMERS,
    DAYS,
    ROOT,
    SEED,
    Workload,
    compile_plan,
    prepare,
    profile_settings,
)

RESULTS = Path(__file__).resolve().parent / "results"
ROUNDS = {"S": 5, "M": 5, "L": 3}
# More than 24 months have days; S has 10,000 customers.
MOST_ROWS_JOINED_ROW_BY_ROW = 2_000


def run_once(job: Mapping[str, Any], scratch: Path) -> dict[str, Any]:
    """Run one job in a process of its own and return its meters."""
    with tempfile.TemporaryDirectory(dir=scratch) as directory:
        description = Path(directory) / "job.json"
        settings = {**job["settings"], "temp_directory": f"{directory}/spill"}
        text = json.dumps({**job, "settings": settings, "scratch": directory})
        description.write_text(text, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.measure", str(description)],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    return json.loads(done.stdout)


def contestants(workload: Workload, memory_limit: str) -> dict[str, dict[str, Any]]:
    """Return the job of each contestant, the yardstick first."""
    settings = profile_settings(workload.home)
    if memory_limit:
        settings["memory_limit"] = memory_limit
    base = {"raw": str(workload.raw), "settings": settings}
    tables = {"events": "raw_db.raw.events", "orders": "raw_db.raw.orders"}
    files = {"events": workload.parquet("events"), "orders": workload.parquet("orders")}
    return {
        "scan": {"what": "scan", **tables, **base},
        "parquet": {"what": "scan", **files, **base},
        "default": {**compile_plan(workload, ""), **base},
        "all": {**compile_plan(workload, "all"), **base},
    }


def refuse_row_by_row_joins(jobs: Mapping[str, Mapping[str, Any]]) -> None:
    """End the benchmark where a plan joins what grows with the shop row by row."""
    for name, job in jobs.items():
        if "plan" not in job:
            continue
        queries = {node["name"]: node["sql"] for node in job["plan"] if node["sql"]}
        with closing(connect(job, job["prepared"])) as prepared:
            found = row_by_row_joins(prepared, queries, MOST_ROWS_JOINED_ROW_BY_ROW)
        if found:
            sys.exit("\n".join([f"The plan {name} is quadratic:", *(j.told() for j in found)]))


def take_rounds(
    jobs: Mapping[str, Any], count: int, scratch: Path
) -> Iterator[list[dict[str, Any]]]:
    """Run a warm-up and `count` rounds; after each round, yield the meters of all so far."""
    rounds: list[dict[str, Any]] = []
    for turn in range(-1, count):
        order = list(jobs)[:: 1 if turn % 2 == 0 else -1]
        taken = {name: run_once(jobs[name], scratch) for name in order}
        told = ", ".join(f"{name} {taken[name]['cpu']:.2f} s" for name in jobs)
        print(f"{'warm-up' if turn < 0 else f'round {turn + 1}'}: {told}", flush=True)
        if turn >= 0:
            rounds.append(taken)
            yield rounds


def revision() -> str:
    """Return the short id of the commit that is measured."""
    told = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],  # noqa: S607 - git of the developer's path
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    return told or "no commit"


def title(scale: str, workload: Workload, rounds: int, memory_limit: str) -> list[str]:
    """Return what must be known to read the table."""
    with duckdb.connect(str(workload.raw), read_only=True) as connection:
        sizes = connection.execute(
            "select (select count(*) from raw.raw.events), (select count(*) from raw.raw.orders)"
        ).fetchone()
    events, orders = sizes or (0, 0)
    limit = f", memory_limit {memory_limit}" if memory_limit else ""
    return [
        f"# Scale {scale}",
        "",
        f"`make bench SCALE={scale}` at {revision()}: {CUSTOMERS[scale]:,} customers, "
        f"{DAYS} days, seed {SEED}: {events:,} events, {orders:,} orders. "
        f"DuckDB {duckdb.__version__}, Python {platform.python_version()}, "
        f"{platform.machine()}{limit}. Medians of {rounds} interleaved rounds after one warm-up, "
        "each run in a process of its own. CPU seconds are user + system.",
    ]


def growth(scale: str, rounds: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the exponents of growth from the next smaller scale with a record."""
    order = list(CUSTOMERS)
    smaller = order[order.index(scale) - 1] if order.index(scale) else ""
    record = RESULTS / f"{smaller}.json"
    if not smaller or not record.exists():
        return []
    before = json.loads(record.read_text(encoding="utf-8"))["cpu"]
    times = CUSTOMERS[scale] / CUSTOMERS[smaller]
    told = ", ".join(
        f"{name} {exponent(before[name], middle(rounds, name, 'cpu'), times):.2f}"
        for name in ("scan", "default", "all")
    )
    return [f"Growth from {smaller} to {scale}, exponent in CPU seconds: {told}.", ""]


def main() -> None:
    """Prepare the scale, measure it, print the page and write it into `results`."""
    called = call.parser(__doc__)
    called.add_argument("--rounds", type=int, help="default 5, at L 3")
    called.add_argument("--memory-limit", default="", help="DuckDB's memory_limit for every run")
    given = called.parse_args()
    count = given.rounds or ROUNDS[given.scale]
    home = call.home_of(given)
    workload = prepare(home, CUSTOMERS[given.scale])
    jobs = contestants(workload, given.memory_limit)
    refuse_row_by_row_joins(jobs)
    page = ""
    for rounds in take_rounds(jobs, count, home):
        page = render(title(given.scale, workload, len(rounds), given.memory_limit), rounds)
        page += "\n".join(["", *growth(given.scale, rounds)])
        if not given.no_record:
            stem = given.scale + (f"_{given.memory_limit}" if given.memory_limit else "")
            record(stem, page, rounds)
    print(page)


def record(stem: str, page: str, rounds: Sequence[Mapping[str, Any]]) -> None:
    """Write the page and the figures that the next larger scale compares itself with."""
    names = [name for name in rounds[0] if name != "parquet"]
    figures = {
        "cpu": {name: round(middle(rounds, name, "cpu"), 3) for name in names},
        "times_scan": {name: round(ratio(rounds, name, "cpu"), 2) for name in names},
        "peak_bytes": {name: max(turn[name]["peak"] for turn in rounds) for name in names},
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{stem}.md").write_text(page, encoding="utf-8")
    text = json.dumps(figures, indent=2, sort_keys=True) + "\n"
    (RESULTS / f"{stem}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
