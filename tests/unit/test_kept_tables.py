"""Tables are kept while nothing they are made of has changed, and never longer."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.pipeline import build as building
from orchestration.pipeline.build import dbt_phase
from orchestration.pipeline.dbt_run import DbtRun, NodeResult
from orchestration.pipeline.gate import fingerprint
from orchestration.pipeline.kept_tables import (
    EVERY_TIME,
    EVERYTHING,
    KeptTables,
    inputs_of,
    keep,
    read_kept,
)
from orchestration.progress import Silent
from orchestration.settings.build_settings import BuildSettings
from orchestration.settings.paths import StateDir
from orchestration.settings.request import BuildRequest
from tests.unit.finished_runs import identity, make_state

MODEL, CHECK = "model.customer_lifecycle.orders", "test.customer_lifecycle.orders_are_sound"
SOURCE = "source.customer_lifecycle.shop.raw_orders"


@pytest.fixture
def state(tmp_path: Path) -> StateDir:
    made = make_state(tmp_path / "state")
    made.rules.mkdir()
    (made.rules / "plays.csv").write_text("play\nwelcome\n", encoding="utf-8")
    return made


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A dbt project with a file of every kind, and what dbt leaves in one."""
    root = tmp_path / "project"
    for name in (
        "dbt_project.yml",
        "profiles.yml",
        "macros/money.sql",
        "models/marts/orders.sql",
        "models/marts/orders.yml",
        "models/value/fit.py",
        "tests/value/orders_add_up.sql",
        "tests/generic/sound_rows.sql",
        "seeds/plays.csv",
        "seeds/plays.yml",
        "target/compiled/orders.sql",
        "logs/dbt.log",
        "models/value/__pycache__/fit.pyc",
        # Names of folders that dbt leaves at the top say nothing further down.
        "models/logs/logins.sql",
        "models/target/aims.sql",
        "seeds/own/plays.csv",
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name, encoding="utf-8")
    return root


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


@pytest.mark.parametrize(
    ("file", "selected"),
    [
        ("models/marts/orders.sql", {"orders"}),
        ("models/value/fit.py", {"fit"}),
        ("tests/value/orders_add_up.sql", {"orders_add_up"}),
        ("tests/generic/sound_rows.sql", {EVERYTHING}),
        ("macros/money.sql", {EVERYTHING}),
        ("models/marts/orders.yml", {EVERYTHING}),
        ("seeds/plays.yml", {EVERYTHING}),
        ("dbt_project.yml", {EVERYTHING}),
        ("profiles.yml", {EVERYTHING}),
        # The merged rules count, not the shipped ones; and what dbt leaves is none of it.
        ("seeds/plays.csv", set()),
        ("target/compiled/orders.sql", set()),
        ("logs/dbt.log", set()),
        ("models/value/__pycache__/fit.pyc", set()),
        ("models/logs/logins.sql", {"logins"}),
        ("models/target/aims.sql", {"aims"}),
        # dbt reads it where the rules are the shipped ones, which have no folders.
        ("seeds/own/plays.csv", {EVERYTHING}),
    ],
)
def test_a_changed_file_changes_its_node_or_everything(
    state: StateDir, project: Path, file: str, selected: set[str]
) -> None:
    before = inputs_of(state, BuildSettings(), project)
    with (project / file).open("a", encoding="utf-8") as out:
        out.write(" ")
    assert changed(before, inputs_of(state, BuildSettings(), project)) == selected


def test_two_nodes_of_one_name_are_told_apart(state: StateDir, project: Path) -> None:
    (project / "models" / "plays.sql").write_text("select 1", encoding="utf-8")
    before = inputs_of(state, BuildSettings(), project)
    (state.rules / "plays.csv").write_text("play\nfarewell\n", encoding="utf-8")
    after = inputs_of(state, BuildSettings(), project)
    (project / "models" / "plays.sql").write_text("select 2", encoding="utf-8")
    assert changed(before, after) == {"plays"}
    assert changed(after, inputs_of(state, BuildSettings(), project)) == {"plays"}


