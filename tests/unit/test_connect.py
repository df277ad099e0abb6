"""The connection recipes: each that this machine can execute is executed, and is locked down."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from orchestration.care.connect import LOCKED_DOWN, WAYS, recipes
from orchestration.command.commands.care import Way, connect
from tests.unit.finished_runs import make_state
from tests.unit.test_publish import publish_rows

# The shell of the development packages stands beside Python, whether or not that is on the path.
PATH = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
# What an open connection could do: read any file, and undo the settings.
ATTACKS = (
    "select * from read_csv('/etc/passwd')",
    "copy (select 1) to '/tmp/stolen.csv'",
    "attach '/tmp/other.duckdb' as other",
    "set enable_external_access = true",
    "set lock_configuration = false",
    "install httpfs",
    "create table marts.planted as select 1",
)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    state = make_state(tmp_path / "a state with 'quotes'")
    publish_rows(state, 5, "b1")
    return state.published_database


def run(command: list[str] | str) -> str:
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, shell=isinstance(command, str)
    )
    return done.stdout


def test_every_way_has_a_recipe_and_the_command_knows_it(database: Path) -> None:
    assert tuple(recipes(database)) == WAYS == tuple(way.value for way in Way)
    for recipe in recipes(database).values():
        assert "enable_external_access" in recipe
        assert "lock_configuration" in recipe
        assert "read" in recipe.lower()


@pytest.mark.parametrize(
    ("is_removed", "said"), [(None, "Nothing is published"), (True, "is missing"), (False, "")]
)
def test_a_recipe_for_what_is_not_there_says_so(
    tmp_path: Path, is_removed: bool | None, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    state = make_state(tmp_path / "state")
    if is_removed is not None:
        publish_rows(state, 5, "b1")
    if is_removed:
        state.published_database.resolve().unlink()
    connect(Way.CLI, state.root)
    told = capsys.readouterr()
    assert told.out == recipes(state.published_database)["cli"]
    assert said in told.err
    assert bool(told.err) == bool(said)


def test_the_python_recipe_runs_and_nothing_gets_out_through_it(database: Path) -> None:
    recipe = recipes(database)["python"]
    assert "'b'" in run([sys.executable, "-c", recipe])
    with duckdb.connect(str(database), read_only=True, config=dict(LOCKED_DOWN)) as marts:
        for attack in ATTACKS:
            with pytest.raises(duckdb.Error):
                marts.execute(attack)
        assert marts.execute("select count(*) from marts.subjects").fetchone() == (5,)


def test_each_attack_would_succeed_or_at_least_be_tried_without_the_recipe(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "open.duckdb")) as opened:
        assert opened.execute(ATTACKS[0].replace("passwd", "hostname")).fetchall() is not None


@pytest.mark.skipif(
    importlib.util.find_spec("duckdb_engine") is None, reason="duckdb-engine is not installed"
)
def test_the_sqlalchemy_recipe_runs(database: Path) -> None:
    assert "'b'" in run([sys.executable, "-c", recipes(database)["sqlalchemy"]])


@pytest.mark.skipif(shutil.which("duckdb", path=PATH) is None, reason="no duckdb shell")
def test_the_shell_recipe_runs(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", PATH)
    assert "b" in run(recipes(database)["cli"])


def test_the_settings_of_the_jdbc_address_are_settings_of_duckdb(database: Path) -> None:
    """The driver hands them to DuckDB as they are; without Java the names are what can be held."""
    _, *settings = recipes(database)["jdbc"].strip().split(";")
    config: dict[str, str | bool | int | float | list[str]] = {
        name: value for name, _, value in (setting.partition("=") for setting in settings)
    }
    assert config == {"access_mode": "READ_ONLY", **LOCKED_DOWN}
    with duckdb.connect(str(database), config=config) as marts, pytest.raises(duckdb.Error):
        marts.execute(ATTACKS[0])


def test_paths_are_quoted_as_each_way_quotes(database: Path) -> None:
    told = recipes(database)
    assert json.dumps(str(database)) in told["python"]
    assert json.dumps(str(database)) in told["sqlalchemy"]
