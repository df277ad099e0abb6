"""The dbt call: pure arguments and environment, this run's artefacts, torn files discarded."""

import json
import os
import subprocess
import sys
import textwrap
import time
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pytest

from orchestration.pipeline import dbt_run
from orchestration.pipeline.dbt_run import (
    BuildIdentity,
    DbtRun,
    dbt_arguments,
    dbt_environment,
    follow_log,
    prepare_working_database,
    read_run,
    run_dbt,
)
from orchestration.settings.build_settings import BuildSettings
from orchestration.settings.paths import DBT_PROJECT_DIR, REPO_ROOT, StateDir
from tests.unit.finished_runs import make_state

STATE = StateDir(Path("/srv/state"))


@dataclass
class Notes:
    """A listener that remembers."""

    notes: list[str] = field(default_factory=list)
    steps: list[tuple[int, int, str]] = field(default_factory=list)

    def begin(self, phase: str) -> None:
        raise AssertionError(phase)

    def step(self, done: int, total: int, label: str) -> None:
        self.steps.append((done, total, label))

    def note(self, text: str) -> None:
        self.notes.append(text)

    def end(self, phase: str, summary: str, seconds: float) -> None:
        raise AssertionError((phase, summary, seconds))


def test_the_one_dbt_build_takes_absolute_paths_and_every_var() -> None:
    arguments = dbt_arguments(STATE, BuildSettings(reporting_currency="GBP"), DBT_PROJECT_DIR)
    assert arguments[1:4] == ["-m", "orchestration.pipeline.lean_dbt", "build"]
    pairs = list(zip(arguments[4::2], arguments[5::2], strict=True))
    excluded = {value for option, value in pairs if option == "--exclude-resource-type"}
    assert excluded == {"unit_test", "exposure"}
    options = {option: value for option, value in pairs if value not in excluded}
    variables = json.loads(options.pop("--vars"))
    assert variables == BuildSettings(reporting_currency="GBP").dbt_vars()
    assert options == {
        "--project-dir": str(DBT_PROJECT_DIR),
        "--profiles-dir": str(DBT_PROJECT_DIR),
        "--target-path": "/srv/state/dbt/target",
        "--log-path": "/srv/state/dbt/logs",
        "--log-format": "json",
        "--log-format-file": "text",
        "--log-level-file": "info",
    }


def test_the_environment_of_dbt_names_the_build_and_drops_what_would_change_it() -> None:
    given = {
        "PATH": "/bin",
        "DBT_EMPTY": "1",
        "dbt_target": "other",
        "LIFECYCLE_BUILD_ID": "forged",
        "LIFECYCLE_THREADS": "2",
        "LIFECYCLE_FAIL_POINT": "build.locked",
        "PYTHONWARNINGS": "error",
    }
    assert dbt_environment(STATE, BuildIdentity("b", "r", "i", "v"), given) == {
        "PATH": "/bin",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "LIFECYCLE_THREADS": "2",
        "LIFECYCLE_STATE_DIR": ".",
        "LIFECYCLE_SEEDS_DIR": "/srv/state/rules",
        "LIFECYCLE_BUILD_ID": "b",
        "LIFECYCLE_RULES_HASH": "r",
        "LIFECYCLE_SETTINGS_HASH": "",
        "LIFECYCLE_INPUTS_HASH": "i",
        "LIFECYCLE_VERSION": "v",
    }


def event(name: str, level: str = "info", **data: object) -> str:
    """Return a log line as dbt writes it."""
    info = {"name": name, "level": level, "msg": f"{name} said", "invocation_id": "abc"}
    return json.dumps({"info": info, "data": data}) + "\n"


