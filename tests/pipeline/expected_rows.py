"""What a raw database holds, beside what a test wrote down of it.

Belongs here: reading `expected.yml` and comparing rows as text. Does not belong here: making them.

An `expected.yml` has `read`, `set_aside` by reason, `quarantined` and of each table every row; a
column that a row leaves out is empty in it.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb


def assert_rows(state_dir: Path, expected: dict[str, Any], adapters: set[str]) -> None:
    """Hold the raw database of a state against what is expected of it."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{state_dir}/raw.duckdb' as state (read_only)")
        connection.execute("use state")
        used = connection.execute("select distinct adapter from raw.source_files").fetchall()
        assert {str(row[0]) for row in used} == adapters
        read, aside = _counts(connection)
        assert (read, aside) == (expected["read"], expected.get("set_aside", {}))
        refused = connection.execute(
            "select table_name, reason, line_number from raw.quarantine order by all"
        ).fetchall()
        assert refused == [tuple(row) for row in expected.get("quarantined", [])]
        filled = {
            str(row[0])
            for row in connection.execute(
                "select table_name from raw.ingest_files where rows_loaded > 0"
            ).fetchall()
        }
        assert filled == set(expected["tables"])
        for table, rows in expected["tables"].items():
            assert _found(connection, table, rows) == _in_order(rows)


def _counts(connection: duckdb.DuckDBPyConnection) -> tuple[int, dict[str, int]]:
    read = connection.execute("select sum(rows_read) from raw.source_files").fetchall()[0][0]
    aside = connection.execute(
        "select reason, sum(rows) from raw.set_aside group by reason order by reason"
    ).fetchall()
    return int(read), {str(reason): int(rows) for reason, rows in aside}


def _found(
    connection: duckdb.DuckDBPyConnection, table: str, rows: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    found = connection.execute(f"select {', '.join(columns)} from raw.{table}").fetchall()
    told = [
        {name: _plain(value) for name, value in zip(columns, row, strict=True) if value is not None}
        for row in found
    ]
    return _in_order(told)


def _in_order(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(({name: str(value) for name, value in row.items()} for row in rows), key=str)


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, datetime):
        return value.isoformat(" ")
    return value.isoformat() if isinstance(value, date) else value
