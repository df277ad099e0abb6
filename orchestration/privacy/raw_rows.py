"""Erasing from the raw database: rows, quarantine, references, then a fresh file.

Belongs here: what leaves which table, the ledger's sums after it, copying the database into a file
without the bytes of what was deleted. Does not belong here: who is erased (`person`), what is put
back of their orders (`guests`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import duckdb

from orchestration.database_files import attach_fresh
from orchestration.errors import LifecycleError
from orchestration.ingest.erased.tombstones import OWNER_COLUMNS, words_of
from orchestration.ingest.erased.tombstones import without_references as nameless
from orchestration.ingest.ledger import count_of
from orchestration.ingest.raw_contract import Contract
from orchestration.privacy.person import Persons, event_id_sql
from orchestration.safe_json import parsed as parsed_json
from orchestration.sql_text import text_literal

_LIST_OF = {
    "user_id": "erased_customers",
    "customer_id": "erased_customers",
    "from_customer_id": "erased_customers",
    "into_customer_id": "erased_customers",
    "anonymous_id": "erased_visitors",
    "order_id": "erased_orders",
}
_REFERENCES = (("events", "properties"), ("customers", "attributes"))


def owned_sql(table: str) -> str:
    """Return the condition under which a row of a raw table is an erased person's."""
    conditions: list[str] = []
    for column in OWNER_COLUMNS[table]:
        value = event_id_sql(column) if table == "events" else column
        conditions.append(f"coalesce({value} in (from {_LIST_OF[column]}), false)")
    return "(" + " or ".join(conditions) + ")"


def records_by_file(connection: duckdb.DuckDBPyConnection) -> dict[str, list[int]]:
    """Return the records of each landing file that became rows of the persons."""
    parts = " union ".join(
        f"select _file_id, _line from raw.{table} where {owned_sql(table)}"
        for table in OWNER_COLUMNS
    )
    rows = connection.execute(
        "select files.path, list(distinct owned._line order by owned._line) "
        f"from ({parts}) as owned "
        "inner join raw.ingest_files as files on owned._file_id = files.file_id "
        "where owned._line is not null group by files.path"
    ).fetchall()
    return {str(path): [int(line) for line in lines] for path, lines in rows}


def first_seen(connection: duckdb.DuckDBPyConnection) -> str:
    """Return the first moment at which anything is known of the persons; blank if nothing is."""
    parts = " union all ".join(
        f"select min({column}) as moment from raw.{table} where {owned_sql(table)}"
        for table, column in (
            ("events", "occurred_at"), ("orders", "created_at"), ("customers", "created_at")
        )
    )  # fmt: skip
    row = connection.execute(f"select min(moment) from ({parts})").fetchone()
    return "" if row is None or row[0] is None else str(row[0])


def remove_rows(
    connection: duckdb.DuckDBPyConnection,
    persons: Persons,
    is_persons: Callable[[str, int, Mapping[str, Any]], bool],
    contract: Contract,
) -> dict[str, int]:
    """Remove the persons from all raw tables, in the caller's transaction; return rows by table.

    Args:
        connection: the raw database, with the lists of ids.
        persons: who is erased.
        is_persons: table, record and landed columns of a row to whether it is theirs.
        contract: the tables.
    """
    removed: dict[str, int] = {}
    told = [*persons.distinctive, *_own_event_names(connection)]
    for table in OWNER_COLUMNS:
        owned = owned_sql(table)
        connection.execute(
            f"create or replace temporary table owned_rows as "
            f"select rowid as row, _file_id, _row_hash from raw.{table} where {owned}"
        )
        connection.execute(
            "delete from raw.ingest_copies where table_name = ? "
            "and row_hash in (select _row_hash from owned_rows)",
            [table],
        )
        removed[table] = count_of(
            connection, f"delete from raw.{table} where rowid in (select row from owned_rows)"
        )
        _lower(connection, "rows_loaded", "select _file_id as file_id from owned_rows")
    removed["quarantine"] = _remove_quarantined(connection, persons, is_persons, contract)
    removed["references"] = _remove_references(connection, persons)
    _mask_notes(connection, told)
    return {table: rows for table, rows in removed.items() if rows}


