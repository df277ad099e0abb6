"""Loading one landing file into the raw tables, in one transaction with its line in the ledger.

Belongs here: the steps in their order, exact copies, the rows that are loaded.
Does not belong here: which files there are and whether they were loaded before.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from orchestration.failpoints import reach
from orchestration.ingest.erased.tombstones import (
    ERASED,
    Tombstones,
    drop_erased_lines,
    set_erased_aside,
)
from orchestration.ingest.formats.landed_file import LANDED, LandedFile
from orchestration.ingest.formats.open_file import read_landing_file
from orchestration.ingest.formats.read_parquet import parquet_error
from orchestration.ingest.judging.rows import Judgement, judge
from orchestration.ingest.judging.standing import standing_columns
from orchestration.ingest.landing_directory import LandingFile
from orchestration.ingest.ledger import FileIdentity, FileResult, close_books, count_of
from orchestration.ingest.quarantine import (
    count_landed,
    insert_quarantine,
    log_extra_columns,
    prepare_quarantine,
    without_addresses,
)
from orchestration.ingest.raw_contract import Table
from orchestration.ingest.reasons import SET_ASIDE, FileRefusedError, Reason
from orchestration.ingest.summary import column_notes, left_out_notes

_TEMPORARY = (LANDED, "judged_rows", "refused_rows", "csv_lines")
_SMALL_BYTES = 100_000


class FileChangedError(Exception):
    """The file was written to while it was read."""


def load_file(
    connection: duckdb.DuckDBPyConnection,
    file: LandingFile,
    table: Table,
    identity: FileIdentity,
    *,
    excluded_ids: Collection[str],
    folder: Path,
    is_same: Callable[[], bool],
    max_unpacked_ratio: int,
    tombstones: Tombstones | None = None,
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
        max_unpacked_ratio: how many times its size a gzip file may grow.
        tombstones: of persons whose rows are refused.

    Raises:
        FileChangedError: it is not; nothing is kept.
        RawAccountingError: rows read and rows accounted for differ; nothing is kept.
        FileRefusedError: the file must go to quarantine; nothing is kept (see `refuse_file`).
    """
    drop_temporary(connection)
    landed = _read(connection, file, table, folder, max_unpacked_ratio)
    if landed is None:
        connection.execute("begin")
        return close_books(
            connection, file, table, identity, read=0, loaded=0, duplicate=0, set_aside={}
        )
    try:
        judgement = _judge(connection, landed, table, excluded_ids)
        with planned_for(connection, identity.size):
            connection.execute(f"create temporary table judged_rows as {judgement.sql}")
    except duckdb.Error as error:
        raise _refusal_or(error, file) from error
    judged = count_of(connection, "select count(_row_hash) from judged_rows")
    if landed.declared_rows is not None and judged != landed.declared_rows:
        detail = f"The file says that it has {landed.declared_rows} rows, {judged} can be read."
        raise FileRefusedError(Reason.UNREADABLE_FILE, detail)
    set_aside = _set_rows_aside(connection, judgement)
    erased = set_erased_aside(connection, table, tombstones)
    notes = column_notes(file, judgement, landed.overruled) + _rounding_note(connection, file)
    copies = find_copies(connection, table)
    landed = without_addresses(landed, table)
    refused = prepare_quarantine(connection, landed, folder)

    if not is_same():
        raise FileChangedError(file.name)
    connection.execute("begin")
    loaded = insert_rows(connection, table, identity, copies=copies)
    insert_quarantine(connection, file, identity, landed, judgement)
    erased += drop_erased_lines(connection, identity.file_id, tombstones)
    log_extra_columns(connection, file, table, identity, judgement)
    reach("ingest.rows_written")
    return close_books(
        connection,
        file,
        table,
        identity,
        read=judged + refused,
        loaded=loaded,
        duplicate=copies,
        set_aside=set_aside | ({ERASED: erased} if erased else {}),
        notes=notes,
        left_out=left_out_notes(file, table, judgement),
    )


@contextmanager
def planned_for(connection: duckdb.DuckDBPyConnection, size: int) -> Generator[None]:
    """Leave the plan of a statement over a small file alone: making it better takes longer."""
    if size > _SMALL_BYTES:
        yield
        return
    connection.execute("pragma disable_optimizer")
    try:
        yield
    finally:
        connection.execute("pragma enable_optimizer")


