"""What the whole build costs beside the lifecycle path: ingest, all models, tests, publishing.

Belongs here: taking one whole build of the default framework apart, and its table. Does not belong
here: measuring one run (`measure`), the lifecycle path against the scan (`__main__`).

    python -m tests.benchmarks.whole_build --scale S [--home DIR]

The build runs once; its SQL is then run once more without dbt, each part in a process of its own.
The page in `results` lists the rooms, and the dearest models and data tests of that run.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

from orchestration.settings.paths import StateDir
from tests.benchmarks import call
from tests.benchmarks.__main__ import RESULTS, revision, run_once
from tests.benchmarks.plan import plan_as_rows, read_plan, read_tests
from tests.benchmarks.workload import (
    CUSTOMERS,
    TARGET_MODEL,
    command,
    prepare,
    profile_settings,
)
from tests.pipeline.small_shop import write_small_shop

# Part, what it is divided by, and how many times that it may cost at most (CPU seconds).
GOALS = (
    ("SQL of all models", "SQL of the lifecycle path", 4.0),
    ("SQL of all data tests", "SQL of all models", 0.3),
    ("ingest of clean Parquet", "SQL of the lifecycle path", 1.0),
    ("publishing", "SQL of the lifecycle path", 0.5),
)
LISTED = 40
# CPU seconds of a shop of ten rows.
FIXED_GOALS = {"a shop of ten rows, fresh state directory": 15.0, "the same, built again": 10.0}


def spent_by(*arguments: str, state: Path) -> float:
    """Return the CPU seconds of a command and all that it starts."""
    before = os.times()
    command(*arguments, state=state)
    after = os.times()
    return (
        after.children_user + after.children_system - before.children_user - before.children_system
    )


def sql_seconds(state: StateDir, scratch: Path) -> dict[str, dict[str, float]]:
    """Return the CPU seconds of each model and each data test of a built state directory."""
    manifest = read_manifest(state)
    plan = plan_as_rows(read_plan(manifest, None))
    jobs = {
        "models": {"what": "plan", "plan": plan},
        "data tests": {"what": "queries", "queries": read_tests(manifest)},
    }
    return {
        kind: {
            node["name"]: float(node["cpu"])
            for node in run_once({**job, **base_job(state)}, scratch)["nodes"]
        }
        for kind, job in jobs.items()
    }


def sql_parts(
    state: StateDir, seconds: Mapping[str, Mapping[str, float]], scratch: Path
) -> dict[str, float]:
    """Return the CPU seconds of the SQL, and of publishing its marts for the first time."""
    path = {node.name for node in read_plan(read_manifest(state), TARGET_MODEL)}
    publishing = {"what": "publish", "state": str(state.root), **base_job(state)}
    return {
        "SQL of the lifecycle path": sum(seconds["models"][name] for name in path),
        "SQL of all models": sum(seconds["models"].values()),
        "SQL of all data tests": sum(seconds["data tests"].values()),
        "publishing": float(run_once(publishing, scratch)["cpu"]),
    }


def base_job(state: StateDir) -> dict[str, Any]:
    """Return what every measured run of a state directory is told."""
    return {
        "raw": str(state.raw_database),
        "prepared": str(state.working_database),
        "settings": profile_settings(state.root),
    }


def read_manifest(state: StateDir) -> dict[str, Any]:
    """Return what dbt built."""
    return json.loads((state.dbt_target / "manifest.json").read_text(encoding="utf-8"))


def fixed_costs(scratch: Path) -> dict[str, float]:
    """Return the CPU seconds of a shop of ten rows, built and built again."""
    landing, state = write_small_shop(scratch / "ten_rows"), scratch / "ten_rows_state"
    build = ("lifecycle", "build", "--raw-dir", str(landing), "--state-dir", str(state))
    return {name: spent_by(*build, state=state) for name in FIXED_GOALS}


def table(parts: Mapping[str, float], fixed: Mapping[str, float]) -> list[str]:
    """Return the table: each part, what it may cost, and whether it does."""
    lines = ["| part | CPU s | times | of | goal | |", "|---|---:|---:|---|---:|---|"]
    lines += [
        f"| {name} | {seconds:.2f} | | | | |"
        for name, seconds in parts.items()
        if name not in {part for part, _, _ in GOALS}
    ]
    for part, of, most in GOALS:
        times = parts[part] / parts[of]
        verdict = "met" if times <= most else "missed"
        lines.append(
            f"| {part} | {parts[part]:.2f} | {times:.2f} × | {of} | ≤ {most} × | {verdict} |"
        )
    for name, most in FIXED_GOALS.items():
        verdict = "met" if fixed[name] <= most else "missed"
        lines.append(f"| {name} | {fixed[name]:.1f} | | | ≤ {most:.0f} s | {verdict} |")
    return lines


def dearest(seconds: Mapping[str, Mapping[str, float]]) -> list[str]:
    """Return the models and the data tests that cost most, each with its share of its kind."""
    lines: list[str] = []
    for kind, spent in seconds.items():
        lines += ["", f"| dearest {kind} | CPU s | share |", "|---|---:|---:|"]
        ranked = sorted(spent.items(), key=lambda pair: (-pair[1], pair[0]))[:LISTED]
        total = sum(spent.values())
        lines += [f"| {name} | {cpu:.2f} | {100 * cpu / total:.1f} % |" for name, cpu in ranked]
    return lines


def by_room(seconds: Mapping[str, float], manifest: Mapping[str, Any]) -> list[str]:
    """Return what the models of each room cost, and what share of all that is."""
    rooms: dict[str, float] = {}
    for node in manifest["nodes"].values():
        if node["name"] in seconds and node["resource_type"] == "model":
            layer, *folders = Path(node["path"]).parent.parts
            name = layer if layer == "staging" else "/".join([layer, *folders[:1]])
            rooms[name] = rooms.get(name, 0) + seconds[node["name"]]
    total = sum(rooms.values())
    ranked = sorted(rooms.items(), key=lambda pair: (-pair[1], pair[0]))
    return [
        *("", "| room of models | CPU s | share |", "|---|---:|---:|"),
        *(f"| {name} | {cpu:.2f} | {100 * cpu / total:.1f} % |" for name, cpu in ranked),
    ]


def main() -> None:
    """Build the shop of a scale, take the build apart, print the page and keep it."""
    given = call.parser(__doc__).parse_args()
    home = call.home_of(given)
    workload = prepare(home, CUSTOMERS[given.scale])
    state = StateDir.at(home / "whole")
    shutil.rmtree(state.root, ignore_errors=True)
    where = ("--raw-dir", str(workload.landing), "--state-dir", str(state.root))
    ingest = spent_by("lifecycle", "ingest", *where, state=state.root)
    rest = spent_by("lifecycle", "build", *where, state=state.root)
    with tempfile.TemporaryDirectory(dir=home) as folder:
        scratch = Path(folder)
        seconds = sql_seconds(state, scratch)
        parts = {
            "`lifecycle build` after ingest": rest,
            **sql_parts(state, seconds, scratch),
            "ingest of clean Parquet": ingest,
        }
        fixed = fixed_costs(scratch)
    head = [
        f"# The whole build at scale {given.scale}",
        "",
        f"`python -m tests.benchmarks.whole_build --scale {given.scale}` at {revision()}: one run, "
        f"CPU seconds (user + system), on {platform.machine()} with {os.cpu_count()} cores, "
        f"DuckDB {duckdb.__version__}; the load was {os.getloadavg()[2]:.1f}.",
        "",
    ]
    rooms = by_room(seconds["models"], read_manifest(state))
    missed = ["", "What is missed, and what was tried: [misses](misses.md)."]
    page = "\n".join([*head, *table(parts, fixed), *missed, *rooms, *dearest(seconds)]) + "\n"
    print(page)
    if not given.no_record:
        (RESULTS / f"whole_build_{given.scale}.md").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
