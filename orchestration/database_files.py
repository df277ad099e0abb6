"""Opening a DuckDB file of a build, and what tables are in it.

Belongs here: what every connection to one is told, and the shape of its tables. Does not belong
here: what is read or written.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb

# Of a file that is another kind of database (SQLite, say) DuckDB would fetch an extension from the
# network and run it: what opens a file that somebody may have put there is told not to.
OFFLINE: Mapping[str, str] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}

# By default a file is made such that DuckDB 1.0 could read it. What newer ones do to texts takes a
# fifth less time to write, and the working database is read by this DuckDB alone.
WORKING: Mapping[str, str] = {"storage_compatibility_version": "latest"}


def open_quietly(
    path: Path, *, read_only: bool = False, config: Mapping[str, str] | None = None
) -> duckdb.DuckDBPyConnection:
    """Open a database without the bar that DuckDB draws by itself when a query takes long.

    It would land in the middle of whoever's log this is.
    """
    connection = duckdb.connect(str(path), read_only=read_only, config=dict(config or {}))
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
