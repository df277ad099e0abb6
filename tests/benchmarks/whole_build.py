"""What the whole build costs beside the lifecycle path: ingest, all models, tests, publishing.

Belongs here: taking one whole build of the default framework apart, and its table. Does not belong
here: measuring one run (`measure`), the lifecycle path against the scan (`__main__`).

    python -m tests.benchmarks.whole_build --scale S [--home DIR]

The build runs once; its SQL is then run once more without dbt, each part in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from orchestration.settings.paths import StateDir
from tests.benchmarks.__main__ import run_once
from tests.benchmarks.plan import plan_as_rows, read_plan, read_tests
from tests.benchmarks.workload import (
    CUSTOMERS,
    ROOT,
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


def sql_parts(state: StateDir, scratch: Path) -> dict[str, float]:
    """Return the CPU seconds of a built state directory's SQL and of publishing it again."""
    manifest = json.loads((state.dbt_target / "manifest.json").read_text(encoding="utf-8"))
    base = {
        "raw": str(state.raw_database),
        "prepared": str(state.working_database),
        "settings": profile_settings(state.root),
    }
    path = {node.name for node in read_plan(manifest, TARGET_MODEL)}
    plan = plan_as_rows(read_plan(manifest, None))
    done = run_once({"what": "plan", "plan": plan, **base}, scratch)
    seconds = {node["name"]: float(node["cpu"]) for node in done["nodes"]}
    tests = {"what": "queries", "queries": list(read_tests(manifest).values()), **base}
    publishing = {"what": "publish", "state": str(state.root), **base}
    return {
        "SQL of the lifecycle path": sum(seconds[name] for name in path),
        "SQL of all models": sum(seconds.values()),
        "SQL of all data tests": float(run_once(tests, scratch)["cpu"]),
        "publishing": float(run_once(publishing, scratch)["cpu"]),
    }


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


def main() -> None:
    """Build the shop of a scale, take the build apart and print the table."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--scale", choices=list(CUSTOMERS), default="S")
    parser.add_argument("--home", type=Path, help="where the shop is kept; default var/bench/SCALE")
    given = parser.parse_args()
    home: Path = (given.home or ROOT / "var" / "bench" / given.scale).resolve()
    workload = prepare(home, CUSTOMERS[given.scale])
    state = StateDir.at(home / "whole")
    shutil.rmtree(state.root, ignore_errors=True)
    where = ("--raw-dir", str(workload.landing), "--state-dir", str(state.root))
    ingest = spent_by("lifecycle", "ingest", *where, state=state.root)
    rest = spent_by("lifecycle", "build", *where, state=state.root)
    with tempfile.TemporaryDirectory(dir=home) as folder:
        scratch = Path(folder)
        parts = {
            "`lifecycle build` after ingest": rest,
            **sql_parts(state, scratch),
            "ingest of clean Parquet": ingest,
        }
        print("\n".join(table(parts, fixed_costs(scratch))))


if __name__ == "__main__":
    main()
