"""`lifecycle verify`: the marts are made anew beside what is published, and any difference shows.

The build beside is played here; `tests/faults/test_random_kills.py` runs it.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from orchestration.care import verify as verifying
from orchestration.care.verify import verify
from orchestration.errors import InputError, LifecycleError, StateDirError, WarehouseError
from orchestration.pipeline.dbt_run import BuildIdentity
from orchestration.progress import Silent
from orchestration.settings.build_settings import BuildSettings
from orchestration.settings.paths import StateDir
from orchestration.settings.request import BuildRequest
from tests.unit.finished_runs import make_run, make_state, show_version
from tests.unit.test_publish import publish_rows
from tests.unit.test_version_files import flip_a_byte

TOLD = (
    "create or replace table marts.build_info as select 'b' as build_id, 'r' as rules_hash, "
    "'i' as inputs_hash, date '2026-02-01' as as_of_date, cast(null as timestamp) as known_at, "
    "'UTC' as reporting_timezone, 'EUR' as reporting_currency, "
    "date '2026-02-01' as identity_as_of, "
    "'four_stage, six_stage' as frameworks"
)
Change = Callable[[duckdb.DuckDBPyConnection], object]


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StateDir:
    """A published state whose build beside gives the same marts."""
    state = make_state(tmp_path / "state")
    publish_rows(state, 5, "b1")
    database = state.current / "lifecycle.duckdb"
    database.chmod(0o600)
    with duckdb.connect(str(database)) as published:
        published.execute(TOLD)
    show_version(state.current.resolve())
    rebuild(monkeypatch, lambda _: None)
    return state


def rebuild(
    monkeypatch: pytest.MonkeyPatch,
    change: Change,
    *,
    exit_code: int = 0,
    rules: str = "r",
) -> list[BuildRequest]:
    """Let the build beside make the same marts but for a change; return what it is asked."""
    asked: list[BuildRequest] = []

    def play(request: BuildRequest, *_: object) -> object:
        asked.append(request)
        assert request.state.root.stat().st_mode & 0o077 == 0
        shutil.copyfile(
            request.state.root.parent / "working.duckdb", request.state.working_database
        )
        with duckdb.connect(str(request.state.working_database)) as working:
            change(working)
        return make_run(exit_code=exit_code, errors=("It broke.\nBadly.",))

    monkeypatch.setattr(verifying, "dbt_phase", play)
    identity = BuildIdentity("x", rules, "i", "0.1.0")
    monkeypatch.setattr(verifying, "build_identity", lambda *_: identity)
    return asked


def asked_of(state: StateDir) -> BuildRequest:
    return BuildRequest(BuildSettings(), state.root, state)


def test_what_the_raw_rows_give_is_verified_with_the_settings_of_the_published_build(
    state: StateDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = rebuild(monkeypatch, lambda _: None)
    found = verify(asked_of(state), Silent())
    assert (found.differing, found.exempt) == ((), ("build_info",))
    assert [one.mart for one in found.differences] == ["subjects"]
    settings = asked[0].settings
    assert str(settings.as_of_date) == "2026-02-01"
    assert settings.frameworks == ("four_stage", "six_stage")
    assert not (state.root / "verify_tmp").exists()


@pytest.mark.parametrize(
    "change",
    [
        lambda working: working.execute("delete from marts.subjects where net_revenue = 0"),
        lambda working: working.execute("update marts.subjects set net_revenue = 1.6"),
        lambda working: working.execute("insert into marts.subjects from marts.subjects limit 1"),
        lambda working: working.execute("create table marts.more as select 1 as x"),
        lambda working: working.execute("drop table marts.subjects"),
        lambda working: working.execute("alter table marts.subjects rename detail to details"),
    ],
)
def test_any_difference_shows(
    state: StateDir, monkeypatch: pytest.MonkeyPatch, change: Change
) -> None:
    rebuild(monkeypatch, change)
    assert len(verify(asked_of(state), Silent()).differing) == 1


def test_other_rules_or_inputs_are_no_difference_but_a_reason_not_to_compare(
    state: StateDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    rebuild(monkeypatch, lambda _: None, rules="others")
    with pytest.raises(InputError, match="The rules are not those of what is published"):
        verify(asked_of(state), Silent())
    assert not (state.root / "verify_tmp").exists()


def test_a_build_beside_that_fails_verifies_nothing(
    state: StateDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    rebuild(monkeypatch, lambda _: None, exit_code=1)
    with pytest.raises(WarehouseError, match=r"exit code 1 \(It broke\.\)"):
        verify(asked_of(state), Silent())


def test_edited_files_are_told_before_anything_is_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = make_state(tmp_path / "state")
    publish_rows(state, 5, "b1")
    flip_a_byte(state.current / "parquet" / "subjects.parquet", with_its_time=True)
    asked = rebuild(monkeypatch, lambda _: None)
    with pytest.raises(StateDirError, match="damaged or edited"):
        verify(asked_of(state), Silent())
    assert asked == []


def test_without_anything_published_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(LifecycleError, match="Nothing is published"):
        verify(asked_of(StateDir.at(tmp_path)), Silent())
