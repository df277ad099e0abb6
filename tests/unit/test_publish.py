"""Publishing: all or nothing for readers, whatever dies, and five versions to go back to."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import duckdb
import pytest

from orchestration.errors import PublishError
from orchestration.failpoints import FAIL_POINTS
from orchestration.pipeline import publish as publishing
from orchestration.pipeline import versions as versioning
from orchestration.pipeline.gate import Mart, gate
from orchestration.pipeline.publish import publish
from orchestration.pipeline.versions import Published, current_version, rollback, versions
from orchestration.settings.paths import REPO_ROOT, StateDir
from tests.unit.finished_runs import PROJECT, identity, make_run, make_state, show_version

BEFORE_THE_SWAP = [name for name in FAIL_POINTS if name.startswith("publish.")][:-2]
AFTER_THE_SWAP = ["publish.linked", "publish.pruned"]


@pytest.fixture
def state(tmp_path: Path) -> StateDir:
    return make_state(tmp_path / "state")


def publish_rows(state: StateDir, rows: int, build_id: str) -> Published:
    """Publish a build whose mart `subjects` has that many rows."""
    make_state(state.root, rows)
    return publish(state, gate(state, make_run(), identity(build_id)))


def published_rows(state: StateDir) -> int:
    """Count the subjects that a reader sees."""
    with duckdb.connect(str(state.published_database), read_only=True) as reader:
        found = reader.execute("select count(*) from marts.subjects").fetchone()
    assert found is not None
    return int(found[0])


def published_bytes(state: StateDir) -> dict[str, bytes]:
    """Return every file a reader can reach through `current`."""
    found = {
        str(path.relative_to(state.current)): path.read_bytes()
        for path in sorted(state.current.rglob("*"))
        if path.is_file()
    }
    assert found
    return found


def test_a_version_holds_the_marts_and_nothing_else(state: StateDir) -> None:
    version = publish_rows(state, 5, "b1")
    assert sorted(path.name for path in version.path.iterdir()) == [
        "lifecycle.duckdb",
        "manifest.json",
        "parquet",
    ]
    assert sorted(path.name for path in (version.path / "parquet").iterdir()) == [
        "build_info.parquet",
        "subjects.parquet",
    ]
    with duckdb.connect(str(state.published_database), read_only=True) as reader:
        tables = reader.execute(
            "select schema_name, table_name from duckdb_tables() order by all"
        ).fetchall()
    assert tables == [("marts", "build_info"), ("marts", "subjects")]


def test_rows_lie_in_key_order_in_both_forms(state: StateDir) -> None:
    version = publish_rows(state, 9, "b1")
    expected = [(f"customer:{number}",) for number in range(1, 10)]
    with duckdb.connect(str(state.published_database), read_only=True) as reader:
        assert reader.execute("select subject_id from marts.subjects").fetchall() == expected
    parquet = version.path / "parquet" / "subjects.parquet"
    assert duckdb.sql(f"select subject_id from '{parquet}'").fetchall() == expected


def test_rows_of_the_version_before_are_put_into_another_order(state: StateDir) -> None:
    publish_rows(state, 9, "b1")
    run = make_run()
    run.manifest["nodes"][f"model.{PROJECT}.subjects"]["config"]["meta"]["primary_key"] = [
        "net_revenue"
    ]
    version = publish(state, gate(state, run, identity("b2")))
    found = duckdb.sql(f"select net_revenue from '{version.path}/parquet/subjects.parquet'")
    assert found.fetchall() == found.order("net_revenue").fetchall()


@pytest.mark.parametrize(
    ("before", "after"),
    [("0.0::double", "-0.0::double"), ("null::text[]", "[]::text[]")],
)
def test_values_that_are_hashed_alike_are_not_those_of_the_version_before(
    state: StateDir, before: str, after: str
) -> None:
    """Such are 0 and -0, and no list and an empty one."""
    for build_id, value in (("b1", before), ("b2", after)):
        make_state(state.root, 1)
        with duckdb.connect(str(state.working_database)) as working:
            working.execute(
                "create or replace table marts.subjects as "
                f"select * replace ({value} as detail) from marts.subjects"
            )
        publish(state, gate(state, make_run(), identity(build_id)))
    with duckdb.connect(str(state.published_database), read_only=True) as reader:
        told = reader.execute(f"select detail::text, ({after})::text from marts.subjects")
        assert [left == right for left, right in told.fetchall()] == [True]


def test_descriptions_are_carried_into_the_database(state: StateDir) -> None:
    publish_rows(state, 5, "b1")
    with duckdb.connect(str(state.published_database), read_only=True) as reader:
        tables = reader.execute(
            "select comment from duckdb_tables() where table_name = 'subjects'"
        ).fetchall()
        columns = reader.execute(
            "select comment from duckdb_columns() "
            "where table_name = 'subjects' and column_name = 'net_revenue'"
        ).fetchall()
    assert tables == [("The subjects. One row per subject_id.",)]
    assert columns == [("It's net_revenue.",)]


def test_the_links_are_relative_so_that_the_directory_can_move(state: StateDir) -> None:
    version = publish_rows(state, 5, "b1")
    assert state.current.readlink() == Path("versions") / version.version
    assert state.published_database.readlink() == Path("current/lifecycle.duckdb")
    state.published.rename(state.root / "moved")
    moved = state.root / "moved" / "lifecycle.duckdb"
    with duckdb.connect(str(moved), read_only=True) as reader:
        assert reader.execute("select count(*) from marts.subjects").fetchone() == (5,)


def test_a_reader_keeps_the_version_it_opened(state: StateDir) -> None:
    publish_rows(state, 5, "b1")
    with duckdb.connect(str(state.published_database), read_only=True) as reader:
        for number in range(7):
            publish_rows(state, 6 + number, f"b{number + 2}")
        assert reader.execute("select count(*) from marts.subjects").fetchone() == (5,)
    assert published_rows(state) == 12


def test_the_last_five_versions_stay(state: StateDir) -> None:
    made = [publish_rows(state, 5 + number, f"b{number}").version for number in range(7)]
    assert versions(state) == tuple(made[-5:])
    assert current_version(state) == made[-1]


def test_a_pass_publishes_no_other_working_database(state: StateDir, tmp_path: Path) -> None:
    elsewhere = gate(make_state(tmp_path / "elsewhere"), make_run(), identity("b1"))
    with pytest.raises(PublishError, match="changed after the gate"):
        publish(state, elsewhere)
    assert versions(state) == ()


def test_a_working_database_changed_after_the_gate_is_not_published(state: StateDir) -> None:
    gate_pass = gate(state, make_run(), identity("b1"))
    with duckdb.connect(str(state.working_database)) as working:
        working.execute("insert into marts.subjects select * from marts.subjects")
    with pytest.raises(PublishError, match="changed after the gate"):
        publish(state, gate_pass)
    assert versions(state) == ()


def test_a_copy_that_differs_from_the_working_database_is_not_published(
    state: StateDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_rows(state, 5, "b1")
    before = published_bytes(state)
    copy = publishing._copy_mart

    def copy_and_alter(target: duckdb.DuckDBPyConnection, mart: object, *, is_sorted: bool) -> None:
        copy(target, mart, is_sorted=is_sorted)  # type: ignore[arg-type]
        target.execute(
            "update marts.subjects set net_revenue = 0"
        ) if mart.name == "subjects" else None  # type: ignore[attr-defined]

    monkeypatch.setattr(publishing, "_copy_mart", copy_and_alter)
    with pytest.raises(PublishError, match='mart "subjects" differs'):
        publish_rows(state, 6, "b2")
    assert published_bytes(state) == before
    assert len(list(state.versions.iterdir())) == 1


def test_publishing_takes_the_memory_it_is_given_and_spills_into_the_state_directory(
    state: StateDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: dict[str, set[tuple[str, ...]]] = {"_copy_mart": set(), "_copy_parquet": set()}

    def listen(name: str) -> None:
        copy = getattr(publishing, name)

        def copy_and_ask(
            connection: duckdb.DuckDBPyConnection, *arguments: object, **named: object
        ) -> None:
            sql = "select current_setting('memory_limit'), current_setting('temp_directory')"
            told[name].update(connection.execute(sql).fetchall())
            copy(connection, *arguments, **named)

        monkeypatch.setattr(publishing, name, copy_and_ask)

    for name in told:
        listen(name)
    monkeypatch.setenv("LIFECYCLE_MEMORY_LIMIT", "512MB")
    publish_rows(state, 5, "b1")
    within = {("488.2 MiB", str(state.spill))}
    assert told == {"_copy_mart": within, "_copy_parquet": within}


@pytest.mark.parametrize("name", BEFORE_THE_SWAP + AFTER_THE_SWAP)
def test_kill_9_at_any_fail_point_leaves_one_whole_version_to_readers(
    state: StateDir, name: str
) -> None:
    publish_rows(state, 5, "b1")
    before = published_bytes(state)
    make_state(state.root, 8)
    killed = subprocess.run(
        [sys.executable, "-m", "tests.unit.finished_runs", str(state.root), "b2"],
        cwd=REPO_ROOT,
        env=os.environ | {"LIFECYCLE_FAIL_POINT": name},
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    if name in BEFORE_THE_SWAP:
        assert published_bytes(state) == before
    else:
        assert published_rows(state) == 8
    third = publish_rows(state, 9, "b3")
    assert published_rows(state) == 9
    assert sorted(path.name for path in state.published.iterdir()) == [
        "current",
        "lifecycle.duckdb",
        "versions",
    ]
    names = [path.name.partition("-")[2] for path in sorted(state.versions.iterdir())]
    assert names == (["b1", "b3"] if name in BEFORE_THE_SWAP else ["b1", "b2", "b3"])
    assert third.version == current_version(state)


def test_a_killed_first_publication_leaves_nothing_to_readers(state: StateDir) -> None:
    subprocess.run(
        [sys.executable, "-m", "tests.unit.finished_runs", str(state.root), "b1"],
        cwd=REPO_ROOT,
        env=os.environ | {"LIFECYCLE_FAIL_POINT": "publish.renamed"},
        check=False,
    )
    assert not state.published_database.exists()
    assert current_version(state) is None
    publish_rows(state, 5, "b2")
    assert [name.partition("-")[2] for name in versions(state)] == ["b2"]


@pytest.mark.parametrize(
    ("module", "failing"),
    [(publishing, "_write_version"), (publishing, "_flush_tree"), (versioning, "flush_directory")],
)
def test_a_disk_that_refuses_leaves_the_published_bytes(
    state: StateDir, monkeypatch: pytest.MonkeyPatch, module: ModuleType, failing: str
) -> None:
    publish_rows(state, 5, "b1")
    before = published_bytes(state)

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(module, failing, refuse)
        with pytest.raises(PublishError, match="No space left on device"):
            publish_rows(state, 6, "b2")
    assert published_bytes(state) == before
    assert publish_rows(state, 7, "b3").version == current_version(state)
    assert [name.partition("-")[2] for name in versions(state)] == ["b1", "b3"]


def test_a_full_disk_leaves_the_published_bytes(state: StateDir) -> None:
    """RLIMIT_FSIZE stands in for a full disk: the kernel refuses each write beyond it."""
    publish_rows(state, 5, "b1")
    before = published_bytes(state)
    make_state(state.root, 50_000)
    script = (
        "import resource, signal, runpy, sys; "
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)); "
        f"sys.argv = ['x', {str(state.root)!r}, 'b2']; "
        "runpy.run_module('tests.unit.finished_runs', run_name='__main__')"
    )
    run = subprocess.run(
        [sys.executable, "-c", script], cwd=REPO_ROOT, check=False, capture_output=True, text=True
    )
    assert "PublishError" in run.stderr
    assert published_bytes(state) == before
    assert [path.name.partition("-")[2] for path in state.versions.iterdir()] == ["b1"]


def test_rollback_goes_to_the_version_before_and_back_by_name(state: StateDir) -> None:
    first, second = publish_rows(state, 5, "b1"), publish_rows(state, 6, "b2")
    assert rollback(state).version == first.version
    assert published_rows(state) == 5
    assert rollback(state, second.version).version == second.version
    assert rollback(state, "b1").version == first.version
    assert published_rows(state) == 5
    with pytest.raises(PublishError, match="no version before"):
        rollback(state)
    assert published_rows(state) == 5


def test_rollback_to_an_unknown_version_names_the_kept_ones(state: StateDir) -> None:
    first = publish_rows(state, 5, "b1")
    with pytest.raises(PublishError, match=first.version):
        rollback(state, "../../elsewhere")


def test_rollback_refuses_a_version_that_cannot_be_read(state: StateDir) -> None:
    first, _ = publish_rows(state, 5, "b1"), publish_rows(state, 6, "b2")
    torn = first.path / "lifecycle.duckdb"
    torn.chmod(0o644)
    torn.write_bytes(b"torn")
    with pytest.raises(PublishError, match="cannot be made current"):
        rollback(state)
    assert published_rows(state) == 6


def test_rollback_with_nothing_published_says_so(state: StateDir) -> None:
    with pytest.raises(PublishError, match="Nothing has been published"):
        rollback(state)


def test_a_database_that_differs_beside_a_linked_parquet_file_is_not_published(
    state: StateDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is that of the version before and right; only the database tells of the fault."""
    publish_rows(state, 5, "b1")
    copy = publishing._copy_mart

    def copy_and_alter(target: duckdb.DuckDBPyConnection, mart: Mart, *, is_sorted: bool) -> None:
        assert is_sorted
        copy(target, mart, is_sorted=is_sorted)
        if mart.name == "subjects":
            target.execute("delete from marts.subjects where subject_id = 'customer:1'")

    monkeypatch.setattr(publishing, "_copy_mart", copy_and_alter)
    with pytest.raises(PublishError, match="differs"):
        publish_rows(state, 5, "b2")
    assert published_rows(state) == 5


