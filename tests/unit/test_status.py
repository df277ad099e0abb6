"""What `lifecycle status` tells of builds that were killed and files that cannot be read."""

import io
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from orchestration.command.console import plain_console, show_status
from orchestration.pipeline.build_record import BuildRecord
from orchestration.pipeline.lock import build_lock
from orchestration.pipeline.status import read_status
from orchestration.settings.paths import REPO_ROOT, StateDir

BUILD = (
    "import sys\n"
    "from pathlib import Path\n"
    "from orchestration.pipeline.build import open_build\n"
    "from orchestration.progress import Silent\n"
    "from orchestration.settings.build_settings import BuildSettings\n"
    "from orchestration.settings.paths import StateDir\n"
    "from orchestration.settings.request import BuildRequest\n"
    "state = StateDir.at(Path(sys.argv[1]))\n"
    "with open_build(BuildRequest(BuildSettings(), state.root, state), Silent()) as opened:\n"
    "    opened.progress.begin('dbt')\n"
    "    print('begun', flush=True)\n"
    "    sys.stdin.read()\n"
)


def told(state: StateDir) -> str:
    stream = io.StringIO()
    show_status(plain_console(stream), read_status(state), state)
    return stream.getvalue()


def test_a_killed_build_is_told_as_killed_and_a_running_one_as_running(tmp_path: Path) -> None:
    state = StateDir.at(tmp_path / "state")
    with subprocess.Popen(
        [sys.executable, "-c", BUILD, str(state.root)],
        cwd=REPO_ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        running = told(state)
        os.kill(process.pid, signal.SIGKILL)
    assert f"A build is running: process {process.pid}, since " in running
    assert "killed in" not in running
    assert "outcome  killed in the phase dbt, begun at 20" in told(state)


@pytest.mark.parametrize(("outcome", "expected"), [("published", 0), ("failed", 1)])
def test_a_build_that_ended_is_told_by_how(tmp_path: Path, outcome: str, expected: int) -> None:
    state = StateDir.at(tmp_path / "state")
    with build_lock(state):
        BuildRecord(state, "b1").write(outcome, message="The disk is full.")
    assert f"outcome  {outcome} at 20" in told(state)
    assert told(state).count("The disk is full.") == expected
    assert "killed in" not in told(state)


def test_a_raw_database_that_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    state = StateDir.at(tmp_path)
    state.raw_database.write_bytes(b"torn" * 4096)
    assert f"{state.raw_database} cannot be read (" in told(state)
    assert "Traceback" not in told(state)
