"""Loading one landing file into the raw tables, in one transaction with its line in the ledger.

Belongs here: judging rows once, exact copies, quarantine, schema log, the file's own accounting.
Does not belong here: which files there are and whether they were loaded before.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import cast

import duckdb

from orchestration.contract import Table
from orchestration.failpoints import reach
from orchestration.landed_file import LANDED, LandedFile
from orchestration.landing import LandingFile
from orchestration.landing_readers import read_landing_file
from orchestration.quarantine import FileRefusedError, Reason
from orchestration.raw_store import RawAccountingError
from orchestration.read_parquet import parquet_error
from orchestration.row_judgement import Judgement, judge
from orchestration.text_repair import write_csv_lines
from orchestration.value_parsing import text_literal

STATUS_LOADED = "loaded"
STATUS_QUARANTINED = "quarantined"
_TEMPORARY = (LANDED, "judged_rows", "repeated_rows", "refused_rows", "csv_lines")


class FileChangedError(Exception):
    """The file was written to while it was read."""


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
class FileResult:
    """What became of one file: `rows_read = rows_loaded + rows_duplicate + rows_quarantined`.

    A file refused as a whole counts as one row read and one quarantined.
    """

    table: str
    name: str
    status: str
    rows_read: int
    rows_loaded: int
    rows_duplicate: int
    rows_quarantined: int


def load_file(
    connection: duckdb.DuckDBPyConnection,
    file: LandingFile,
    table: Table,
    identity: FileIdentity,
    *,
    excluded_ids: Collection[str],
    folder: Path,
    is_same: Callable[[], bool],
) -> FileResult:
    """Load one file and commit it with its line in the ledger; a refused one leaves its line too.

    Args:
        connection: the raw database, outside any transaction.
        file: the file.
        table: the raw table that it feeds.
        identity: its line in the ledger.
        excluded_ids: lower-case ids that count as empty.
        folder: empty folder for files made on the way.
        is_same: says whether the file is still the one that the identity was taken from.

    Raises:
        FileChangedError: it is not; nothing is kept.
        RawAccountingError: rows read and rows accounted for differ; nothing is kept.
        FileRefusedError: the file must go to quarantine; nothing is kept (see `refuse_file`).
    """
    _drop_temporary(connection)
    landed = _read(connection, file, table, folder)
    if landed is None:
        connection.execute("begin")
        return _close_books(connection, file, table, identity, read=0, loaded=0, duplicate=0)
    judgement = judge(
        table,
        landed.columns,
        from_sql=landed.from_sql,
        record_sql=landed.record_sql,
        excluded_ids=excluded_ids,
        first_checks=landed.first_checks,
    )
    try:
        connection.execute(f"create temporary table judged_rows as {judgement.sql}")
    except duckdb.Error as error:
        raise _refusal_or(error, file) from error
    judged = _count(connection, "select count(_row_hash) from judged_rows")
    if landed.declared_rows is not None and judged != landed.declared_rows:
        detail = f"The file says that it has {landed.declared_rows} rows, {judged} can be read."
        raise FileRefusedError(Reason.UNREADABLE_FILE, detail)
    copies = _find_copies(connection, table)
    refused = _prepare_quarantine(connection, landed, folder)

    if not is_same():
        raise FileChangedError(file.name)
    connection.execute("begin")
    loaded = _insert_rows(connection, table, identity, copies=copies)
    _insert_quarantine(connection, file, identity, landed, judgement)
    _log_extra_columns(connection, file, table, identity, judgement)
    reach("ingest.rows_written")
    return _close_books(
        connection, file, table, identity, read=judged + refused, loaded=loaded, duplicate=copies
    )


def refuse_file(
    connection: duckdb.DuckDBPyConnection,
    file: LandingFile,
    identity: FileIdentity,
    refusal: FileRefusedError,
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
    return _write_ledger(
        connection, identity, FileResult(file.table, file.name, STATUS_QUARANTINED, 1, 0, 0, 1)
    )


def _read(
    connection: duckdb.DuckDBPyConnection, file: LandingFile, table: Table, folder: Path
) -> LandedFile | None:
    try:
        return read_landing_file(connection, file, table, folder)
    except duckdb.Error as error:
        raise _refusal_or(error, file) from error


def _refusal_or(error: duckdb.Error, file: LandingFile) -> Exception:
    """Return a refusal if the file itself is damaged, else the error (a full disk)."""
    if file.format != "parquet":
        return error
    detail = parquet_error(file.path)
    if detail is None:
        return error
    sentence = f"The Parquet file cannot be read ({detail}); deliver it again."
    return FileRefusedError(Reason.UNREADABLE_FILE, sentence)


def _find_copies(connection: duckdb.DuckDBPyConnection, table: Table) -> int:
    """Make `repeated_rows`: good rows that are exact copies of a loaded row or an earlier one.

    Returns how many they are.

    Hashes are compared first: that reads one column of eight bytes of what was loaded before, and
    the keys of the few rows that hit.
    """
    keys = ", ".join(table.primary_key)
    same_key = " and ".join(f"judged.{key} = loaded.{key}" for key in table.primary_key)
    connection.execute(
        f"""
        create temporary table repeated_rows as
        with repeated_hashes as (
            select _row_hash from judged_rows
            where verdict is null
            group by _row_hash
            having count(*) > 1
        ),

        later_copies as (
            select record
            from judged_rows
            where verdict is null and _row_hash in (select _row_hash from repeated_hashes)
            qualify row_number() over (partition by {keys}, _row_hash order by record) > 1
        ),

        hits as (
            select rowid as loaded_row
            from raw.{table.name}
            where _row_hash in (select _row_hash from judged_rows where verdict is null)
        ),

        loaded_copies as (
            select judged.record
            from judged_rows as judged
            inner join raw.{table.name} as loaded
                on judged._row_hash = loaded._row_hash and {same_key}
            where judged.verdict is null and loaded.rowid in (select loaded_row from hits)
        )

        select record from later_copies
        union
        select record from loaded_copies
        """
    )
    return _count(connection, "select count(record) from repeated_rows")


def _prepare_quarantine(
    connection: duckdb.DuckDBPyConnection, landed: LandedFile, folder: Path
) -> int:
    """Make `refused_rows` from rows that fail a check; return how many lines never became rows."""
    line_sql = landed.line_sql
    failing = "(select record, verdict from judged_rows where verdict is not null)"
    if line_sql is None and landed.csv_layout is not None:
        # Only the file knows on which line a row begins: quoted values may hold line ends.
        records = frozenset(
            int(row[0]) for row in connection.execute(f"select record from {failing}").fetchall()
        )
        target = folder / "lines.csv"
        if records:
            write_csv_lines(*landed.csv_layout, records, target)
        else:
            target.write_text("", encoding="utf-8")
        connection.execute(
            f"""
            create temporary table csv_lines as
            select * from read_csv(
                {text_literal(str(target))}, columns = {{'record': 'BIGINT', 'line': 'BIGINT'}},
                auto_detect = false, header = false
            )
            """
        )
        line_sql = f"(select line from csv_lines where csv_lines.record = {LANDED}.rowid + 1)"
    connection.execute(
        f"""
        create temporary table refused_rows as
        with landed_rows as (
            select
                {landed.record_sql} as record,
                {line_sql} as line_number,
                {landed.raw_record_sql} as raw_record
            from {landed.from_sql}
            where {landed.record_sql} in (select record from {failing})
        )

        select landed_rows.line_number, landed_rows.raw_record, failing.verdict
        from landed_rows
        inner join {failing} as failing on landed_rows.record = failing.record
        """
    )
    if landed.refused is None:
        return 0
    return _count(connection, f"select count(line) from {_refused_lines(landed.refused)}")


def _refused_lines(path: Path) -> str:
    return f"""read_csv(
        {text_literal(str(path))},
        columns = {{'line': 'BIGINT', 'reason': 'VARCHAR', 'text': 'VARCHAR'}},
        auto_detect = false, header = false, delim = ',', quote = '"', escape = '"'
    )"""


def _insert_rows(
    connection: duckdb.DuckDBPyConnection, table: Table, identity: FileIdentity, *, copies: int
) -> int:
    names = ", ".join(table.column_names)
    # The join costs a third of the insert, and most files hold no copy.
    no_copy = "and record not in (select record from repeated_rows)" if copies else ""
    return _changed(
        connection.execute(
            f"""
            insert into raw.{table.name} ({names}, _file_id, _line, _loaded_at, _row_hash)
            select {names}, {identity.file_id}, record, $loaded_at, _row_hash
            from judged_rows
            where verdict is null {no_copy}
            """,
            {"loaded_at": identity.loaded_at},
        )
    )


def _insert_quarantine(
    connection: duckdb.DuckDBPyConnection,
    file: LandingFile,
    identity: FileIdentity,
    landed: LandedFile,
    judgement: Judgement,
) -> None:
    common = {
        "table_name": file.table,
        "source_file": file.name,
        "run_id": identity.run_id,
        "file_id": identity.file_id,
    }
    connection.execute(
        """
        insert into raw.quarantine
        select
            $table_name, $reasons[verdict], $columns[verdict], $source_file, line_number,
            raw_record, $run_id, $file_id, null
        from refused_rows
        """,
        common
        | {
            "reasons": [check.reason.value for check in judgement.checks],
            "columns": [check.column for check in judgement.checks],
        },
    )
    if landed.refused is not None:
        connection.execute(
            f"""
            insert into raw.quarantine
            select
                $table_name, reason, null, $source_file, line, text, $run_id, $file_id, null
            from {_refused_lines(landed.refused)}
            """,
            common,
        )


def _log_extra_columns(
    connection: duckdb.DuckDBPyConnection,
    file: LandingFile,
    table: Table,
    identity: FileIdentity,
    judgement: Judgement,
) -> None:
    action = "merged into properties" if table.merges_extra_columns else "not loaded"
    for column in judgement.extra_columns:
        connection.execute(
            "insert into raw.schema_log values (?, ?, ?, ?, ?, ?, ?)",
            [
                table.name,
                column.name,
                column.data_type,
                action,
                file.name,
                identity.file_id,
                identity.run_id,
            ],
        )


def _close_books(
    connection: duckdb.DuckDBPyConnection,
    file: LandingFile,
    table: Table,
    identity: FileIdentity,
    *,
    read: int,
    loaded: int,
    duplicate: int,
) -> FileResult:
    """Count what the open transaction really wrote, compare, and commit."""
    found = _count(
        connection,
        f"select count(_row_hash) from raw.{table.name} where _file_id = {identity.file_id}",
    )
    quarantined = _count(
        connection,
        f"select count(reason) from raw.quarantine where file_id = {identity.file_id}",
    )
    if found != loaded or read != found + duplicate + quarantined:
        message = (
            f"{file.name}: {read} rows were read, but {found} loaded, {duplicate} duplicate and "
            f"{quarantined} quarantined do not add up to them; nothing of the file was kept."
        )
        raise RawAccountingError(message)
    return _write_ledger(
        connection,
        identity,
        FileResult(file.table, file.name, STATUS_LOADED, read, loaded, duplicate, quarantined),
    )


def _write_ledger(
    connection: duckdb.DuckDBPyConnection, identity: FileIdentity, result: FileResult
) -> FileResult:
    connection.execute(
        "insert into raw.ingest_files values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
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
        ],
    )
    connection.execute("commit")
    reach("ingest.file_committed")
    return result


def _drop_temporary(connection: duckdb.DuckDBPyConnection) -> None:
    for name in _TEMPORARY:
        connection.execute(f"drop table if exists temp.{name}")


def _count(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    return _changed(connection.execute(sql))


def _changed(result: duckdb.DuckDBPyConnection) -> int:
    row = cast("tuple[int]", result.fetchone())
    return row[0]