def test_a_parquet_file_that_differs_from_the_working_database_is_not_published(
    state: StateDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = publishing._copy_parquet

    def copy_and_alter(written: duckdb.DuckDBPyConnection, mart: Mart, directory: Path) -> None:
        copy(written, mart, directory)
        if mart.name == "subjects":
            path = directory / "parquet" / "subjects.parquet"
            changed = f"select * replace (net_revenue + 1 as net_revenue) from '{path}'"
            written.execute(f"create temp table altered as {changed}")
            written.execute(f"copy altered to '{path}' (format parquet)")

    monkeypatch.setattr(publishing, "_copy_parquet", copy_and_alter)
    with pytest.raises(PublishError, match='mart "subjects" differs'):
        publish_rows(state, 6, "b1")
    assert versions(state) == ()


def test_a_working_database_that_changes_while_it_is_copied_is_not_published(
    state: StateDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = publishing.write_manifest

    def write_and_change(*arguments: object) -> None:
        write(*arguments)  # type: ignore[arg-type]
        with duckdb.connect(str(state.working_database)) as working:
            working.execute("create table marts.more as select 1 as x")

    monkeypatch.setattr(publishing, "write_manifest", write_and_change)
    with pytest.raises(PublishError, match="changed after the gate"):
        publish_rows(state, 6, "b1")
    assert versions(state) == ()


def test_every_file_and_folder_is_on_the_disk_before_readers_see_the_version(
    state: StateDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A power cut leaves what was flushed: all of the version, then its name, then the link."""
    flushed: list[int] = []
    flush = os.fsync

    def flush_and_note(descriptor: int) -> None:
        flush(descriptor)
        flushed.append(os.fstat(descriptor).st_ino)

    monkeypatch.setattr(os, "fsync", flush_and_note)
    version = publish_rows(state, 5, "b1").path
    made = [path.stat().st_ino for path in (version, *version.rglob("*"))]
    names = [state.versions.stat().st_ino, state.published.stat().st_ino]
    assert len(made) >= 5
    assert set(made) | set(names) <= set(flushed)
    assert flushed.index(version.stat().st_ino) > max(
        flushed.index(path.stat().st_ino) for path in version.rglob("*") if path.is_file()
    )
    assert flushed.index(names[0]) > max(map(flushed.index, made))
    assert flushed[-1] == names[1]


def test_there_is_a_current_version_at_every_instant(state: StateDir) -> None:
    """Asked before each change of a name that the process makes."""
    publish_rows(state, 5, "b1")
    asked: list[bool] = []
    is_watching = True

    def watch(event: str, _: tuple[object, ...]) -> None:
        if is_watching and event in {"os.rename", "os.remove", "os.symlink", "os.rmdir"}:
            asked.append(state.published_database.exists())

    sys.addaudithook(watch)
    publish_rows(state, 6, "b2")
    rollback(state)
    is_watching = False
    assert len(asked) >= 4
    assert all(asked)


def test_files_that_a_file_manager_leaves_stop_no_publication(state: StateDir) -> None:
    version = publish_rows(state, 5, "b1").version
    (state.versions / ".DS_Store").write_bytes(b"\0")
    (state.versions / "notes.txt").write_text("mine", encoding="utf-8")
    assert versions(state) == (version,)
    publish_rows(state, 6, "b2")
    assert published_rows(state) == 6
    assert (state.versions / "notes.txt").read_text(encoding="utf-8") == "mine"


def test_rollback_brings_back_a_lost_link(state: StateDir) -> None:
    publish_rows(state, 5, "b1")
    publish_rows(state, 6, "b2")
    state.current.unlink()
    rollback(state)
    assert published_rows(state) == 6


def test_a_clock_that_was_set_back_changes_neither_what_is_newest_nor_what_is_kept(
    state: StateDir,
) -> None:
    made = publish_rows(state, 5, "b0").path
    future = made.rename(made.with_name(f"20990101T000000000000Z-{made.name.partition('-')[2]}"))
    show_version(future)
    names = [publish_rows(state, 6 + number, f"b{number + 1}").version for number in range(6)]
    assert versions(state) == tuple(names[-5:]) == tuple(sorted(names)[-5:])
    assert current_version(state) == names[-1] > future.name
    rollback(state)
    assert published_rows(state) == 10


def test_versions_removed_by_hand_are_no_dead_end(state: StateDir) -> None:
    publish_rows(state, 5, "b1")
    shutil.rmtree(state.versions)
    with pytest.raises(PublishError, match="Nothing has been published"):
        rollback(state)
    publish_rows(state, 6, "b2")
    assert published_rows(state) == 6
    assert len(versions(state)) == 1
