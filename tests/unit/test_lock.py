"""The build lock: one holder, named to the second, freed by death."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from orchestration.errors import EXIT_BUSY, BuildBusyError, StateDirError
from orchestration.pipeline.lock import build_lock, holder
from orchestration.settings.paths import REPO_ROOT, StateDir

HOLD = (
    "import sys, time; from pathlib import Path; "
    "from orchestration.pipeline.lock import build_lock\n"
    "from orchestration.settings.paths import StateDir\n"
    "with build_lock(StateDir.at(Path(sys.argv[1]))):\n"
    "    print('held', flush=True); time.sleep(60)"
)


@pytest.fixture
def state(tmp_path: Path) -> StateDir:
    return StateDir.at(tmp_path / "state")


def start_holder(state: StateDir) -> subprocess.Popen[str]:
    """Start a process that holds the lock, and wait until it does."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(state.root)],
        cwd=REPO_ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_build_is_told_who_holds_the_lock_within_two_seconds(state: StateDir) -> None:
    with start_holder(state) as process:
        began = time.monotonic()
        with pytest.raises(BuildBusyError) as busy, build_lock(state):
            pass
        assert time.monotonic() - began < 2
        process.kill()
    assert busy.value.exit_code == EXIT_BUSY == 75
    assert f"process {process.pid} (since 20" in str(busy.value)


def test_kill_9_frees_the_lock_at_once(state: StateDir) -> None:
    with start_holder(state) as process:
        found = holder(state)
        assert found is not None
        assert found.pid == process.pid
        process.send_signal(signal.SIGKILL)
    assert holder(state) is None
    with build_lock(state):
        found = holder(state)
        assert found is not None
        assert found.pid == os.getpid()
    assert holder(state) is None


def test_a_file_left_by_a_dead_holder_means_nothing(state: StateDir) -> None:
    state.root.mkdir()
    state.build_lock.write_text('{"pid": 1, "since": "2026-01-01 00:00:00 UTC"}', encoding="utf-8")
    assert holder(state) is None
    with build_lock(state):
        pass


def test_two_state_directories_do_not_wait_for_each_other(state: StateDir, tmp_path: Path) -> None:
    with build_lock(state), build_lock(StateDir.at(tmp_path / "other")):
        assert holder(state) is not None


def test_a_state_directory_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with (
        pytest.raises(StateDirError, match="cannot be written"),
        build_lock(StateDir.at(tmp_path / "file" / "state")),
    ):
        pass
