"""Measure `daily_build` through Dagster against the same `lifecycle build` by the command line.

    python -m tests.benchmarks.overhead [--rounds 3] [--no-record]

Belongs here: the pairs, their limit and their page in `results`. Does not belong here: what the SQL
costs (`__main__`).

Both build the shipped sample into a fresh state directory, each in a process of its own; CPU
seconds are those of the process and its children, user + system. Odd rounds run the pair in the
opposite order. Parsing dbt for the definitions, once per change of the project, is done before.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from orchestration.dagster_home.dbt_manifest import read_manifest
from orchestration.dagster_home.dev import dagster_environment
from orchestration.settings.paths import REPO_ROOT, SAMPLE_DIR, StateDir

RESULT = Path(__file__).resolve().parent / "results" / "overhead.md"
# issue: daily_build through Dagster costs at most this many times the command line.
MOST_TIMES = 1.6
COMMANDS = {
    "cli": [str(Path(sys.executable).with_name("lifecycle")), "build"],
    "dagster": [
        *(sys.executable, "-m", "dagster", "job", "execute"),
        *("-m", "orchestration.dagster_home.definitions", "-j", "daily_build"),
    ],
}


def spent(name: str, state: StateDir, raw_dir: Path = SAMPLE_DIR) -> dict[str, float]:
    """Build into an empty state directory and return the CPU and wall seconds it took."""
    environment = dagster_environment(state, "127.0.0.1", 3000, os.environ)
    environment |= {"LIFECYCLE_RAW_DIR": str(raw_dir)}
    Path(environment["LIFECYCLE_DAGSTER_LOGS"]).mkdir(parents=True)
    if name == "dagster":
        read_manifest(state)
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(
        COMMANDS[name],
        cwd=REPO_ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode or not state.published_database.exists():
        raise RuntimeError((done.stdout + done.stderr)[-4000:])
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return {"cpu": cpu, "wall": wall}


def take_rounds(count: int) -> list[dict[str, dict[str, float]]]:
    """Return the meters of both, round by round."""
    rounds: list[dict[str, dict[str, float]]] = []
    for turn in range(count):
        taken: dict[str, dict[str, float]] = {}
        for name in list(COMMANDS)[:: 1 if turn % 2 == 0 else -1]:
            scratch = Path(tempfile.mkdtemp(prefix="overhead-"))
            try:
                taken[name] = spent(name, StateDir.at(scratch / "state"))
            finally:
                shutil.rmtree(scratch)
        rounds.append(taken)
        told = ", ".join(f"{name} {taken[name]['cpu']:.1f} s" for name in COMMANDS)
        print(f"round {turn + 1}: {told}, {times(taken, 'cpu'):.2f} x", flush=True)
    return rounds


def times(taken: Mapping[str, Mapping[str, float]], meter: str) -> float:
    """Return how many times the command line Dagster costs."""
    return taken["dagster"][meter] / taken["cli"][meter]


def render(rounds: list[dict[str, dict[str, float]]], revision: str) -> str:
    """Return the page."""
    lines = [
        "# Dagster against the command line",
        "",
        f"`python -m tests.benchmarks.overhead` at {revision}: the shipped sample into a fresh "
        f"state directory, medians of {len(rounds)} pairs. CPU seconds are user + system, "
        f"children included; the load was {os.getloadavg()[2]:.1f} on {os.cpu_count()} cores.",
        "",
        "| what | CPU s | wall s |",
        "|---|---:|---:|",
    ]
    for name, text in (("cli", "`lifecycle build`"), ("dagster", "`daily_build` through Dagster")):
        cpu, wall = (
            statistics.median(turn[name][meter] for turn in rounds) for meter in ("cpu", "wall")
        )
        lines.append(f"| {text} | {cpu:.1f} | {wall:.1f} |")
    for meter in ("cpu", "wall"):
        ratios = sorted(times(turn, meter) for turn in rounds)
        limit = f" (limit {MOST_TIMES})" if meter == "cpu" else ""
        lines += [
            "",
            f"Times the command line, {meter}: {statistics.median(ratios):.2f}{limit}, "
            f"from {ratios[0]:.2f} to {ratios[-1]:.2f}.",
        ]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Measure, print, record, and fail above the limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-record", action="store_true", help="print, but write no result")
    given = parser.parse_args()
    rounds = take_rounds(given.rounds)
    revision = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],  # noqa: S607 - git of the developer's path
        cwd=REPO_ROOT,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    page = render(rounds, revision or "no commit")
    print(page)
    if not given.no_record:
        RESULT.write_text(page, encoding="utf-8")
    return int(statistics.median(times(turn, "cpu") for turn in rounds) > MOST_TIMES)


if __name__ == "__main__":
    sys.exit(main())
