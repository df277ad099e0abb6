"""`lifecycle dbt` gives dbt the directories, rules and settings of a build, and nothing else."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.errors import BuildBusyError, SettingsError, StateDirError
from orchestration.pipeline import dbt_by_hand as by_hand
from orchestration.pipeline.dbt_run import PLAIN_DBT
from orchestration.pipeline.lock import build_lock
from orchestration.settings.build_settings import BuildSettings
from orchestration.settings.paths import DBT_PROJECT_DIR, SAMPLE_DIR, StateDir
from orchestration.settings.request import BuildRequest

Call = tuple[list[str], Mapping[str, str], Path]


@pytest.fixture
def request_of(tmp_path: Path) -> BuildRequest:
    state = StateDir.at(tmp_path / "state")
    state.root.mkdir()
    with duckdb.connect(str(state.raw_database)) as raw:
        raw.execute("create schema raw.raw")
        raw.execute("create table raw.raw.ingest_files (table_name text, sha256 text)")
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "kpi_windows.patch.csv").write_text("name,value\ntrial_payment_days,9\n")
    return BuildRequest(BuildSettings(reporting_currency="GBP"), SAMPLE_DIR, state, rules)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[Call]:
    """What dbt was called with; it is not called."""
    made: list[Call] = []

    def run(
        command: Sequence[str], *, env: Mapping[str, str], cwd: Path, **_: Any
    ) -> subprocess.CompletedProcess[str]:
        made.append((list(command), env, cwd))
        return subprocess.CompletedProcess([], 3)

    monkeypatch.setattr(by_hand.subprocess, "run", run)
    return made


def test_dbt_gets_directories_rules_and_settings(
    request_of: BuildRequest, calls: list[Call]
) -> None:
    state = request_of.state
    assert by_hand.dbt_by_hand(request_of, ["run", "--select", "int_orders"]) == 3
    ((command, environment, folder),) = calls
    assert command[:-1] == [*PLAIN_DBT, "run", "--select", "int_orders", "--vars"]
    assert json.loads(command[-1]) == request_of.settings.dbt_vars()
    assert folder == state.root
    assert environment["DBT_PROJECT_DIR"] == environment["DBT_PROFILES_DIR"] == str(DBT_PROJECT_DIR)
    assert environment["DBT_TARGET_PATH"] == str(state.dbt_target)
    assert environment["LIFECYCLE_SEEDS_DIR"] == str(state.rules)
    assert "trial_payment_days,9,days" in (state.rules / "kpi_windows.csv").read_text()


def test_an_option_of_dbt_itself_gets_no_vars(request_of: BuildRequest, calls: list[Call]) -> None:
    by_hand.dbt_by_hand(request_of, ["--version"])
    assert calls[0][0][-1] == "--version"


@pytest.mark.parametrize("vars_of_dbt", [["--vars", "{}"], ["--vars={}"]])
def test_vars_are_set_as_everywhere(
    request_of: BuildRequest, calls: list[Call], vars_of_dbt: list[str]
) -> None:
    with pytest.raises(SettingsError, match="--var NAME=VALUE"):
        by_hand.dbt_by_hand(request_of, ["run", *vars_of_dbt])
    assert not calls


def test_without_data_only_what_reads_none_runs(
    request_of: BuildRequest, calls: list[Call]
) -> None:
    request_of.state.raw_database.unlink()
    with pytest.raises(StateDirError, match="load data first"):
        by_hand.dbt_by_hand(request_of, ["run"])
    by_hand.dbt_by_hand(request_of, ["parse"])
    assert len(calls) == 1


def test_dbt_waits_for_no_build_and_disturbs_none(
    request_of: BuildRequest, calls: list[Call]
) -> None:
    with build_lock(request_of.state):
        with pytest.raises(BuildBusyError):
            by_hand.dbt_by_hand(request_of, ["run"])
        by_hand.dbt_by_hand(request_of, ["docs", "serve"])
    assert len(calls) == 1


def test_dbt_says_what_dbt_says_and_nothing_else() -> None:
    done = subprocess.run([*PLAIN_DBT, "--help"], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert done.stdout.startswith("Usage: dbt ")
    assert done.stderr == ""