@pytest.mark.parametrize(
    "statement",
    [
        "update raw.raw.ingest_files set rows_read = 4",
        "insert into raw.raw.ingest_files select * from raw.raw.ingest_files",
        "alter table raw.raw.ingest_files alter rows_read type smallint",
        "alter table raw.raw.ingest_files rename sha256 to digest",
    ],
)
def test_other_rows_or_columns_of_a_raw_table_change_it(
    state: StateDir, project: Path, statement: str
) -> None:
    before = inputs_of(state, BuildSettings(), project)
    with duckdb.connect(str(state.raw_database)) as raw:
        raw.execute(statement)
    after = inputs_of(state, BuildSettings(), project)
    assert changed(before, after) == {"source:*.ingest_files"}


@pytest.mark.parametrize(
    ("table", "selected"), [("muted_files", set[str]()), ("events", {"source:*.events"})]
)
def test_the_order_of_rows_counts_where_a_model_names_a_row_by_its_place(
    state: StateDir, project: Path, table: str, selected: set[str]
) -> None:
    """Else a table that is kept would name other rows than a view beside it."""
    made = f"create or replace table raw.raw.{table} as from range(9) as t(n) order by n"
    told: list[dict[str, str]] = []
    for direction in ("asc", "asc", "desc"):
        with duckdb.connect(str(state.raw_database)) as raw:
            raw.execute(f"{made} {direction}")
        told.append(inputs_of(state, BuildSettings(), project))
    first, same, turned = told
    assert changed(first, same) == set()
    assert changed(same, turned) == selected


def test_a_raw_table_that_cannot_be_read_is_another_one_every_time(
    state: StateDir, project: Path
) -> None:
    """What dbt needs of it dbt complains of; a build without need of it is none the worse."""
    with duckdb.connect(str(state.raw_database)) as raw:
        raw.execute("create table raw.raw.gone as select 1 as n")
        raw.execute("create view raw.raw.notes as from raw.raw.gone")
        raw.execute("drop table raw.raw.gone")
    first, second = (inputs_of(state, BuildSettings(), project) for _ in range(2))
    assert changed(first, second) == {"source:*.notes"}


def test_the_mark_of_an_editor_is_no_file_of_the_project(state: StateDir, project: Path) -> None:
    before = inputs_of(state, BuildSettings(), project)
    (project / "models" / ".#orders.sql").symlink_to("somebody@example.org.4242")
    assert inputs_of(state, BuildSettings(), project) == before


