"""The ledger's line of one file, and the proof that its rows add up.

Belongs here: what tells deliveries apart, what became of a file, committing both.
Does not belong here: reading and judging rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from datetime import datetime
from typing import cast

import duckdb

from orchestration.failpoints import reach
from orchestration.ingest.landing_directory import LandingFile
from orchestration.ingest.raw_contract import Table
from orchestration.ingest.raw_database import RawAccountingError
from orchestration.ingest.reasons import FileRefusedError

STATUS_LOADED = "loaded"
STATUS_QUARANTINED = "quarantined"


@dataclass(frozen=True)
class FileIdentity:
    """What tells one delivery of a file from another.

    Attributes:
        file_id: number of its line in the ledger.
        sha256: of its bytes; empty if they cannot be read.
        size: in bytes.
        run_id: the run that loads it.
        loaded_at: naive UTC instant of the run.
    """

    file_id: int
    sha256: str
    size: int
    run_id: str
    loaded_at: datetime


@dataclass(frozen=True)
class ReadAs:
    """How a file of a source is read.

    Attributes:
        source: what staging knows the source by.
        adapter: the adapter that reads it.
        kind: of the adapter.
        mapping: fingerprint of all that the rows are made from.
    """

    source: str
    adapter: str
    kind: str
    mapping: str


@dataclass(frozen=True)
class FileResult:
    """What became of one file.

    `rows_read = rows_set_aside + rows_loaded + rows_duplicate + rows_quarantined`; of a file that
    is refused as a whole all rows are read and quarantined, one where they cannot be counted.

    Attributes:
        table: the raw table.
        name: path below the landing directory.
        status: `loaded` or `quarantined`.
        rows_read: rows of the file.
        rows_loaded: rows that entered the table.
        rows_duplicate: exact copies of rows loaded before.
        rows_quarantined: rows that could not be accepted.
        rows_set_aside: rows that are none of the table's.
        notes: sentences on its columns and values.
        left_out: sentences on columns of which nothing was loaded.
    """

    table: str
    name: str
    status: str
    rows_read: int
    rows_loaded: int
    rows_duplicate: int
    rows_quarantined: int
    rows_set_aside: int = 0
    notes: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


def refuse_file(
    connection: duckdb.DuckDBPyConnection,
    file: LandingFile,
    identity: FileIdentity,
    refusal: FileRefusedError,
    read_as: ReadAs | None = None,
) -> FileResult:
    """Put a whole file into quarantine and commit that with its line in the ledger."""
    connection.execute("begin")
    connection.execute(
        "insert into raw.quarantine values (?, ?, ?, ?, null, null, ?, ?, ?)",
        [
            file.table,
            refusal.reason.value,
            refusal.column,
            file.name,
            identity.run_id,
            identity.file_id,
            str(refusal),
        ],
    )
    if read_as is not None:
        _insert_source(connection, identity.file_id, read_as, refusal.rows, 0)
    return _write_ledger(
        connection,
        identity,
        FileResult(file.table, file.name, STATUS_QUARANTINED, refusal.rows, 0, 0, refusal.rows),
    )


def close_books(
    connection: duckdb.DuckDBPyConnection,
    file: LandingFile,
    table: Table,
    identity: FileIdentity,
    *,
    read: int,
    loaded: int,
    duplicate: int,
    set_aside: Mapping[str, int],
    notes: tuple[str, ...] = (),
    left_out: tuple[str, ...] = (),
) -> FileResult:
    """Count what the open transaction really wrote, compare, and commit."""
    found = count_of(
        connection,
        f"select count(_row_hash) from raw.{table.name} where _file_id = {identity.file_id}",
    )
    quarantined = count_of(
        connection,
        f"select count(reason) from raw.quarantine where file_id = {identity.file_id}",
    )
    aside = sum(set_aside.values())
    if found != loaded or read != aside + found + duplicate + quarantined:
        message = (
            f"{file.name}: {read} rows were read, but {found} loaded, {duplicate} duplicate, "
            f"{quarantined} quarantined and {aside} set aside do not add up to them; nothing of "
            "the file was kept."
        )
        raise RawAccountingError(message)
    insert_set_aside(connection, identity, set_aside)
    return _write_ledger(
        connection,
        identity,
        FileResult(
            table=file.table,
            name=file.name,
            status=STATUS_LOADED,
            rows_read=read,
            rows_loaded=loaded,
            rows_duplicate=duplicate,
            rows_quarantined=quarantined,
            rows_set_aside=aside,
            notes=notes,
            left_out=left_out,
        ),
    )


def close_books_of_many(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    results: Sequence[tuple[FileIdentity, FileResult]],
) -> None:
    """Count what the open transaction wrote of each of several files, compare, and commit.

    None of them has a row in quarantine or set aside; their ids follow each other.
    """
    first, last = results[0][0].file_id, results[-1][0].file_id
    counted = connection.execute(
        f"select _file_id, count(_row_hash) from raw.{table.name} "
        f"where _file_id between {first} and {last} group by _file_id"
    ).fetchall()
    found = {int(file_id): int(rows) for file_id, rows in counted}
    for identity, result in results:
        rows = found.get(identity.file_id, 0)
        if rows != result.rows_loaded or result.rows_read != rows + result.rows_duplicate:
            message = (
                f"{result.name}: {result.rows_read} rows were read, but {rows} loaded and "
                f"{result.rows_duplicate} duplicate do not add up to them; nothing of the file "
                "was kept."
            )
            raise RawAccountingError(message)
    lines = [_ledger_line(identity, result) for identity, result in results]
    columns = [list(column) for column in zip(*lines, strict=True)]
    places = ", ".join("unnest(?)" for _ in columns)
    connection.execute(f"insert into raw.ingest_files select {places}", columns)
    connection.execute("commit")
    reach("ingest.file_committed")


def insert_set_aside(
    connection: duckdb.DuckDBPyConnection, identity: FileIdentity, set_aside: Mapping[str, int]
) -> None:
    """Note how many rows of a file were set aside, by reason."""
    for reason, rows in set_aside.items():
        connection.execute(
            "insert into raw.set_aside values (?, ?, ?)", [identity.file_id, reason, rows]
        )


def write_source_ledger(
    connection: duckdb.DuckDBPyConnection,
    identity: FileIdentity,
    results: Sequence[FileResult],
    *,
    read_as: ReadAs,
    rows_read: int,
    set_aside: Mapping[str, int],
) -> None:
    """Write a line for each table that a file of a source fills, and commit.

    Args:
        connection: inside the transaction of the file.
        identity: of the file; its tables take the ids from `file_id` on.
        results: by table, the main one first.
        read_as: how the rows were made.
        rows_read: rows of the file itself.
        set_aside: reason to rows of it that yield nothing.
    """
    counts = (rows_read, sum(set_aside.values()))
    for number, result in enumerate(results):
        own = replace(identity, file_id=identity.file_id + number)
        _insert_ledger(connection, own, result)
        _insert_source(connection, own.file_id, read_as, *(counts if number == 0 else (0, 0)))
    insert_set_aside(connection, identity, set_aside)
    connection.execute("commit")
    reach("ingest.file_committed")


def _insert_source(
    connection: duckdb.DuckDBPyConnection,
    file_id: int,
    read_as: ReadAs,
    rows_read: int,
    rows_set_aside: int,
) -> None:
    connection.execute(
        "insert into raw.source_files values (?, ?, ?, ?, ?, ?, ?)",
        [file_id, *astuple(read_as), rows_read, rows_set_aside],
    )


def _write_ledger(
    connection: duckdb.DuckDBPyConnection, identity: FileIdentity, result: FileResult
) -> FileResult:
    _insert_ledger(connection, identity, result)
    connection.execute("commit")
    reach("ingest.file_committed")
    return result


def _insert_ledger(
    connection: duckdb.DuckDBPyConnection, identity: FileIdentity, result: FileResult
) -> None:
    connection.execute(
        "insert into raw.ingest_files values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        _ledger_line(identity, result),
    )


def _ledger_line(identity: FileIdentity, result: FileResult) -> list[object]:
    return [
        identity.file_id,
        result.table,
        result.name,
        identity.sha256,
        identity.size,
        result.rows_read,
        result.rows_loaded,
        result.rows_duplicate,
        result.rows_quarantined,
        identity.loaded_at,
        identity.run_id,
        result.status,
        result.rows_set_aside,
    ]


def count_of(
    connection: duckdb.DuckDBPyConnection, sql: str, values: Mapping[str, object] | None = None
) -> int:
    """Run a statement that answers with one number, and return it."""
    row = cast("tuple[int]", connection.execute(sql, values or {}).fetchone())
    return row[0]
