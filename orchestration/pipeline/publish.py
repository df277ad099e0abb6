"""From the working database to a version that readers see: copy, verify, make it current.

Belongs here: writing a version and holding it against the working database. Does not belong here:
deciding whether to publish (`gate`), or which version is current (`versions`).

A version grows under a hidden name, is verified and flushed to disk there, gets its name, and
becomes current by one atomic replacement of a link. Whatever dies in between leaves the link alone;
the next publication removes the leftovers. A mart whose content the current version has already is
not sorted again: its rows come from there, and its Parquet file is the same file, linked.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from orchestration.database_files import attach_fresh, open_quietly
from orchestration.errors import PublishError, first_line
from orchestration.failpoints import reach
from orchestration.pipeline.gate import (
    MARTS_SCHEMA,
    GatePass,
    Mart,
    count_and_hash,
    fingerprint,
    mart_table,
)
from orchestration.pipeline.versions import (
    DATABASE_NAME,
    PARQUET_DIR,
    UNFINISHED_PREFIX,
    Published,
    clean_up,
    current_version,
    flush_directory,
    make_current,
    prune,
    versions,
)
from orchestration.settings.engine_settings import EngineSettings
from orchestration.settings.paths import StateDir
from orchestration.sql_text import identifier, text_literal
from orchestration.state_modes import PUBLIC_DIRECTORY, make_public
from orchestration.version_files import MartEntry, damage, read_manifest, write_manifest

# Most marts are small, and writing one keeps one core busy.
_AT_A_TIME = 4
_MADE_AT = "%Y%m%dT%H%M%S%fZ"


def publish(state: StateDir, gate_pass: GatePass) -> Published:
    """Copy the judged marts into a fresh version and make it current.

    The caller holds the build lock. What was published stays as it was unless this returns.

    Raises:
        PublishError: when the working database changed since the gate judged it, when the copy
            differs from it, or when the disk refuses.
    """
    _refuse_changed(state, gate_pass)
    version = f"{_made_at(state)}-{gate_pass.identity.build_id}"
    unfinished = state.versions / f"{UNFINISHED_PREFIX}{version}"
    try:
        state.versions.mkdir(parents=True, exist_ok=True)
        for folder in (state.published, state.versions):
            folder.chmod(PUBLIC_DIRECTORY)
        clean_up(state)
        (unfinished / PARQUET_DIR).mkdir(parents=True)
        reach("publish.directory_made")
        _write_version(state, gate_pass, unfinished)
        _refuse_changed(state, gate_pass)
        make_public(unfinished)
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


def _made_at(state: StateDir) -> str:
    """Return the time by which a version is named, behind all that are kept.

    A clock may have been set back, and names say which versions are the newest.
    """
    moments = [datetime.now(UTC).replace(tzinfo=None)]
    for name in versions(state):
        with suppress(ValueError, OverflowError):
            made_at = datetime.strptime(name.partition("-")[0], _MADE_AT)
            moments.append(made_at + timedelta(microseconds=1))
    return max(moments).strftime(_MADE_AT)


def _refuse_changed(state: StateDir, gate_pass: GatePass) -> None:
    if fingerprint(state) != gate_pass.working:
        text = f"{state.working_database} changed after the gate had judged it"
        raise PublishError(f"{text}; nothing was published, build again.")


def _write_version(state: StateDir, gate_pass: GatePass, directory: Path) -> None:
    """Write database, Parquet files and manifest; what was written is read back."""
    entries = {mart.name: _entry(mart) for mart in gate_pass.marts}
    kept, checksums = _kept_marts(state, entries)
    database = directory / DATABASE_NAME
    with _open_within_limits(state) as target:
        attach_fresh(target, database, "version")
        target.execute("use version")
        target.execute("set preserve_insertion_order = true")
        target.execute(f"attach {text_literal(str(state.working_database))} as working (read_only)")
        if kept:
            current = text_literal(str(state.published_database.resolve()))
            target.execute(f"attach {current} as current (read_only)")
        target.execute("begin")  # Each comment is a statement, and each commit a write.
        target.execute(f"create schema {MARTS_SCHEMA}")
        for mart in gate_pass.marts:
            _copy_mart(target, mart, is_sorted=mart.name in kept)
        target.execute("commit")
        target.execute("checkpoint version")
    reach("publish.database_written")
    with _open_within_limits(state, database, read_only=True) as written:
        copied = [mart for mart in gate_pass.marts if not _is_linked(mart, directory, kept)]
        _for_each(written, copied, lambda cursor, mart: _copy_parquet(cursor, mart, directory))
        reach("publish.parquet_written")
        _for_each(
            written,
            gate_pass.marts,
            lambda cursor, mart: _verify(cursor, mart, mart_table(mart.name)),
        )
        _for_each(
            written,
            copied,
            lambda cursor, mart: _verify(cursor, mart, _parquet_source(mart, directory)),
        )
    linked = {_parquet_name(mart) for mart in gate_pass.marts if mart not in copied}
    write_manifest(
        directory, entries, {name: sha for name, sha in checksums.items() if name in linked}
    )


def _open_within_limits(
    state: StateDir, path: Path | None = None, *, read_only: bool = False
) -> duckdb.DuckDBPyConnection:
    """Open a database that takes no more memory than dbt may, and spills where dbt does.

    Else it would take most of the machine, and spill into whatever directory this runs in.
    """
    connection = open_quietly(path, read_only=read_only)
    limit = EngineSettings.read().memory_limit
    connection.execute(f"set memory_limit = {text_literal(limit)}")
    connection.execute(f"set temp_directory = {text_literal(str(state.spill))}")
    return connection


def _kept_marts(
    state: StateDir, entries: Mapping[str, MartEntry]
) -> tuple[Mapping[str, Path], Mapping[str, str]]:
    """Return the Parquet file of each mart that the current version has with the same content.

    Beside it the checksums of that version. Every byte of it is read: damage is not handed on.
    """
    current = current_version(state)
    directory = state.versions / (current or "")
    manifest = read_manifest(directory) if current else None
    if manifest is None or damage(directory, thorough=True):
        return {}, {}
    kept = {
        name: directory / PARQUET_DIR / f"{name}.parquet"
        for name, entry in entries.items()
        if manifest.marts.get(name) == entry
    }
    return kept, {name: entry.sha256 for name, entry in manifest.files.items()}


def _entry(mart: Mart) -> MartEntry:
    # Another DuckDB may hash otherwise.
    columns = ", ".join(f"{name} {kind}" for name, kind in mart.types.items())
    shape = f"{columns} by {', '.join(mart.primary_key)}"
    return MartEntry(mart.rows, f"{mart.content} by DuckDB {duckdb.__version__}", shape)


def _is_linked(mart: Mart, directory: Path, kept: Mapping[str, Path]) -> bool:
    """Link the kept Parquet file into the version; say whether there is one and the disk can."""
    if mart.name in kept:
        with suppress(OSError):
            os.link(kept[mart.name], directory / _parquet_name(mart))
            return True
    return False


def _copy_mart(target: duckdb.DuckDBPyConnection, mart: Mart, *, is_sorted: bool) -> None:
    table = mart_table(mart.name)
    columns = ", ".join(identifier(column) for column in mart.columns)
    key = ", ".join(identifier(column) for column in mart.primary_key)
    source = f"current.{table}" if is_sorted else f"working.{table} order by {key}"
    target.execute(f"create table {table} as select {columns} from {source}")
    comments = [f"comment on table {table} is {text_literal(mart.description)}"]
    comments += [
        f"comment on column {table}.{identifier(column)} is {text_literal(description)}"
        for column, description in mart.columns.items()
    ]
    target.execute("; ".join(comments))


def _copy_parquet(written: duckdb.DuckDBPyConnection, mart: Mart, directory: Path) -> None:
    path = text_literal(str(directory / _parquet_name(mart)))
    # The lightest zstd: 15 % less to write for 6 % more bytes.
    options = "format parquet, compression zstd, compression_level 1"
    written.execute(f"copy (from {mart_table(mart.name)}) to {path} ({options})")


def _verify(written: duckdb.DuckDBPyConnection, mart: Mart, source: str) -> None:
    """Compare row count and content of a copy with what the gate has read."""
    rows, content = count_and_hash(written, mart, source)
    if (rows, content) != (mart.rows, mart.content):
        text = f'The copy of the mart "{mart.name}" differs from the working database'
        raise PublishError(f"{text} ({rows} rows, not {mart.rows}); nothing was published.")


def _for_each(
    connection: duckdb.DuckDBPyConnection,
    marts: Iterable[Mart],
    work: Callable[[duckdb.DuckDBPyConnection, Mart], None],
) -> None:
    """Do some work for every mart, several at a time; the first failure is raised."""

    def one(mart: Mart) -> None:
        work(connection.cursor(), mart)

    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        list(pool.map(one, marts))


def _parquet_name(mart: Mart) -> str:
    return f"{PARQUET_DIR}/{mart.name}.parquet"


def _parquet_source(mart: Mart, directory: Path) -> str:
    return f"read_parquet({text_literal(str(directory / _parquet_name(mart)))})"


def _flush_tree(directory: Path) -> None:
    for path in sorted(directory.rglob("*"), reverse=True):
        if path.is_dir():
            flush_directory(path)
        else:
            with path.open("rb") as file:
                os.fsync(file.fileno())
    flush_directory(directory)
