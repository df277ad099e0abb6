"""The manifest of a version: what it sees, what it costs, and what is linked rather than copied."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from orchestration import version_files
from orchestration.errors import PublishError, StateDirError
from orchestration.pipeline.status import open_published, read_status
from orchestration.pipeline.versions import rollback
from orchestration.settings.paths import StateDir
from orchestration.version_files import damage, read_manifest
from tests.unit.finished_runs import make_state
from tests.unit.test_publish import publish_rows, published_rows

Edit = Callable[[Path], object]


@pytest.fixture
def state(tmp_path: Path) -> StateDir:
    return make_state(tmp_path / "state")


def flip_a_byte(path: Path, *, with_its_time: bool = False) -> None:
    """Change one byte in the middle, as an editor or a failing disk would."""
    found = path.stat()
    path.chmod(0o644)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    if with_its_time:
        os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))


def test_a_version_that_nobody_touched_is_whole_also_as_a_copy(
    state: StateDir, tmp_path: Path
) -> None:
    version = publish_rows(state, 5, "b1").path
    assert damage(version) == damage(version, thorough=True) == ""
    shutil.copytree(version, tmp_path / "copy", copy_function=shutil.copyfile)
    assert damage(tmp_path / "copy") == ""


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda path: path.unlink(), "is missing"),
        (lambda path: os.truncate(path, 7), "has 7 bytes, not"),
        (flip_a_byte, "has other bytes than were published"),
        (lambda path: (path.unlink(), path.symlink_to("/dev/zero")), "is a link"),
        (lambda path: (path.unlink(), path.mkdir()), "has "),
    ],
)
@pytest.mark.parametrize("name", ["lifecycle.duckdb", "parquet/subjects.parquet"])
def test_an_edited_file_is_named_in_one_sentence(
    state: StateDir, name: str, edit: Edit, said: str
) -> None:
    publish_rows(state, 5, "b1")
    edit(state.current.resolve() / name)
    told = read_status(state)
    assert f'"{name}" {said}' in told.damage
    assert told.damage.count("\n") == 0
    assert "lifecycle build makes a new one" in told.damage
    if name == "lifecycle.duckdb":
        with pytest.raises(StateDirError, match="damaged or edited"), open_published(state):
            pass
    # The way out that the sentence names.
    assert damage(publish_rows(state, 6, "b2").path) == ""
    assert published_rows(state) == 6


def test_a_file_that_was_put_beside_them_is_named(state: StateDir) -> None:
    version = publish_rows(state, 5, "b1").path
    (version / "parquet" / "x\x1b[2J.parquet").write_bytes(b"")
    assert damage(version) == r'"parquet/x\x1b[2J.parquet" was not published with it'


def test_bytes_changed_under_the_same_time_are_found_by_whoever_reads_all(
    state: StateDir,
) -> None:
    version = publish_rows(state, 5, "b1").path
    publish_rows(state, 6, "b2")
    flip_a_byte(version / "parquet" / "subjects.parquet", with_its_time=True)
    assert damage(version) == ""
    assert "has other bytes" in damage(version, thorough=True)
    with pytest.raises(PublishError, match="damaged or edited"):
        rollback(state)


def test_a_damaged_manifest_is_damage_and_a_missing_one_as_well(state: StateDir) -> None:
    publish_rows(state, 4, "b0")
    version = publish_rows(state, 5, "b1").path
    manifest = version / "manifest.json"
    manifest.chmod(0o644)
    for content in ("", "[]", "{}", '{"files": {"x": 1}, "marts": {}}', "[" * 200_000):
        manifest.write_text(content, encoding="utf-8")
        assert damage(version) == "its manifest.json cannot be read"
    manifest.unlink()
    assert damage(version) == "its manifest.json is missing"
    assert "its manifest.json is missing" in read_status(state).damage
    with pytest.raises(StateDirError, match="missing; lifecycle build"), open_published(state):
        pass
    rollback(state)
    with pytest.raises(PublishError, match=r"its manifest.json is missing"):
        rollback(state, "b1")


def test_a_manifest_that_names_other_files_vouches_for_none(state: StateDir) -> None:
    version = publish_rows(state, 5, "b1").path
    manifest = version / "manifest.json"
    manifest.chmod(0o644)
    manifest.write_text('{"files": {}, "marts": {}}', encoding="utf-8")
    with pytest.raises(StateDirError, match=r'"lifecycle.duckdb" was not published with it'):
        open_published(state).__enter__()


def test_a_link_to_another_database_shows_nobody_that_one(state: StateDir, tmp_path: Path) -> None:
    publish_rows(state, 5, "b1")
    other = tmp_path / "other.duckdb"
    with duckdb.connect(str(other)) as made:
        made.execute("create schema marts")
        made.execute("create table marts.subjects as select 1 as x")
    state.published_database.unlink()
    state.published_database.symlink_to(other)
    with open_published(state) as published:
        assert published.execute("select count(*) from marts.subjects").fetchone() == (5,)


def test_a_mart_with_the_same_content_is_the_same_file(state: StateDir) -> None:
    first, second = (publish_rows(state, 5, build_id).path for build_id in ("b1", "b2"))
    third = publish_rows(state, 6, "b3").path
    inode = {
        version: (version / "parquet" / "subjects.parquet").stat().st_ino
        for version in (first, second, third)
    }
    assert inode[first] == inode[second] != inode[third]
    for version in (first, second, third):
        assert damage(version, thorough=True) == ""
    shutil.rmtree(first)
    assert damage(second, thorough=True) == ""


def test_a_linked_mart_reads_as_one_that_was_copied(state: StateDir) -> None:
    publish_rows(state, 9, "b1")
    publish_rows(state, 9, "b2")
    parquet = state.current / "parquet" / "subjects.parquet"
    with duckdb.connect(str(state.published_database), read_only=True) as reader:
        stored = reader.execute("select * from marts.subjects").fetchall()
        linked = reader.execute(f"select * from '{parquet}'").fetchall()
    assert [row[0] for row in stored] == [f"customer:{number}" for number in range(1, 10)]
    assert linked == stored


def test_damage_is_not_handed_on_to_the_next_version(state: StateDir) -> None:
    for name in ("parquet/subjects.parquet", "lifecycle.duckdb"):
        version = publish_rows(state, 5, "b").path
        flip_a_byte(version / name, with_its_time=True)
        following = publish_rows(state, 5, "b").path
        assert damage(following, thorough=True) == ""
        assert not (version / name).samefile(following / name)
        parquet = following / "parquet" / "subjects.parquet"
        assert duckdb.sql(f"select count(*) from '{parquet}'").fetchone() == (5,)


def test_where_files_cannot_be_linked_they_are_copied(
    state: StateDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    first = publish_rows(state, 5, "b1").path
    monkeypatch.setattr(os, "link", refuse)
    second = publish_rows(state, 5, "b2").path
    assert damage(second, thorough=True) == ""
    assert not (first / "parquet/subjects.parquet").samefile(second / "parquet/subjects.parquet")


def test_the_manifest_is_there_before_readers_see_the_version(
    state: StateDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(version_files, "sha256_of", refuse)
    with pytest.raises(PublishError, match="No space left"):
        publish_rows(state, 5, "b1")
    assert not state.current.exists()


def test_a_manifest_says_what_each_mart_holds(state: StateDir) -> None:
    manifest = read_manifest(publish_rows(state, 5, "b1").path)
    assert manifest is not None
    assert manifest.marts["subjects"].rows == 5
    assert manifest.marts["subjects"].shape.startswith("subject_id VARCHAR, net_revenue DECIMAL")
    text = (state.current / "manifest.json").read_text(encoding="utf-8")
    assert set(json.loads(text)["files"]) == {
        "lifecycle.duckdb",
        "parquet/build_info.parquet",
        "parquet/subjects.parquet",
    }


def test_whoever_reads_through_the_program_can_neither_leave_nor_unlock_the_file(
    state: StateDir,
) -> None:
    publish_rows(state, 5, "b1")
    with open_published(state) as published:
        for attack in (
            "select * from read_csv('/etc/hostname')",
            "set enable_external_access = true",
            "set lock_configuration = false",
            "set memory_limit = '1GB'",
            "create table marts.planted as select 1",
        ):
            with pytest.raises(duckdb.Error):
                published.execute(attack)