def test_any_setting_and_any_version_changes_everything(
    state: StateDir, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = inputs_of(state, BuildSettings(), project)
    for name in type(BuildSettings()).model_fields:
        other = BuildSettings().model_copy(update={name: "another"})
        assert changed(before, inputs_of(state, other, project)) == {EVERYTHING}, name
    packages = tmp_path / "packages"
    (packages / "dbt_adapters-1.16.0.dist-info").mkdir(parents=True)
    monkeypatch.syspath_prepend(packages)
    assert changed(before, inputs_of(state, BuildSettings(), project)) == {EVERYTHING}


def finished(*unique_ids: str, compiled: str = "select 1") -> DbtRun:
    """A run of these nodes, in a project of a source, a model of it and its check."""
    return DbtRun(
        invocation_id="abc",
        exit_code=0,
        results=tuple(NodeResult(name, "pass", 0, "", 1.5) for name in unique_ids),
        results_invocation_id="abc",
        manifest={
            "metadata": {},
            "nodes": {
                name: {"name": name.rpartition(".")[2], "tags": ["law"] * (name == CHECK)}
                | ({"compiled_code": compiled} if name in unique_ids else {})
                for name in (MODEL, CHECK)
            },
            "sources": {
                SOURCE: {
                    "name": "raw_orders",
                    "source_name": "shop",
                    "resource_type": "source",
                },
            },
            "child_map": {SOURCE: [MODEL], MODEL: [CHECK]},
        },
        errors=(),
        inputs={"orders": "1", "plays": "1", EVERYTHING: "1"},
    )


def kept_after(state: StateDir, run: DbtRun) -> KeptTables | None:
    working = fingerprint(state)
    assert working is not None
    keep(state, run, working)
    return read_kept(state)


def test_what_is_selected_is_what_changed_and_what_tells_of_the_build(state: StateDir) -> None:
    kept = kept_after(state, finished(MODEL, CHECK))
    assert kept is not None
    as_it_was = {"orders": "1", "plays": "1", EVERYTHING: "1"}
    assert kept.selection(as_it_was) == EVERY_TIME
    assert kept.selection({**as_it_was, "plays": "2"}) == (*EVERY_TIME, "plays+")
    assert kept.selection({**as_it_was, "plays": "2", EVERYTHING: "2"}) == ()
    # A file, a seed or a raw table more or less: nothing says what it means to the others.
    assert kept.selection({**as_it_was, "new": "1"}) == ()
    assert kept.selection({"orders": "1", EVERYTHING: "1"}) == ()


def test_a_run_is_completed_by_what_it_kept(state: StateDir) -> None:
    kept = kept_after(state, finished(MODEL, CHECK, compiled="select 'kept'"))
    assert kept is not None
    whole = kept.completed(finished(CHECK, compiled="select 'made'"), EVERY_TIME)
    assert [(told.unique_id, told.kept) for told in whole.results] == [
        (MODEL, True),
        (CHECK, False),
    ]
    assert [whole.manifest["nodes"][name]["compiled_code"] for name in (MODEL, CHECK)] == [
        "select 'kept'",
        "select 'made'",
    ]
    # Kept twice it is kept as it was made.
    again = kept_after(state, whole)
    assert again is not None
    assert again.completed(finished(), EVERY_TIME).manifest["nodes"] == whole.manifest["nodes"]


def test_of_a_node_that_is_gone_no_result_is_kept(state: StateDir) -> None:
    kept = kept_after(state, finished(MODEL, CHECK))
    assert kept is not None
    run = finished()
    del run.manifest["nodes"][CHECK]  # pyright: ignore[reportIndexIssue]
    assert [told.unique_id for told in kept.completed(run, EVERY_TIME).results] == [MODEL]


@pytest.mark.parametrize(
    ("select", "kept"),
    [
        (["orders+"], []),
        (["orders_are_sound+"], [MODEL]),
        (["source:*.raw_orders+"], []),
        (["source:shop+"], []),
        (["tag:law+"], [MODEL]),
        # Names of another kind, or of part of one.
        (["source:*.orders+", "raw_orders+", "tag:orders+", "order+"], [MODEL, CHECK]),
    ],
)
def test_of_what_was_selected_no_result_is_kept(
    state: StateDir, select: list[str], kept: list[str]
) -> None:
    """What dbt was to make and has not made is missing, as in a build of everything."""
    record = kept_after(state, finished(MODEL, CHECK))
    assert record is not None
    completed = record.completed(finished(), select)
    assert [told.unique_id for told in completed.results] == kept


@pytest.fixture
def selected(monkeypatch: pytest.MonkeyPatch) -> list[Sequence[str]]:
    """What dbt was told to select, by each run of it that is played here."""
    told: list[Sequence[str]] = []

    def run_dbt(*given: Any) -> DbtRun:
        told.append(given[-1])
        return finished(MODEL, CHECK)

    monkeypatch.setattr(building, "run_dbt", run_dbt)
    monkeypatch.setattr(building, "place_previous", lambda *_: None)
    monkeypatch.setattr(building, "load_library", lambda: None)
    return told


def _touched(state: StateDir) -> None:
    del state


def _torn(state: StateDir) -> None:
    """Damage the header, as a failing disk does: no time tells of it."""
    before = state.working_database.stat()
    with state.working_database.open("r+b") as file:
        file.write(bytes(64))
    os.utime(state.working_database, ns=(before.st_atime_ns, before.st_mtime_ns))


def _cut_off(state: StateDir) -> None:
    (state.root / "working.duckdb.running").touch()


@pytest.mark.parametrize(
    ("change", "full_refresh", "kept"),
    [
        (_touched, False, True),
        (_touched, True, False),
        (_torn, False, False),
        (_cut_off, False, False),
    ],
)
def test_nothing_is_kept_of_a_working_database_that_is_discarded(
    state: StateDir,
    project: Path,
    selected: list[Sequence[str]],
    change: Callable[[StateDir], None],
    full_refresh: bool,
    kept: bool,
) -> None:
    request = BuildRequest(BuildSettings(), state.root, state, None, project=project)
    kept_after(state, dbt_phase(request, identity("a"), Silent()))
    change(state)
    dbt_phase(replace(request, full_refresh=full_refresh), identity("b"), Silent())
    assert selected == [(), EVERY_TIME if kept else ()]


@pytest.mark.parametrize("edited", [True, False])
def test_nothing_is_kept_of_a_build_during_which_a_file_was_edited(
    state: StateDir,
    project: Path,
    selected: list[Sequence[str]],
    monkeypatch: pytest.MonkeyPatch,
    *,
    edited: bool,
) -> None:
    """Nobody knows which text dbt has read; once the edit is undone the hashes are the old ones."""
    request = BuildRequest(BuildSettings(), state.root, state, None, project=project)
    before = inputs_of(state, request.settings, project)
    model = project / "models" / "marts" / "orders.sql"
    if edited:
        monkeypatch.setattr(building, "place_previous", lambda *_: model.write_text("another"))
    kept_after(state, dbt_phase(request, identity("a"), Silent()))
    model.write_text("models/marts/orders.sql", encoding="utf-8")
    assert inputs_of(state, request.settings, project) == before
    dbt_phase(request, identity("b"), Silent())
    assert selected == [(), () if edited else EVERY_TIME]


def _nothing_kept(state: StateDir) -> None:
    state.kept_tables.unlink()


def _written(state: StateDir) -> None:
    with duckdb.connect(str(state.working_database)) as working:
        working.execute("update marts.build_info set build_id = 'c'")


def _copied(state: StateDir) -> None:
    other = state.root / "copy"
    shutil.copy2(state.working_database, other)
    other.replace(state.working_database)


def _gone(state: StateDir) -> None:
    state.working_database.unlink()


def _torn_record(state: StateDir) -> None:
    state.kept_tables.write_text(state.kept_tables.read_text(encoding="utf-8")[:-9], "utf-8")


def _of_another_package(state: StateDir) -> None:
    record = json.loads(state.kept_tables.read_text(encoding="utf-8"))
    record["results"][0]["color"] = "green"
    state.kept_tables.write_text(json.dumps(record), encoding="utf-8")


@pytest.mark.parametrize(
    ("part", "told"),
    [
        ("working", 7), ("inputs", 7), ("inputs", ["orders"]), ("results", 7), ("results", [[]]),
        ("results", {"a": 1}), ("compiled", []), ("compiled", {}), ("compiled", 7),
    ],
)  # fmt: skip
def test_a_record_of_another_shape_tells_nothing(state: StateDir, part: str, told: object) -> None:
    assert kept_after(state, finished(MODEL)) is not None
    record = json.loads(state.kept_tables.read_text(encoding="utf-8"))
    state.kept_tables.write_text(json.dumps({**record, part: told}), encoding="utf-8")
    assert read_kept(state) is None


@pytest.mark.parametrize(
    "change", [_nothing_kept, _written, _copied, _gone, _torn_record, _of_another_package]
)
def test_nothing_is_kept_of_another_working_database(
    state: StateDir, change: Callable[[StateDir], None]
) -> None:
    assert kept_after(state, finished(MODEL)) is not None
    change(state)
    assert read_kept(state) is None
