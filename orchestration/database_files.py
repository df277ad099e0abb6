"""Opening a DuckDB file of a build.

Belongs here: what every connection to one is told. Does not belong here: what is read or written.
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


def open_quietly(path: Path, *, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """Open a database without the bar that DuckDB draws by itself when a query takes long.

    It would land in the middle of whoever's log this is.
    """
    connection = duckdb.connect(str(path), read_only=read_only)
    connection.execute("set enable_progress_bar = false")
    return connection
