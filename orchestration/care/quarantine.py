"""What was refused, row by row, and loading it again once it has been mended.

Belongs here: listing, forgetting a delivery so that it is read anew, and closing the account of one
that a later delivery replaced. Does not belong here: why a row is refused (`ingest/reasons`).

Mended is a file that was delivered again under its name, with all its rows; or one that is still as
it was, where something else has changed: a setting, the rules, this program. Values are not told:
the row itself stays in raw.quarantine, the file and the line say where it came from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from orchestration.checksums import sha256_of
from orchestration.database_files import open_quietly
from orchestration.errors import StateDirError, first_line
from orchestration.ingest.landing_directory import is_readable
from orchestration.ingest.loader_tables import landing_of
from orchestration.ingest.raw_database import SCHEMA
from orchestration.ingest.rebuild import LedgerCopy
from orchestration.pipeline.build import ingest_phase, new_build_id, rules_phase
from orchestration.pipeline.lock import build_lock
from orchestration.progress import Progress
from orchestration.settings.paths import StateDir
from orchestration.settings.request import BuildRequest
from orchestration.sql_text import identifier

REPLACED = "replaced by a later delivery"


@dataclass(frozen=True)
class Refused:
    """Rows of one file that were refused for one reason.

    Attributes:
        file: path below the landing directory.
        table: the raw table.
        reason: the name of the reason.
        column: the column it is about, or None.
        rows: how many.
        lines: the first lines in the file, where lines are known.
        detail: what is said of a file that was refused as a whole.
    """

    file: str
    table: str
    reason: str
    column: str | None
    rows: int
    lines: tuple[int, ...]
    detail: str | None


@dataclass(frozen=True)
class Replayed:
    """What a replay did.

    Attributes:
        read_again: files that were as they had been and were read anew.
        replaced: deliveries whose rows a later delivery of the file holds.
        before: refused rows before.
        after: refused rows that stay.
    """

    read_again: tuple[str, ...]
    replaced: tuple[str, ...]
    before: int
    after: int


def refused(state: StateDir) -> tuple[Refused, ...]:
    """Return what lies in quarantine, by file and reason.

    Raises:
        StateDirError: nothing was ingested yet, or the raw database cannot be read.
    """
    with _opened(state, read_only=True) as raw:
        rows = raw.execute(
            f"""
            select
                refused.source_file, refused.table_name, refused.reason, refused.column_name,
                case
                    when files.status = 'loaded' then count(*) else max(files.rows_quarantined)
                end,
                list(refused.line_number order by refused.line_number)
                    filter (where refused.line_number is not null)[1:10],
                max(refused.detail)
            from raw.{SCHEMA}.quarantine as refused
            inner join raw.{SCHEMA}.ingest_files as files on refused.file_id = files.file_id
            group by
                refused.source_file, refused.file_id, refused.table_name, refused.reason,
                refused.column_name, files.status
            order by all
            """
        ).fetchall()
    return tuple(
        Refused(*row[:4], rows=int(row[4]), lines=tuple(row[5] or ()), detail=row[6])
        for row in rows
    )


def replay(request: BuildRequest, progress: Progress) -> Replayed:
    """Load what has been mended; every file's rows add up before and after.

    A file is forgotten and read again in two steps. Whoever dies in between loses nothing: the file
    lies in the landing directory, and the next ingest finds it unknown.

    Raises:
        StateDirError: nothing was ingested yet, or the raw database cannot be read.
        LifecycleError: the ingest that follows says why.
    """
    state = request.state
    with build_lock(state):
        with landing_of(request, state) as landing, _opened(state) as raw:
            before = _rows_refused(raw)
            waiting = [one for one in _latest_refused(raw) if _is_unchanged(landing, one)]
            # First: a database that does not know a file of the list counts as older than that.
            forgotten = {(str(name), str(sha256)) for _, name, sha256 in waiting}
            LedgerCopy(state.raw_ledger).forget(forgotten)
            _forget(raw, [int(file_id) for file_id, *_ in waiting])
        rules = rules_phase(request, progress)
        ingest_phase(request, rules, new_build_id(), progress, is_build=False)
        with _opened(state) as raw:
            replaced = _close_replaced(raw)
            after = _rows_refused(raw)
    read_again = tuple(dict.fromkeys(str(name) for _, name, _ in waiting))
    return Replayed(read_again, replaced, before, after)


def _opened(state: StateDir, *, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    if not state.raw_database.is_file():
        text = f"Nothing was ingested in {state.root}"
        raise StateDirError(f"{text}; run lifecycle build, or name another one with --state-dir.")
    try:
        return open_quietly(state.raw_database, read_only=read_only)
    except duckdb.Error as error:
        raise StateDirError(
            f"{state.raw_database} cannot be read ({first_line(error)}); end who has it open, or "
            "build: a torn one is made anew from the landing files."
        ) from None


def _rows_refused(raw: duckdb.DuckDBPyConnection) -> int:
    sql = f"select coalesce(sum(rows_quarantined), 0) from raw.{SCHEMA}.ingest_files"
    return int(raw.execute(sql).fetchall()[0][0])


def _latest_refused(raw: duckdb.DuckDBPyConnection) -> Sequence[tuple[Any, ...]]:
    """Every ledger line of a file whose latest delivery has refused rows: id, path, SHA-256.

    A file of a source feeds several tables, and none of them is forgotten without the others.
    """
    return raw.execute(
        f"""
        with latest as (
            select path, arg_max(sha256, file_id) as sha256
            from raw.{SCHEMA}.ingest_files group by path
        )

        select files.file_id, files.path, files.sha256
        from raw.{SCHEMA}.ingest_files as files
        inner join latest on files.path = latest.path and files.sha256 = latest.sha256
        where files.path in (
            select path from raw.{SCHEMA}.ingest_files as refused
            where refused.sha256 = latest.sha256 and refused.rows_quarantined > 0
        )
        order by files.file_id
        """
    ).fetchall()


def _is_unchanged(landing: Path, delivery: tuple[Any, ...]) -> bool:
    """Say whether the bytes that were loaded still lie there: else nothing may be forgotten."""
    _, name, sha256 = delivery
    path = landing / str(name)
    return path.is_file() and is_readable(path) and sha256_of(path) == sha256


def _forget(raw: duckdb.DuckDBPyConnection, file_ids: Sequence[int]) -> None:
    """Take deliveries out of every table and book, as if they had never come."""
    books = raw.execute(
        "select table_name, column_name from duckdb_columns() where database_name = 'raw' "
        f"and schema_name = '{SCHEMA}' and column_name in ('file_id', '_file_id') order by all"
    ).fetchall()
    raw.execute("begin")
    for table, column in books:
        name = f"raw.{SCHEMA}.{identifier(str(table))}"
        raw.execute(f"delete from {name} where {column} in (select unnest(?))", [list(file_ids)])
    raw.execute("commit")


def _close_replaced(raw: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    """Set aside what was refused of deliveries that a later one of the file holds; return paths.

    The later one has at least as many rows: what is still wrong was refused there again.
    """
    replaced = raw.execute(
        f"""
        select files.file_id, files.path, files.rows_quarantined
        from raw.{SCHEMA}.ingest_files as files
        where files.rows_quarantined > 0 and exists (
            select 1 from raw.{SCHEMA}.ingest_files as later
            where
                later.path = files.path and later.table_name = files.table_name
                and later.file_id > files.file_id and later.status = 'loaded'
                and later.rows_read >= files.rows_read
        )
        order by files.file_id
        """
    ).fetchall()
    raw.execute("begin")
    for file_id, _, rows in replaced:
        raw.execute(f"delete from raw.{SCHEMA}.quarantine where file_id = ?", [file_id])
        raw.execute(
            f"insert into raw.{SCHEMA}.set_aside values (?, ?, ?)", [file_id, REPLACED, rows]
        )
        raw.execute(
            f"update raw.{SCHEMA}.ingest_files set rows_quarantined = 0, status = 'loaded', "
            "rows_set_aside = rows_set_aside + rows_quarantined where file_id = ?",
            [file_id],
        )
    raw.execute("commit")
    return tuple(dict.fromkeys(str(path) for _, path, _ in replaced))
