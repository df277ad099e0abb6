"""The command line: the fixed interface, one sentence per user error, never a traceback."""

import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import pytest

from orchestration.command import cli, entry
from orchestration.pipeline.lock import build_lock
from orchestration.pipeline.versions import current_version
from orchestration.settings.build_settings import BuildSettings
from orchestration.settings.paths import REPO_ROOT, StateDir
from tests.unit.test_publish import make_state, publish_rows

BUILD_OPTIONS = {
    "--raw-dir",
    "--state-dir",
    "--rules-dir",
    "--as-of",
    "--known-at",
    "--timezone",
    "--currency",
    "--frameworks",
    "--full-refresh",
    "--var",
}


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Run a command in this process, which spares the start of Python."""

    def run_command(*arguments: object) -> Ran:
        monkeypatch.setattr(sys, "argv", ["lifecycle", *map(str, arguments)])
        code = 0
        try:
            cli.main()
        except SystemExit as left:
            code = int(left.code or 0)
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return run_command


def test_the_list_of_commands_is_that_of_the_command_line() -> None:
    described = {
        info.name or getattr(info.callback, "__name__", ""): (info.callback.__doc__ or "")
        for info in cli.app.registered_commands
        if info.callback
    }
    assert {name: text.split("\n")[0] for name, text in described.items()} == entry.COMMANDS


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["--help"], 0, "  rollback    Make a kept version current again.\n"),
        ([], 2, "Usage: lifecycle [--version] [--help] COMMAND"),
        (["--version"], 0, f"lifecycle {version('customer-lifecycle')}\n"),
        (["status", "--help"], 0, "Tell what is published"),
    ],
)
def test_the_entry_tells_what_needs_no_command_and_hands_the_rest_over(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    told: str,
) -> None:
    monkeypatch.setattr(sys, "argv", ["lifecycle", *arguments])
    with pytest.raises(SystemExit) as left:
        entry.main()
    assert int(left.value.code or 0) == code
    assert told in capsys.readouterr().out


def test_build_has_the_fixed_interface(run) -> None:
    shown = run("build", "--help")
    assert shown.code == 0
    assert set(re.findall(r"--[a-z-]+", shown.out)) - {"--help"} >= BUILD_OPTIONS
    for setting in BuildSettings.declared():
        assert (setting.option or setting.name) in shown.out


@pytest.mark.parametrize(
    "command", ["simulate", "ingest", "build", "rollback", "status", "explain", "show", "dbt"]
)
def test_every_command_takes_a_state_directory(run, command: str) -> None:
    assert "--state-dir" in run(command, "--help").out


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_what_needs_no_command_imports_nothing_that_takes_time(option: str) -> None:
    heavy = {"dbt", "duckdb", "dagster", "yaml", "pydantic", "pydantic_settings", "typer", "rich"}
    script = (
        f"import sys; sys.argv = ['lifecycle', '{option}']\n"
        "from orchestration.command.entry import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        f"print(sorted({heavy} & set(sys.modules)), file=sys.stderr)"
    )
    shown = subprocess.run(
        [sys.executable, "-c", script], cwd=REPO_ROOT, capture_output=True, text=True, check=True
    )
    assert shown.stderr.strip() == "[]"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--as-of", "tomorrow"], "--as-of must be a date"),
        (["--known-at", "x"], "--known-at must be a timestamp"),
        (["--timezone", "Mars/Olympus"], "--timezone must be an IANA time zone"),
        (["--currency", "pounds"], "--currency must be an ISO 4217 code"),
        (["--frameworks", "b2c"], 'The framework "b2c" is unknown; did you mean "b2b"?'),
        (["--var", "sla=3"], 'The var "sla" is unknown'),
        (["--var", "fulfilment_sla_days=0"], "must be a whole number from 1 to 3650"),
        (["--rules-dir", "/nowhere"], "The rules directory /nowhere does not exist"),
        (["--report", "/nowhere/r.html"], "/nowhere/r.html cannot be written"),
    ],
)
def test_a_bad_option_is_one_sentence_and_publishes_nothing(
    run, tmp_path: Path, arguments: list[str], sentence: str
) -> None:
    ended = run("build", "--state-dir", tmp_path / "state", *arguments)
    assert ended.code == 2
    assert sentence in ended.err
    assert "Traceback" not in ended.err + ended.out
    assert ended.err.count("\n") == 1
    assert not (tmp_path / "state" / "published").exists()


def test_an_unknown_option_is_refused(run) -> None:
    ended = run("build", "--publish-anyway")
    assert ended.code == 2
    assert "No such option" in ended.err


def test_twins_stand_in_for_options(run, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("LIFECYCLE_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("LIFECYCLE_RULES_DIR", str(tmp_path / "rules"))
    ended = run("build")
    assert f"The rules directory {tmp_path / 'rules'} does not exist" in ended.err
    assert (tmp_path / "state" / "build.lock").exists()


def test_an_unknown_environment_variable_is_refused_by_every_command(
    run, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setenv("LIFECYCLE_STATEDIR", "x")
    for command in (["build"], ["ingest"], ["rollback"], ["status"], ["explain", "x"]):
        ended = run(*command, "--state-dir", tmp_path)
        assert ended.code == 2
        assert 'did you mean "LIFECYCLE_STATE_DIR"?' in ended.err


def test_an_unknown_fail_point_is_refused(run, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("LIFECYCLE_FAIL_POINT", "publish.link")
    ended = run("build", "--state-dir", tmp_path)
    assert 'did you mean "publish.linked"?' in ended.err


@pytest.mark.parametrize("command", ["build", "ingest", "rollback"])
def test_a_second_writer_exits_75_and_says_who_builds(run, tmp_path: Path, command: str) -> None:
    state = StateDir.at(tmp_path / "state")
    with build_lock(state):
        began = time.monotonic()
        ended = run(command, "--state-dir", state.root)
        assert time.monotonic() - began < 2
    assert ended.code == 75
    assert f"process {os.getpid()} (since " in ended.err


def test_a_state_directory_that_sql_cannot_carry_is_refused(run, tmp_path: Path) -> None:
    ended = run("build", "--state-dir", tmp_path / "o'neil")
    assert ended.code == 1
    assert "choose one of letters" in ended.err


def test_rollback_says_what_is_current(run, tmp_path: Path) -> None:
    state = make_state(tmp_path / "state")
    first, _ = publish_rows(state, 5, "b1"), publish_rows(state, 6, "b2")
    ended = run("rollback", "--state-dir", state.root)
    assert ended.code == 0
    assert f"Current is {first.version} again" in ended.out
    assert current_version(state) == first.version
    ended = run("rollback", "--state-dir", state.root, "--to", "b9")
    assert ended.code == 1
    assert 'The version "b9" is not kept' in ended.err


def test_reading_an_empty_state_says_what_to_do(run, tmp_path: Path) -> None:
    for command in (["explain", "customer:1"], ["show", "customer:1"], ["status"]):
        ended = run(*command, "--state-dir", tmp_path / "nowhere")
        assert ended.code == 1
        assert "run lifecycle build, or name another one with --state-dir" in ended.err
    assert "Nothing is published" in run("status", "--state-dir", tmp_path).out


COMMAND = f"{sys.executable} -m orchestration.command.entry"


def shell(script: str, *, cwd: Path = REPO_ROOT, **environment: str) -> Ran:
    """Run a line of shell, in which `lifecycle` is the command."""
    ran = subprocess.run(
        ["/bin/bash", "-c", f'set -o pipefail; lifecycle() {{ {COMMAND} "$@"; }}; {script}'],
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": str(REPO_ROOT)} | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return Ran(ran.returncode, ran.stdout, ran.stderr)


@pytest.mark.parametrize(
    ("script", "code", "said"),
    [
        ("lifecycle --help | true", {0, 1}, ""),
        ("lifecycle connect | true", {1}, ""),
        ("lifecycle --help > /dev/full", {1}, "Standard output: No space left on device.\n"),
        ("lifecycle connect > /dev/full", {1}, "Standard output: No space left on device.\n"),
        ("lifecycle --version >&-", {0}, ""),
        ("lifecycle connect >&- <&-", {0}, ""),
        ("lifecycle connect >&- 2>&-", {0}, ""),
        ("lifecycle explain $'\\xff'", {1}, "The argument '\\udcff' is no text of UTF-8.\n"),
        ("lifecycle status --state-dir /nowhere 2>&-", {1}, ""),
    ],
)
def test_whatever_a_shell_makes_of_the_streams_there_is_a_sentence_or_nothing(
    tmp_path: Path, script: str, code: set[int], said: str
) -> None:
    state = make_state(tmp_path / "state")
    publish_rows(state, 5, "b1")
    ran = shell(script, LIFECYCLE_STATE_DIR=str(state.root))
    assert ran.code in code
    assert ran.err == said


def test_what_is_printed_never_goes_into_a_file_that_took_the_place_of_a_closed_stream(
    tmp_path: Path,
) -> None:
    opened = tmp_path / "opened"
    script = (
        "from orchestration.command.streams import open_streams; open_streams(); "
        f"file = open({str(opened)!r}, 'w'); import os; os.write(1, b'x'); os.write(2, b'y')"
    )
    ran = shell(f'{sys.executable} -c "{script}" >&- 2>&- <&-')
    assert ran.code == 0
    assert opened.read_bytes() == b""


def test_signs_that_a_locale_has_not_are_written_out() -> None:
    script = "lifecycle status --state-dir $'/nowhere/\\u20ac' 2>&1 | cat"
    told = shell(script, PYTHONIOENCODING="ascii", LC_ALL="C.UTF-8").out
    assert told.startswith(r"The state directory /nowhere/\u20ac does not exist")


def test_a_current_directory_that_is_gone_is_named(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    ran = shell(f"mkdir {gone} && cd {gone} && rmdir {gone} && lifecycle status")
    assert (ran.code, ran.err) == (1, "The current directory is gone; go to one that is there.\n")


def test_a_warning_of_a_package_ends_no_command(tmp_path: Path) -> None:
    where = f"--raw-dir {tmp_path / 'nowhere'} --state-dir {tmp_path / 'state'}"
    ran = shell(f"lifecycle ingest {where}", PYTHONWARNINGS="error")
    assert ran.code == 2
    assert ran.err.startswith(f"{tmp_path / 'nowhere'} is not a directory; name the directory")