def judge_landed(
    connection: duckdb.DuckDBPyConnection,
    landed: LandedFile,
    table: Table,
    excluded_ids: Collection[str],
) -> Judgement:
    """Build the judgement of the rows of a landed file, or of several that were landed as one.

    Args:
        connection: where they can be selected.
        landed: the file.
        table: the raw table that it feeds.
        excluded_ids: lower-case ids that count as empty.

    Raises:
        FileRefusedError: a column is missing, there twice, or of a type that fits no value.
    """
    return judge(
        table,
        landed.columns,
        from_sql=landed.from_sql,
        record_sql=landed.record_sql,
        excluded_ids=excluded_ids,
        first_checks=landed.first_checks,
        standing=standing_columns(
            connection,
            table,
            landed.columns,
            from_sql=landed.from_sql,
            excluded_ids=excluded_ids,
            rows=landed.declared_rows,
        ),
    )


def _judge(
    connection: duckdb.DuckDBPyConnection,
    landed: LandedFile,
    table: Table,
    excluded_ids: Collection[str],
) -> Judgement:
    try:
        return judge_landed(connection, landed, table, excluded_ids)
    except FileRefusedError as refusal:
        rows = count_landed(connection, landed)
        raise FileRefusedError(refusal.reason, str(refusal), refusal.column, rows) from refusal


def _set_rows_aside(connection: duckdb.DuckDBPyConnection, judgement: Judgement) -> dict[str, int]:
    """Take rows that are none of the table's out of `judged_rows`; return how many, by reason."""
    found: dict[str, int] = {}
    for reason in SET_ASIDE:
        for verdict in judgement.verdicts(reason):
            removed = count_of(connection, f"delete from judged_rows where verdict = {verdict}")
            if removed:
                found[reason.value] = removed
    return found


def _rounding_note(connection: duckdb.DuckDBPyConnection, file: LandingFile) -> tuple[str, ...]:
    rounded = count_of(
        connection, "select count(*) from judged_rows where is_rounded and verdict is null"
    )
    if not rounded:
        return ()
    rows = "row has a number" if rounded == 1 else "rows have numbers"
    return (f"{file.name}: {rounded:,} {rows} of more than four decimals; it was rounded.",)


def _read(
    connection: duckdb.DuckDBPyConnection,
    file: LandingFile,
    table: Table,
    folder: Path,
    max_unpacked_ratio: int,
) -> LandedFile | None:
    try:
        return read_landing_file(connection, file, table, folder, max_unpacked_ratio)
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


def find_copies(connection: duckdb.DuckDBPyConnection, table: Table) -> int:
    """Mark good rows that are exact copies of a loaded row or an earlier one; return how many.

    Hashes are compared first: that reads one column of eight bytes of what was loaded before, and
    the keys of the few rows that hit.
    """
    keys = ", ".join(table.primary_key)
    same_key = " and ".join(f"judged.{key} = loaded.{key}" for key in table.primary_key)
    connection.execute(
        f"""
        create or replace temporary table repeated_rows as
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
    copies = count_of(connection, "select count(record) from repeated_rows")
    if copies:
        connection.execute(
            "update judged_rows set is_copy = true where record in (from repeated_rows)"
        )
    return copies


def insert_rows(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    identity: FileIdentity,
    *,
    copies: int,
    line_sql: str = "record",
    file_id_sql: str = "",
    from_sql: str = "judged_rows",
) -> int:
    """Write the good rows of `judged_rows` into their raw table; return how many.

    Args:
        connection: inside the transaction of the file.
        table: the raw table.
        identity: of the file.
        copies: how many of the rows are copies.
        line_sql: number of the file's row over `judged_rows`.
        file_id_sql: the file over them, where they are those of several.
        from_sql: relation that has their columns.
    """
    file_id_sql = file_id_sql or str(identity.file_id)
    names = ", ".join(table.column_names)
    if copies:
        _note_copies(connection, table, file_id_sql)
    return count_of(
        connection,
        f"""
        insert into raw.{table.name} ({names}, _file_id, _line, _loaded_at, _row_hash)
        select {names}, {file_id_sql}, {line_sql}, $loaded_at, _row_hash
        from {from_sql}
        where verdict is null and not is_copy
        """,
        {"loaded_at": identity.loaded_at},
    )


def _note_copies(connection: duckdb.DuckDBPyConnection, table: Table, file_id_sql: str) -> None:
    """Remember that the file has rows loaded before: the last file with a content can decide."""
    connection.execute(
        f"""
        insert into raw.ingest_copies
        select distinct $table_name, _row_hash, {file_id_sql} as file_id
        from judged_rows
        where is_copy
        order by file_id, _row_hash
        """,
        {"table_name": table.name},
    )


def drop_temporary(connection: duckdb.DuckDBPyConnection) -> None:
    """Let go of what the file before left."""
    for name in _TEMPORARY:
        connection.execute(f"drop table if exists temp.{name}")
