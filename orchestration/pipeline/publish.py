"""From the working database to what readers see: copy, verify, swap one link.

Belongs here: the layout of a published version, its verification, the atomic swap, old versions and
rollback. Does not belong here: deciding whether to publish; that needs a `GatePass`.

Readers go through the link `published/current`. A version grows under a hidden name, is verified
and flushed to disk there, gets its name, and becomes current by one atomic replacement of the link.
Whatever dies in between leaves the link alone; the next publication removes the leftovers.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from orchestration.database_files import open_quietly
from orchestration.errors import PublishError, nearest, sentence, shown
from orchestration.failpoints import reach
from orchestration.pipeline.gate import MARTS_SCHEMA, GatePass, Mart, fingerprint, require_issued
from orchestration.settings.paths import StateDir
from orchestration.sql_text import identifier, text_literal

KEPT_VERSIONS = 5
DATABASE_NAME = "lifecycle.duckdb"
PARQUET_DIR = "parquet"
_UNFINISHED_PREFIX = ".unfinished-"
# While this link exists, the version it names has its name but was never current.
_NEXT_LINK = ".next"
_ROLLBACK_LINK = ".rollback"


@dataclass(frozen=True)
class Published:
    """What readers see after a publication or a rollback.

    Attributes:
        version: name of the version directory.
        path: the version directory.
        rows: number of rows by mart; empty after a rollback.
    """

    version: str
    path: Path
    rows: dict[str, int]


def publish(state: StateDir, gate_pass: GatePass) -> Published:
    """Copy the judged marts into a fresh version and make it current.

    The caller holds the build lock. What was published stays as it was unless this returns.

    Raises:
        PublishError: when the working database changed since the gate judged it, when the copy
            differs from it, or when the disk refuses.
    """
    require_issued(gate_pass)
    if fingerprint(state) != gate_pass.working:
        text = f"{state.working_database} changed after the gate had judged it"
        raise PublishError(f"{text}; nothing was published, build again.")
    made_at = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    version = f"{made_at}-{gate_pass.identity.build_id}"
    unfinished = state.versions / f"{_UNFINISHED_PREFIX}{version}"
    try:
        state.versions.mkdir(parents=True, exist_ok=True)
        clean_up(state)
        (unfinished / PARQUET_DIR).mkdir(parents=True)
        reach("publish.directory_made")
        _write_version(state, gate_pass, unfinished)
        _flush_tree(unfinished)
        reach("publish.verified")
        _make_current(state, unfinished, version)
    except PublishError:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    except (OSError, duckdb.Error) as error:
        shutil.rmtree(unfinished, ignore_errors=True)
        text = f"The version could not be written to {state.published}"
        raise PublishError(f"{text} ({_first(error)}); what was published stays.") from None
    _prune(state)
    reach("publish.pruned")
    return Published(
        version=version,
        path=state.versions / version,
        rows={mart.name: mart.rows for mart in gate_pass.marts},
    )


def rollback(state: StateDir, to: str = "previous") -> Published:
    """Make an older (or newer) kept version current. The caller holds the build lock.

    Args:
        state: the state directory.
        to: the name of a version, its build id, or `previous` for the one before the current.

    Raises:
        PublishError: when there is no such version or it cannot be read.
    """
    clean_up(state)
    kept, current = versions(state), current_version(state)
    if not kept:
        raise PublishError(f"Nothing has been published in {state.published} yet.")
    if to == "previous":
        older = [name for name in kept if current is not None and name < current]
        if not older:
            raise PublishError(f"There is no version before {current}; kept are {', '.join(kept)}.")
        version = older[-1]
    else:
        named = [name for name in kept if to in {name, name.partition("-")[2]}]
        if not named:
            text = sentence(f"The version {shown(to)} is not kept{nearest(to, kept)}")
            raise PublishError(f"{text} Kept are {', '.join(kept)}.")
        version = named[0]
    database = state.versions / version / DATABASE_NAME
    try:
        duckdb.connect(str(database), read_only=True).close()
        _replace_link(state.published / _ROLLBACK_LINK, Path("versions") / version, state.current)
        _ensure_database_link(state)
        _flush_directory(state.published)
    except (OSError, duckdb.Error) as error:
        raise PublishError(f"{database} cannot be made current ({_first(error)}).") from None
    return Published(version=version, path=state.versions / version, rows={})


def versions(state: StateDir) -> tuple[str, ...]:
    """Return the names of the kept versions, oldest first."""
    if not state.versions.is_dir():
        return ()
    return tuple(sorted(p.name for p in state.versions.iterdir() if not p.name.startswith(".")))


def current_version(state: StateDir) -> str | None:
    """Return the name of the version readers see, None when nothing is published."""
    try:
        return state.current.readlink().name
    except OSError:
        return None


def clean_up(state: StateDir) -> None:
    """Remove what killed publications left: hidden directories, and a version never current."""
    if not state.versions.is_dir():
        return
    next_link = state.published / _NEXT_LINK
    if next_link.is_symlink():
        orphan = next_link.readlink().name
        if orphan != current_version(state):
            shutil.rmtree(state.versions / orphan, ignore_errors=True)
        next_link.unlink()
    (state.published / _ROLLBACK_LINK).unlink(missing_ok=True)
    for path in state.versions.iterdir():
        if path.name.startswith("."):
            shutil.rmtree(path)


def _write_version(state: StateDir, gate_pass: GatePass, directory: Path) -> None:
    """Write database and Parquet files, then read both back."""
    database = directory / DATABASE_NAME
    with open_quietly(database) as target:
        target.execute("set preserve_insertion_order = true")
        target.execute(f"attach {text_literal(str(state.working_database))} as working (read_only)")
        target.execute(f"create schema {MARTS_SCHEMA}")
        for mart in gate_pass.marts:
            _copy_mart(target, mart)
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


def _make_current(state: StateDir, unfinished: Path, version: str) -> None:
    final = state.versions / version
    next_link = state.published / _NEXT_LINK
    next_link.symlink_to(Path("versions") / version)
    unfinished.rename(final)
    _flush_directory(state.versions)
    reach("publish.renamed")
    _ensure_database_link(state)
    next_link.replace(state.current)
    _flush_directory(state.published)
    reach("publish.linked")


def _replace_link(temporary: Path, target: Path, link: Path) -> None:
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(target)
    temporary.replace(link)


def _ensure_database_link(state: StateDir) -> None:
    """Let `published/lifecycle.duckdb` point through `current`; it never changes afterwards."""
    target = Path("current") / DATABASE_NAME
    link = state.published_database
    if not (link.is_symlink() and link.readlink() == target):
        _replace_link(state.published / f"{_NEXT_LINK}-database", target, link)


def _prune(state: StateDir) -> None:
    """Keep the newest versions and the current one; a reader keeps the files it has open."""
    kept = versions(state)
    for name in kept[:-KEPT_VERSIONS]:
        if name != current_version(state):
            shutil.rmtree(state.versions / name, ignore_errors=True)


def _flush_tree(directory: Path) -> None:
    for path in sorted(directory.rglob("*"), reverse=True):
        if path.is_dir():
            _flush_directory(path)
        else:
            with path.open("rb") as file:
                os.fsync(file.fileno())
    _flush_directory(directory)


def _flush_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _table(mart: Mart) -> str:
    return f"{MARTS_SCHEMA}.{identifier(mart.name)}"


def _first(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__
