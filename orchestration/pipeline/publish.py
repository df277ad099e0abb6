"""From the working database to a version that readers see: copy, verify, make it current.

Belongs here: writing a version and holding it against the working database. Does not belong here:
deciding whether to publish (`gate`), or which version is current (`versions`).

A version grows under a hidden name, is verified and flushed to disk there, gets its name, and
becomes current by one atomic replacement of a link. Whatever dies in between leaves the link alone;
the next publication removes the leftovers.
"""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from orchestration.database_files import open_quietly
from orchestration.errors import PublishError, first_line
from orchestration.failpoints import reach
from orchestration.pipeline.gate import MARTS_SCHEMA, GatePass, Mart, fingerprint
from orchestration.pipeline.versions import (
    DATABASE_NAME,
    PARQUET_DIR,
    UNFINISHED_PREFIX,
    Published,
    clean_up,
    flush_directory,
    make_current,
    prune,
)
from orchestration.settings.paths import StateDir
from orchestration.sql_text import identifier, text_literal


def publish(state: StateDir, gate_pass: GatePass) -> Published:
    """Copy the judged marts into a fresh version and make it current.

    The caller holds the build lock. What was published stays as it was unless this returns.

    Raises:
        PublishError: when the working database changed since the gate judged it, when the copy
            differs from it, or when the disk refuses.
    """
    if fingerprint(state) != gate_pass.working:
        text = f"{state.working_database} changed after the gate had judged it"
        raise PublishError(f"{text}; nothing was published, build again.")
    made_at = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    version = f"{made_at}-{gate_pass.identity.build_id}"
    unfinished = state.versions / f"{UNFINISHED_PREFIX}{version}"
    try:
        state.versions.mkdir(parents=True, exist_ok=True)
        clean_up(state)
        (unfinished / PARQUET_DIR).mkdir(parents=True)
        reach("publish.directory_made")
        _write_version(state, gate_pass, unfinished)
        _flush_tree(unfinished)
        reach("publish.verified")
        make_current(state, unfinished, version)
    except PublishError:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    except (OSError, duckdb.Error) as error:
        shutil.rmtree(unfinished, ignore_errors=True)
        text = f"The version could not be written to {state.published}"
        raise PublishError(f"{text} ({first_line(error)}); what was published stays.") from None
    prune(state)
    reach("publish.pruned")
    return Published(
        version=version,
        path=state.versions / version,
        rows={mart.name: mart.rows for mart in gate_pass.marts},
    )


def _write_version(state: StateDir, gate_pass: GatePass, directory: Path) -> None:
    """Write database and Parquet files, then read both back."""
    database = directory / DATABASE_NAME
    with open_quietly(database) as target:
        target.execute("set preserve_insertion_order = true")
        target.execute(f"attach {text_literal(str(state.working_database))} as working (read_only)")
        target.execute("begin")  # Each comment is a statement, and each commit a write.
        target.execute(f"create schema {MARTS_SCHEMA}")
        for mart in gate_pass.marts:
            _copy_mart(target, mart)
        target.execute("commit")
        target.execute("detach working")
        target.execute("checkpoint")
    if Path(f"{database}.wal").exists():
        raise PublishError(f"{database} was closed with a write-ahead log; nothing was published.")
    reach("publish.database_written")
    with open_quietly(database, read_only=True) as written:
        for mart in gate_pass.marts:
            path = text_literal(str(directory / PARQUET_DIR / f"{mart.name}.parquet"))
            written.execute(
                f"copy (from {_table(mart)}) to {path} (format parquet, compression zstd)"
            )
    reach("publish.parquet_written")
    with open_quietly(database, read_only=True) as written:
        written.execute(
            f"attach {text_literal(str(state.working_database))} as working (read_only)"
        )
        for mart in gate_pass.marts:
            _verify(written, mart, directory)
    database.chmod(0o444)  # readers share it; a writing client would break the others


def _copy_mart(target: duckdb.DuckDBPyConnection, mart: Mart) -> None:
    columns = ", ".join(identifier(column) for column in mart.columns)
    key = ", ".join(identifier(column) for column in mart.primary_key)
    rows = f"select {columns} from working.{_table(mart)} order by {key}"
    target.execute(f"create table {_table(mart)} as {rows}")
    target.execute(f"comment on table {_table(mart)} is {text_literal(mart.description)}")
    for column, description in mart.columns.items():
        column_name = f"{_table(mart)}.{identifier(column)}"
        target.execute(f"comment on column {column_name} is {text_literal(description)}")


def _verify(written: duckdb.DuckDBPyConnection, mart: Mart, directory: Path) -> None:
    """Compare row count and content hash of the copies with the working database.

    The hash is a sum over rows, so that it neither depends on their order nor loses duplicates.
    """
    types = dict(
        written.execute(
            "select column_name, data_type from information_schema.columns "
            "where table_catalog = current_database() "
            f"and table_schema = '{MARTS_SCHEMA}' and table_name = {text_literal(mart.name)}"
        ).fetchall()
    )
    path = directory / PARQUET_DIR / f"{mart.name}.parquet"
    expected = _content(written, mart, f"working.{_table(mart)}", types)
    for source in (_table(mart), f"read_parquet({text_literal(str(path))})"):
        found = _content(written, mart, source, types)
        if found != expected or found[0] != mart.rows:
            text = f'The copy of the mart "{mart.name}" differs from the working database'
            raise PublishError(f"{text} ({found[0]} rows, not {mart.rows}); nothing was published.")


def _content(
    connection: duckdb.DuckDBPyConnection, mart: Mart, source: str, types: dict[str, str]
) -> tuple[int, int]:
    cells = ", ".join(f"cast({identifier(column)} as {types[column]})" for column in mart.columns)
    found = connection.execute(
        f"select count(*), coalesce(sum(hash({cells})), 0) from {source}"
    ).fetchone()
    return (int(found[0]), int(found[1])) if found else (-1, 0)


def _flush_tree(directory: Path) -> None:
    for path in sorted(directory.rglob("*"), reverse=True):
        if path.is_dir():
            flush_directory(path)
        else:
            with path.open("rb") as file:
                os.fsync(file.fileno())
    flush_directory(directory)


def _table(mart: Mart) -> str:
    return f"{MARTS_SCHEMA}.{identifier(mart.name)}"