def test_the_log_tells_progress_invocation_and_errors() -> None:
    listener = Notes()
    invocation_id, errors = follow_log(
        [
            event("MainReportVersion"),
            event("LogStartLine", index=1, total=2, node_info={"node_name": "subjects"}),
            "Traceback (most recent call last):\n",
            "\n",
            event("LogStartLine", index=2, total=2, node_info={"node_name": "history"}),
            event("RunResultError", level="error"),
        ],
        listener,
    )
    assert invocation_id == "abc"
    assert listener.steps == [(1, 2, "subjects"), (2, 2, "history")]
    assert errors == ("Traceback (most recent call last):", "RunResultError said")


def test_of_what_stops_dbt_its_own_words_are_kept() -> None:
    line = event("MainEncounteredError", level="error", exc="Parsing Error\n  in models/x.yml")
    assert follow_log([line], Notes())[1] == ("Parsing Error\n  in models/x.yml",)


def test_a_log_without_events_has_no_invocation() -> None:
    assert follow_log(["No module named dbt\n"], Notes()) == ("", ("No module named dbt",))


@pytest.mark.parametrize("content", [None, "", '{"results": [{"uniq', "[]"])
def test_torn_artefacts_are_no_results(tmp_path: Path, content: str | None) -> None:
    state = StateDir.at(tmp_path)
    state.dbt_target.mkdir(parents=True)
    if content is not None:
        (state.dbt_target / "run_results.json").write_text(content, encoding="utf-8")
    run = read_run(state, "abc", 0, ())
    assert (run.results, run.results_invocation_id) == ((), "")


def test_a_sound_working_database_is_kept(tmp_path: Path) -> None:
    state, listener = make_state(tmp_path / "state"), Notes()
    before = state.working_database.read_bytes()
    prepare_working_database(state, full_refresh=False, progress=listener)
    assert state.working_database.read_bytes() == before
    assert listener.notes == []


@pytest.mark.parametrize("keep", [0, 100, 5000])
def test_a_torn_working_database_is_discarded_with_one_line(tmp_path: Path, keep: int) -> None:
    state, listener = make_state(tmp_path / "state"), Notes()
    torn = state.working_database.read_bytes()[:keep] + b"torn" * (1 if keep else 2000)
    state.working_database.write_bytes(torn)
    prepare_working_database(state, full_refresh=False, progress=listener)
    assert not state.working_database.exists()
    assert listener.notes == [
        "working.duckdb was torn; it is discarded and rebuilt from raw.",
    ]


def test_what_a_killed_dbt_left_is_discarded_with_one_line(tmp_path: Path) -> None:
    state, listener = make_state(tmp_path / "state"), Notes()
    mark = state.root / "working.duckdb.running"
    mark.write_text("b1", encoding="utf-8")
    prepare_working_database(state, full_refresh=False, progress=listener)
    assert not state.working_database.exists()
    assert not mark.exists()
    assert listener.notes == [
        "The last dbt run was cut off; working.duckdb is discarded and rebuilt from raw.",
    ]


def test_full_refresh_drops_the_working_database(tmp_path: Path) -> None:
    state, listener = make_state(tmp_path / "state"), Notes()
    Path(f"{state.working_database}.wal").write_bytes(b"")
    prepare_working_database(state, full_refresh=True, progress=listener)
    assert not state.working_database.exists()
    assert not Path(f"{state.working_database}.wal").exists()
    assert listener.notes == []
    assert duckdb.connect(str(state.working_database)).close() is None