def write_fresh(path: Path, contract_check: Callable[[Path], None]) -> None:
    """Copy the raw database into a new file and put that in its place.

    Args:
        path: the raw database, which nobody has open.
        contract_check: raises if the copy is not whole.
    """
    fresh = path.with_name(f".{path.name}.fresh")
    for leftover in (fresh, fresh.with_name(fresh.name + ".wal")):
        leftover.unlink(missing_ok=True)
    connection = duckdb.connect(config={"temp_directory": str(path.parent / "ingest_tmp")})
    try:
        connection.execute("set preserve_insertion_order = true")
        connection.execute("set enable_progress_bar = false")
        connection.execute(f"attach {text_literal(str(path))} as raw_db")
        connection.execute("checkpoint raw_db")
        attach_fresh(connection, fresh, "fresh")
        connection.execute("copy from database raw_db to fresh")
        connection.execute("checkpoint fresh")
    except duckdb.Error as error:
        raise LifecycleError(
            f"{path} could not be written anew ({type(error).__name__}); "
            "run it again to go on where it stopped."
        ) from None
    finally:
        connection.close()
    contract_check(fresh)
    fresh.chmod(path.stat().st_mode & 0o777)
    fresh.replace(path)
    path.with_name(path.name + ".wal").unlink(missing_ok=True)


def _lower(connection: duckdb.DuckDBPyConnection, column: str, files_sql: str) -> None:
    """Take rows out of the ledger, as if their files had never held them."""
    connection.execute(
        f"""
        update raw.ingest_files as files
        set {column} = {column} - gone.rows, rows_read = rows_read - gone.rows
        from (select file_id, count(*) as rows from ({files_sql}) group by file_id) as gone
        where files.file_id = gone.file_id
        """
    )


def _remove_quarantined(
    connection: duckdb.DuckDBPyConnection,
    persons: Persons,
    is_persons: Callable[[str, int, Mapping[str, Any]], bool],
    contract: Contract,
) -> int:
    known = frozenset((*persons.buried, *persons.addresses))
    rows = connection.execute(
        "select rowid, table_name, coalesce(line_number, 0), raw_record from raw.quarantine "
        "where raw_record is not null"
    ).fetchall()
    gone: list[int] = []
    for row, table, line, record in rows:
        try:
            landed = parsed_json(record)
        except ValueError:
            landed = None
        if isinstance(landed, dict) and table in contract.table_names:
            theirs = is_persons(str(table), int(line), cast("dict[str, Any]", landed))
        else:
            theirs = bool(words_of(str(record)) & known)
        if theirs:
            gone.append(int(row))
    connection.execute("create or replace temporary table owned_rows (row bigint)")
    if gone:
        connection.execute("insert into owned_rows select unnest(?)", [gone])
    _lower(
        connection,
        "rows_quarantined",
        "select file_id from raw.quarantine where rowid in (from owned_rows)",
    )
    return count_of(connection, "delete from raw.quarantine where rowid in (from owned_rows)")


def _remove_references(connection: duckdb.DuckDBPyConnection, persons: Persons) -> int:
    """Make null what rows of others say of the persons; the rows' hashes stay as they were."""
    names = (*persons.customers, *persons.visitors)
    changed = 0
    for table, column in _REFERENCES:
        rows = connection.execute(
            f"""
            select rowid, cast({column} as varchar) from raw.{table}
            where exists (
                select 1 from (from erased_customers union all from erased_visitors) as erased
                where contains(cast({column} as varchar), erased.customer_id)
            )
            """
        ).fetchall()
        for row, text in rows:
            without = nameless(str(text), names)
            if without != text:
                connection.execute(
                    f"update raw.{table} set {column} = ? where rowid = ?", [without, row]
                )
                changed += 1
    return changed


def _own_event_names(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Return the names that nobody else's events have, as a note quotes what feeds nothing."""
    owned = owned_sql("events")
    rows = connection.execute(
        f"select event_name from raw.events where {owned} "
        f"except select event_name from raw.events where not coalesce({owned}, false) "
        "order by event_name"
    ).fetchall()
    return [f'"{row[0]}"' for row in rows]


def _mask_notes(connection: duckdb.DuckDBPyConnection, told: Sequence[str]) -> None:
    for name in told:
        for table, column in (("notes", "sentence"), ("quarantine", "detail")):
            connection.execute(
                f"update raw.{table} set {column} = replace({column}, $name, '(erased)') "
                f"where contains({column}, $name)",
                {"name": name},
            )
