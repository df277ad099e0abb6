"""Opening a DuckDB file of a build.

Belongs here: what every connection to one is told. Does not belong here: what is read or written.
"""

from __future__ import annotations

from pathlib import Path

import duckdb


def open_quietly(path: Path, *, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """Open a database without the bar that DuckDB draws by itself when a query takes long.

    It would land in the middle of whoever's log this is.
    """
    connection = duckdb.connect(str(path), read_only=read_only)
    connection.execute("set enable_progress_bar = false")
    return connection