def stand_in(monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Let a few lines of Python run where dbt would."""
    monkeypatch.setattr(
        dbt_run, "dbt_arguments", lambda *_, **__: [sys.executable, "-c", textwrap.dedent(script)]
    )


def run_stand_in(state: StateDir) -> DbtRun:
    return run_dbt(state, BuildSettings(), BuildIdentity("b", "r", "i", "v"), Notes())


def test_results_of_an_earlier_run_are_gone_when_dbt_writes_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = StateDir.at(tmp_path)
    state.dbt_target.mkdir(parents=True)
    stale = {"metadata": {"invocation_id": "old"}, "results": []}
    (state.dbt_target / "run_results.json").write_text(json.dumps(stale), encoding="utf-8")
    stand_in(monkeypatch, "import sys; sys.exit('no project here')")
    run = run_stand_in(state)
    assert (run.exit_code, run.results_invocation_id) == (1, "")
    assert run.errors == ("no project here",)


@pytest.mark.parametrize(
    ("script", "is_trusted"),
    [
        ("pass", True),
        ("import sys; sys.exit('Binder Error: no such column')", True),
        ("import sys; sys.exit('IO Error: Corrupt database file: computed checksum 1')", False),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", False),
    ],
)
def test_what_dbt_left_is_trusted_unless_it_was_cut_off_or_met_torn_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, is_trusted: bool
) -> None:
    state, listener = make_state(tmp_path / "state"), Notes()
    stand_in(monkeypatch, script)
    run_stand_in(state)
    prepare_working_database(state, full_refresh=False, progress=listener)
    assert state.working_database.exists() is is_trusted
    assert bool(listener.notes) is not is_trusted


@pytest.mark.skipif(sys.platform != "linux", reason="asks the Linux kernel")
def test_dbt_dies_with_the_build_that_started_it(tmp_path: Path) -> None:
    """An orphaned dbt would go on writing while the lock is free."""
    script = (
        "import sys, time; from pathlib import Path\n"
        "from orchestration.pipeline import dbt_run\n"
        "from orchestration.progress import Silent\n"
        "from orchestration.settings.build_settings import BuildSettings\n"
        "from orchestration.settings.paths import StateDir\n"
        "child = 'import os, time; print(os.getpid(), flush=True); time.sleep(60)'\n"
        "dbt_run.dbt_arguments = lambda *_, **__: [sys.executable, '-c', child]\n"
        "dbt_run.follow_log = lambda lines, _: print(next(lines), flush=True) or time.sleep(60)\n"
        "identity = dbt_run.BuildIdentity('b', 'r', 'i', 'v')\n"
        "state = StateDir.at(Path(sys.argv[1]))\n"
        "dbt_run.run_dbt(state, BuildSettings(), identity, Silent())\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)],
        cwd=REPO_ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as building:
        assert building.stdout is not None
        child = int(building.stdout.readline())
        os.kill(child, 0)
        building.kill()
    deadline = time.monotonic() + 10
    while _is_alive(child):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _is_alive(pid: int) -> bool:
    """Whether a process runs; one that is dead but not yet reaped does not."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_what_dbt_says_below_level_info_reaches_no_log_and_everything_else_does() -> None:
    script = (
        "from dbt_common.events.event_manager_client import ctx_set_event_manager\n"
        "from dbt_common.events.base_types import EventLevel\n"
        "from dbt_common.events.functions import fire_event\n"
        "from dbt_common.events.types import Note\n"
        "from orchestration.pipeline.lean_dbt.events import QuietEvents\n"
        "events = QuietEvents()\n"
        "events.add_callback(lambda message: print(message.info.level))\n"
        "ctx_set_event_manager(events)\n"
        "for level in (*EventLevel, None):\n"
        "    fire_event(Note(msg='said'), level=level)\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", script], cwd=REPO_ROOT, capture_output=True, text=True, check=True
    )
    assert said.stdout.split() == ["info", "warn", "error", "info"]


def test_what_python_prints_behind_a_failed_log_line_hides_no_cause() -> None:
    """So it looks where the disk is full: the last line said `Arguments: ()`."""
    printed = (
        "--- Logging error ---\n"
        "Traceback (most recent call last):\n"
        '  File "/usr/lib/python3.11/logging/__init__.py", line 1113, in emit\n'
        "OSError: [Errno 28] No space left on device\n"
        "Call stack:\n"
        '  File "dbt/events.py", line 1, in fire\n'
        "Message: 'x'\n"
        "Arguments: ()\n"
    )
    errors = follow_log(printed.splitlines(keepends=True), Notes())[1]
    assert errors[-1] == "OSError: [Errno 28] No space left on device"
