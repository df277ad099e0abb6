"""Ask pandas, polars, chdb and this project the same three questions, and compare what it costs.

Belongs here: the environment of the libraries, equality of the answers, rounds, the page. Does not
belong here: how a side answers (`sides`, `ours`).

    python -m tests.benchmarks.peers --scale S [--home DIR] [--venv DIR]

Needs the state directory that `tests.benchmarks.whole_build` built. Answers are compared row by row
before anything is measured; a difference ends the run.
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

import duckdb

from orchestration.settings.paths import StateDir
from tests.benchmarks import call
from tests.benchmarks.__main__ import RESULTS, ROUNDS, revision
from tests.benchmarks.peers.ours import QUESTIONS, write_inputs
from tests.benchmarks.workload import ROOT

OURS = "customer-lifecycle"
LIBRARIES = {"pandas": "3.1.1", "polars": "2.1.0", "chdb": "4.4.0", "pyarrow": "26.0.1"}
SIDES = Path(__file__).with_name("sides.py")
# How many times as fast as each library an answer must be, by question.
GOALS: Mapping[str, Mapping[str, float]] = {
    "rfm": {"pandas": 3.0, "polars": 1.0, "chdb": 1.0},
    "cohorts": {"pandas": 3.0, "polars": 1.0, "chdb": 1.0},
    "activity": {"pandas": 1.0, "polars": 1.0, "chdb": 1.0},
}
TOLD = {
    "rfm": "order days, frequency, recency, age and mean value of each customer, for today and for "
    "both hold-outs",
    "cohorts": "customers, buyers, orders and revenue by cohort and month",
    "activity": "new, returning, resurrecting and dormant persons, by day, week, month, quarter "
    "and year, of anything, visits and orders",
}


def commands(python: Path, state: Path) -> dict[str, list[str]]:
    """Return how each side is called; question, inputs and output follow."""
    libraries = ("pandas", "polars", "chdb")
    return {name: [str(python), str(SIDES), name] for name in libraries} | {
        OURS: [sys.executable, "-m", "tests.benchmarks.peers.ours", str(state)]
    }


def ask(command: Sequence[str], question: str, folder: Path, output: Path) -> float:
    """Let one side answer in a process of its own and return its CPU seconds."""
    arguments = [*command, question, str(folder), str(output)]
    done = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")
    return float(done.stdout.split()[-1])


def differences(one: Path, other: Path) -> int:
    """Return how many rows stand in one answer and not in the other; doubles count."""
    with closing(duckdb.connect()) as connection:
        columns = connection.execute(f"describe from '{one}'").fetchall()
        # By name and as our own types: a library writes dates and widths as it likes.
        read = ", ".join(f'cast("{name}" as {of}) as "{name}"' for name, of, *_ in columns)
        found = connection.execute(
            f"with one as (select {read} from '{one}'), other as (select {read} from '{other}') "
            "select (select count(*) from (from one except all from other)) "
            "+ (select count(*) from (from other except all from one))"
        ).fetchone()
    assert found is not None
    return int(found[0])


def rounds_of(
    question: str, sides: Mapping[str, Sequence[str]], count: int, folder: Path
) -> dict[str, list[float]]:
    """Let all sides answer once for equality, then `count` times for their CPU seconds."""
    spent: dict[str, list[float]] = {name: [] for name in sides}
    for turn in range(-1, count):
        for name in list(sides)[:: 1 if turn % 2 == 0 else -1]:
            cpu = ask(sides[name], question, folder, folder / f"{question}_{name}.parquet")
            if turn >= 0:
                spent[name].append(cpu)
        if turn < 0:
            refuse_other_answers(question, list(sides), folder)
        told = ", ".join(f"{name} {times[-1]:.2f} s" for name, times in spent.items() if times)
        print(f"{question}: {told or 'the answers are equal'}", flush=True)
    return spent


def refuse_other_answers(question: str, sides: Sequence[str], folder: Path) -> None:
    """End the run where a library answers otherwise."""
    own = folder / f"{question}_{OURS}.parquet"
    for name in sides:
        found = differences(own, folder / f"{question}_{name}.parquet")
        if found:
            sys.exit(f"{name} answers {question} otherwise in {found} rows; nothing was measured.")


def page(scale: str, spent: Mapping[str, Mapping[str, Sequence[float]]], count: int) -> str:
    """Return the page of the results."""
    lines = [
        f"# Beside pandas, polars and chdb, scale {scale}",
        "",
        f"`python -m tests.benchmarks.peers --scale {scale}` at {revision()}: medians of CPU "
        f"seconds (user + system) of {count} rounds, each run in a process of its own, from the "
        "first byte of Parquet read to the answer in memory; all answers equal row by row. "
        f"{platform.machine()} with {os.cpu_count()} cores; the load was "
        f"{os.getloadavg()[2]:.1f}. "
        + ", ".join(f"{name} {version}" for name, version in LIBRARIES.items())
        + f", DuckDB {duckdb.__version__}.",
        "",
        f"| question | {OURS} | library | CPU s | times as fast | goal | |",
        "|---|---:|---|---:|---:|---:|---|",
    ]
    for question, times in spent.items():
        own = statistics.median(times[OURS])
        for name, goal in GOALS[question].items():
            theirs = statistics.median(times[name])
            verdict = "met" if theirs / own >= goal else "missed"
            lines.append(
                f"| {question} | {own:.3f} | {name} | {theirs:.3f} | {theirs / own:.2f} × | "
                f"≥ {goal:g} × | {verdict} |"
            )
    lines += ["", *(f"- **{name}**: {told}." for name, told in TOLD.items())]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Ask everybody everything, print the page and keep it."""
    called = call.parser(__doc__)
    called.add_argument("--venv", type=Path, help="environment of the libraries, made if missing")
    given = called.parse_args()
    home = call.home_of(given)
    state = StateDir.at(home / "whole")
    if not state.working_database.exists():
        sys.exit(f"{state.root} holds no build; run `make bench SCALE={given.scale}` first.")
    pinned = [f"{name}=={version}" for name, version in LIBRARIES.items()]
    python = call.environment(given.venv or home / "peers", pinned)
    count = ROUNDS[given.scale]
    with tempfile.TemporaryDirectory(dir=home) as scratch:
        folder = Path(scratch)
        write_inputs(state, folder)
        sides = commands(python, state.root)
        spent = {name: rounds_of(name, sides, count, folder) for name in QUESTIONS}
    text = page(given.scale, spent, count)
    print(text)
    if not given.no_record:
        (RESULTS / f"peers_{given.scale}.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
