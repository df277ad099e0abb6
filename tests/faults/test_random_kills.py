"""`kill -9` at instants that nobody chose: twenty in builds, eight in ingest and in publishing.

The instants are drawn from a fixed seed, over the time that an undisturbed run or phase takes.
"""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from orchestration.pipeline.gate import gate
from orchestration.pipeline.publish import publish
from orchestration.pipeline.versions import versions
from orchestration.settings.paths import REPO_ROOT, StateDir
from orchestration.small_files import json_of
from tests.conftest import Lifecycle
from tests.pipeline.ingest_kit import Shop, make_shop, orders_csv
from tests.pipeline.small_shop import copy_of_shop
from tests.pipeline.test_build import marts
from tests.unit.finished_runs import identity, make_run, make_state
from tests.unit.test_publish import publish_rows, published_bytes, published_rows

pytestmark = pytest.mark.faults

COMMAND = str(Path(sys.executable).with_name("lifecycle"))
DRAWN = random.Random(20261126)
# The phases in which twenty builds are killed.
KILLED_IN = ("rules", *["ingest"] * 3, *["dbt"] * 13, "gate", *["publish"] * 2)


def run_for(command: Sequence[str], seconds: float | None) -> float:
    """Run a command; kill it and all it has started after so long; return how long it ran."""
    began = time.monotonic()
    with subprocess.Popen(
        command, cwd=REPO_ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
    if seconds is None:
        assert process.returncode == 0
    return time.monotonic() - began


def test_eight_kills_of_a_publication_leave_the_old_version_or_the_new_one(tmp_path: Path) -> None:
    state = make_state(tmp_path / "state")
    publish_rows(state, 5, "b1")
    command = [sys.executable, "-m", "tests.unit.finished_runs", str(state.root), "killed"]
    make_state(state.root, 20_000)
    lasts = run_for(command, None)
    for number in range(8):
        old = published_rows(state)
        before = published_bytes(state)
        rows = 30_000 + number
        make_state(state.root, rows)
        # The first half of the time goes into starting Python.
        run_for(command, lasts * DRAWN.uniform(0.4, 1.1))
        assert published_rows(state) in {old, rows}
        assert published_bytes(state) == before or published_rows(state) == rows
    make_state(state.root, 7)
    publish(state, gate(state, make_run(), identity("last")))
    assert published_rows(state) == 7
    assert [path.name for path in state.versions.iterdir() if path.name.startswith(".")] == []
    assert len(versions(state)) <= 5


def test_eight_kills_of_an_ingest_lose_and_double_no_row(tmp_path: Path) -> None:
    parts = {
        f"orders/{part:02}.csv": orders_csv(
            *(f"o{part}-{n},2026-01-03T11:00:00Z,paid,EUR,{n}.5" for n in range(300))
        )
        for part in range(40)
    }

    def ingest(shop: Shop) -> list[str]:
        return [
            COMMAND,
            "ingest",
            "--raw-dir",
            str(shop.raw_dir),
            "--state-dir",
            str(shop.state_dir),
        ]

    whole = make_shop(tmp_path / "whole", parts)
    lasts = run_for(ingest(whole), None)
    killed = make_shop(tmp_path / "killed", parts)
    for _ in range(8):
        run_for(ingest(killed), lasts * DRAWN.uniform(0.2, 0.9))
    run_for(ingest(killed), None)
    assert killed.content("orders") == whole.content("orders")
    assert killed.rows("select count(*) from raw.orders") == [(12_000,)]
    books = "select path, rows_read, rows_loaded, rows_duplicate, rows_quarantined "
    books += "from raw.ingest_files order by all"
    assert killed.rows(books) == whole.rows(books)


def test_twenty_kills_of_a_build_need_no_manual_step_and_the_marts_are_equal(
    tmp_path: Path, small_state: StateDir, lifecycle: Lifecycle
) -> None:
    """At random instants of its phases, and in dbt more often early than late.

    What a build has to do again after an early kill costs little, and hurts as much.
    """
    state, command = build_of_a_copy(small_state, tmp_path)
    before = marts(state)
    run_for(command, None)
    assert marts(state) == before
    lasts = json_of(state.last_build)["seconds"]
    killed_in: set[str] = set()
    for phase in KILLED_IN:
        kill_in(phase, DRAWN.random() ** 2 * lasts[phase], command, state)
        wait_until_nobody_writes(state)
        assert marts(state) == before
        told = lifecycle("status", "--state-dir", state.root)
        assert told.returncode == 0
        killed = re.search(r"killed in the phase (\w+)", told.stdout)
        assert killed or "outcome  published" in told.stdout
        killed_in |= {killed[1]} if killed else set()
    assert {"ingest", "dbt"} <= killed_in
    run_for(command, None)
    assert marts(state) == before
    assert "WRONG" not in lifecycle("doctor", "--state-dir", state.root).stdout
    verified = lifecycle("verify", "--state-dir", state.root)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert "is what the raw rows give" in verified.stdout
    assert not (state.root / "verify_tmp").exists()


def kill_in(phase: str, after: float, command: Sequence[str], state: StateDir) -> None:
    """Begin a build and kill it so many seconds after the beginning of a phase, or at its end."""
    earlier = json_of(state.last_build)["build_id"]
    with subprocess.Popen(
        command, cwd=REPO_ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        while process.poll() is None:
            told = json_of(state.last_build)
            if (told["phase"], told["build_id"] == earlier) == (phase, False):
                with suppress(subprocess.TimeoutExpired):
                    process.wait(after)
                process.kill()
            time.sleep(0.02)


def test_a_kill_reaches_the_process_of_dbt_as_well(tmp_path: Path, small_state: StateDir) -> None:
    """Else a build that was killed would go on writing beside the next one."""
    state, command = build_of_a_copy(small_state, tmp_path)
    with subprocess.Popen(
        command,
        cwd=REPO_ROOT,
        env=os.environ | {"LIFECYCLE_FAIL_POINT": "build.dbt_started"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        process.wait(300)
    assert process.returncode == -signal.SIGKILL
    wait_until_nobody_writes(state)


def build_of_a_copy(small_state: StateDir, folder: Path) -> tuple[StateDir, list[str]]:
    """Return a copy of the small shop's state and the command that builds there again."""
    state = copy_of_shop(small_state.root.parent, folder)
    landing = state.root.parent / "landing"
    return state, [COMMAND, "build", "--raw-dir", str(landing), "--state-dir", str(state.root)]


def wait_until_nobody_writes(state: StateDir) -> None:
    """A process that was killed lets go of its files soon, and so does dbt that it had started."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and _open_by(state.working_database):
        time.sleep(0.2)
    assert _open_by(state.working_database) == []


def _open_by(path: Path) -> list[str]:
    """Return the processes that have a file open."""
    found: list[str] = []
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if link.readlink() == path:
                found.append(str(link))
        except OSError:
            continue
    return found
