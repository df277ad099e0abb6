"""Rows of one file on their way into quarantine, and its columns into the schema log.

Belongs here: finding a refused row's text and line again, writing both tables.
Does not belong here: deciding that a row is refused.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb

from orchestration.ingest.column_names import fold_name
from orchestration.ingest.formats.landed_file import LANDED, LandedFile
from orchestration.ingest.formats.text_repair import write_csv_lines
from orchestration.ingest.judging.rows import Judgement
from orchestration.ingest.landing_directory import LandingFile
from orchestration.ingest.ledger import FileIdentity, count_of
from orchestration.ingest.raw_contract import Table
from orchestration.ingest.words import looks_like_email
from orchestration.sql_text import text_literal

# In raw.schema_log, of a column of events that no column of the contract is filled from.
MERGED = "merged into properties"


def prepare_quarantine(
    connection: duckdb.DuckDBPyConnection, landed: LandedFile, folder: Path
) -> int:
    """Make `refused_rows` from rows that fail a check; return how many lines never became rows."""
    if count_of(connection, "select count(verdict) from judged_rows"):
        _find_refused_rows(connection, landed, folder)
    else:
        connection.execute(
            "create temporary table refused_rows "
            "(line_number bigint, raw_record varchar, verdict integer)"
        )
    if landed.refused is None:
        return 0
    return count_of(connection, f"select count(line) from {_refused_lines(landed.refused)}")


def _find_refused_rows(
    connection: duckdb.DuckDBPyConnection, landed: LandedFile, folder: Path
) -> None:
    """Find line and text of the rows that fail a check in the file."""
    line_sql = landed.line_sql
    failing = "(select record, verdict from judged_rows where verdict is not null)"
    if line_sql is None and landed.csv_layout is not None:
        # Only the file knows on which line a row begins: quoted values may hold line ends.
        records = frozenset(
            int(row[0]) for row in connection.execute(f"select record from {failing}").fetchall()
        )
        target = folder / "lines.csv"
        write_csv_lines(*landed.csv_layout, records, target)
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


def count_landed(connection: duckdb.DuckDBPyConnection, landed: LandedFile) -> int:
    """Count the rows of a landed file, those included that never became rows."""
    rows = count_of(connection, f"select count({landed.record_sql}) from {landed.from_sql}")
    if landed.refused is None:
        return rows
    return rows + count_of(connection, f"select count(line) from {_refused_lines(landed.refused)}")


def without_addresses(landed: LandedFile, table: Table) -> LandedFile:
    """Return the file with e-mail addresses in id columns replaced in what quarantine keeps."""
    ids = {column.name for column in table.columns if column.placeholder_is_absent}
    record = landed.raw_record_sql
    for column in landed.columns:
        if fold_name(column.name) in ids:
            given = f"cast({column.sql} as varchar)"
            address = f"case when {looks_like_email(given)} then {given} end"
            # A text that is nowhere is replaced by nothing.
            key = f"coalesce(person_id({address}), '')"
            record = f"replace({record}, coalesce({address}, chr(1)), {key})"
    # What is not read by its column's name may still be an id: keys of properties.
    return replace(landed, raw_record_sql=f"without_addresses({record})")


def insert_quarantine(
    connection: duckdb.DuckDBPyConnection,
    file: LandingFile,
    identity: FileIdentity,
    landed: LandedFile,
    judgement: Judgement,
) -> None:
    """Write the rows of `refused_rows` and the lines that never became rows."""
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


def log_extra_columns(
    connection: duckdb.DuckDBPyConnection,
    file: LandingFile,
    table: Table,
    identity: FileIdentity,
    judgement: Judgement,
) -> None:
    """Note each column that the contract does not know, and what became of it."""
    action = MERGED if table.merges_extra_columns else "not loaded"
    noted = [(column.name, column.data_type, action) for column in judgement.extra_columns]
    noted += [(name, "VARCHAR", "not loaded: personal") for name in judgement.personal_columns]
    for name, data_type, became in noted:
        connection.execute(
            "insert into raw.schema_log values (?, ?, ?, ?, ?, ?, ?)",
            [
                table.name,
                name,
                data_type,
                became,
                file.name,
                identity.file_id,
                identity.run_id,
            ],
        )


def _refused_lines(path: Path) -> str:
    return f"""read_csv(
        {text_literal(str(path))},
        columns = {{'line': 'BIGINT', 'reason': 'VARCHAR', 'text': 'VARCHAR'}},
        auto_detect = false, header = false, delim = ',', quote = '"', escape = '"'
    )"""
