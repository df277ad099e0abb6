"""Dagster's SQLite files, written without waiting for the disk after every event.

Belongs here: what SQLite is told when Dagster opens a file. Does not belong here: where the files
lie (`instance`) or what Dagster writes into them.

Dagster opens and closes a file for each of the some 2,000 events of a build. The last connection
that is closed copies the write-ahead log into the file and waits for the disk, and so does every
commit: a minute and a half of waiting on a shop of ten rows. A connection that stays open leaves
the copying to SQLite, and in a write-ahead log `synchronous = normal` keeps a file whole through a
power cut; what may then be missing are the last events of a run that was cut as well.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import OrderedDict
from contextlib import closing
from typing import Any

from sqlalchemy import Engine, event

# The file of the run, the index of all runs, runs, schedules; a web server reads more of them.
MOST_OPEN = 8

_open: OrderedDict[str, sqlite3.Connection] = OrderedDict()
_turn = threading.Lock()


def write_quickly() -> None:
    """From now on treat every SQLite file that this process opens through SQLAlchemy so."""
    if not event.contains(Engine, "connect", _on_connect):
        event.listen(Engine, "connect", _on_connect)


def _on_connect(connection: Any, _record: Any) -> None:
    if not isinstance(connection, sqlite3.Connection):
        return
    with closing(connection.cursor()) as cursor:
        cursor.execute("pragma synchronous = normal")
        file = str(cursor.execute("pragma database_list").fetchall()[0][2])
    if file:
        with _turn:
            _keep_open(file)


def _keep_open(file: str) -> None:
    kept = _open.pop(file, None) or sqlite3.connect(file, check_same_thread=False)
    # Only a connection that has read since the log came to be is one that SQLite counts.
    kept.execute("pragma schema_version").fetchall()
    _open[file] = kept
    while len(_open) > MOST_OPEN:
        _open.popitem(last=False)[1].close()
