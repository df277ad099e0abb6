"""Files that Dagster opens and closes a thousand times do not wait for the disk each time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy
from sqlalchemy.pool import NullPool

from orchestration.sqlite_files import MOST_OPEN, keep_engines, kept_engine


def written(file: Path) -> int:
    """Write an event as Dagster does, close all, and return what `synchronous` was."""
    engine = kept_engine(f"sqlite:///{file}", poolclass=NullPool, connect_args={"timeout": 30})
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text("pragma journal_mode = wal"))
        connection.execute(sqlalchemy.text("create table if not exists events (name text)"))
        connection.execute(sqlalchemy.text("insert into events values ('begun')"))
        connection.commit()
        told = connection.execute(sqlalchemy.text("pragma synchronous")).scalar_one()
    engine.dispose()
    return int(told)


def log_of(file: Path) -> Path:
    """Return the write-ahead log, which is gone once the last connection has been closed."""
    return file.with_name(f"{file.name}-wal")


def test_closing_leaves_the_log_to_sqlite_and_a_commit_does_not_wait(tmp_path: Path) -> None:
    file = tmp_path / "run.db"
    assert [written(file) for _ in range(3)] == [1, 1, 1]
    assert log_of(file).stat().st_size > 0


def test_a_file_is_opened_and_a_statement_compiled_once(tmp_path: Path) -> None:
    opened: list[object] = []
    compiled = set[object]()
    for _ in range(3):
        engine = kept_engine(f"sqlite:///{tmp_path / 'run.db'}", poolclass=NullPool)
        with engine.connect() as connection:
            opened.append(connection.connection.dbapi_connection)
            done = connection.execute(sqlalchemy.select(sqlalchemy.literal(1)))
            compiled.add(done.context.compiled)
        engine.dispose()
    assert len({id(one) for one in opened}) == len(compiled) == 1


def test_a_module_with_another_way_to_an_engine_is_left_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    module = sys.modules[__name__]
    for name, found, left in (
        ("create_engine", sqlalchemy.create_engine, kept_engine),
        ("create_engine", len, len),
    ):
        monkeypatch.setattr(module, name, found, raising=False)
        keep_engines(Storage())
        assert getattr(module, name) is left


class Storage:
    """What keeps files by an engine of this module."""


def test_files_of_long_ago_are_let_go(tmp_path: Path) -> None:
    files = [tmp_path / f"run{number}.db" for number in range(MOST_OPEN + 1)]
    for file in files:
        written(file)
        written(file)
    assert not log_of(files[0]).exists()
    assert log_of(files[1]).exists()


def test_another_process_reads_what_was_written(tmp_path: Path) -> None:
    file = tmp_path / "run.db"
    written(file)
    count = (
        "import sqlite3, sys; print(*sqlite3.connect(sys.argv[1]).execute(sys.argv[2]).fetchone())"
    )
    told = subprocess.run(
        [sys.executable, "-c", count, str(file), "select count(*) from events"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.strip() == "1"
