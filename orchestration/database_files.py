"""Opening a DuckDB file of a build, and what tables are in it.

Belongs here: what every connection to one is told, and the shape of its tables. Does not belong
here: what is read or written.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb

from orchestration.sql_text import text_literal

# Of a file that is another kind of database (SQLite, say) DuckDB would fetch an extension from the
# network and run it: what opens a file that somebody may have put there is told not to.
OFFLINE: Mapping[str, str] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}


# Of DuckDB 1.3: a column costs a quarter less to write than in the format of 1.0, which is what
# DuckDB writes by itself. An older DuckDB cannot read it (the profile of dbt says the same).
STORAGE_VERSION = "v1.3.0"


def attach_for_writing(
    connection: duckdb.DuckDBPyConnection, path: Path, name: str, more_options: str = ""
) -> None:
    """Attach a database that is kept and changed, transaction by transaction."""
    options = f"storage_version '{STORAGE_VERSION}'{more_options}"
    connection.execute(f"attach {text_literal(str(path))} as {name} ({options})")


def attach_fresh(connection: duckdb.DuckDBPyConnection, path: Path, name: str) -> None:
    """Attach a database that is made at one go: what a checkpoint follows is in the file.

    There is no log, which small tables cost more to write to than to be written.
    """
    attach_for_writing(connection, path, name, ", recovery_mode no_wal_writes")


def open_quietly(path: Path | None = None, *, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """Open a database, or one in memory, without the bar that DuckDB draws when a query takes long.

    It would land in the middle of whoever's log this is.
    """
    connection = duckdb.connect(str(path or ":memory:"), read_only=read_only)
    connection.execute("set enable_progress_bar = false")
    return connection


def columns_of(
    connection: duckdb.DuckDBPyConnection, schema: str, database: str | None = None
) -> dict[str, dict[str, str]]:
    """Return the data type of each column of each table of a schema, all in their order.

    Args:
        connection: to one database or several.
        schema: the schema.
        database: the name of the database; None for the current one.
    """
    found: dict[str, dict[str, str]] = {}
    # Asked once for all: the catalogue is slow to tell.
    for table, column, data_type in connection.execute(
        "select table_name, column_name, data_type from duckdb_columns() "
        "where database_name = coalesce(?, current_database()) and schema_name = ? "
        "order by table_name, column_index",
        [database, schema],
    ).fetchall():
        found.setdefault(str(table), {})[str(column)] = str(data_type)
    return found
