"""Dagster's SQLite files, held open and written without waiting for the disk after every event.

Belongs here: what SQLAlchemy is told when Dagster opens a file. Does not belong here: where the
files lie (`instance`) or what Dagster writes into them.

Dagster makes an engine for each of the some 7,000 statements of a build, opens the file, compiles
the statement, commits, and closes the file: half of what a build of a small shop costs beside dbt,
and a minute and a half of waiting for the disk, since the last connection that is closed copies the
write-ahead log into the file. An engine that is kept compiles a statement once, and a connection
that stays open leaves the copying to SQLite. In a write-ahead log `synchronous = normal` keeps a
file whole through a power cut; what may then be missing are the last events of a run that was cut
as well.
"""

from __future__ import annotations

import sys
import threading
from collections import OrderedDict
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.pool import QueuePool

# The file of the run, the index of all runs, runs, schedules; a web server reads more of them.
MOST_OPEN = 8

_kept: OrderedDict[str, Engine] = OrderedDict()
_turn = threading.Lock()


def keep_engines(*storages: object) -> None:
    """Have the modules of these storages take engines from here: Dagster has no setting for it.

    A module that does not ask for `create_engine` by this name is slow, and right all the same.
    """
    for storage in storages:
        module = sys.modules[type(storage).__module__]
        if getattr(module, "create_engine", None) is create_engine:
            setattr(module, "create_engine", kept_engine)  # noqa: B010  # no module declares it


def kept_engine(url: str, **options: Any) -> Engine:
    """Return the engine of a file, the one made before if there is one."""
    with _turn:
        engine = _kept.pop(url, None) or _made(url, options)
        _kept[url] = engine
        while len(_kept) > MOST_OPEN:
            let_go = _kept.popitem(last=False)[1].pool
            if isinstance(let_go, _LastingPool):
                let_go.close()
    return engine


class _LastingPool(QueuePool):
    """Connections that stay open although Dagster disposes of them after every statement."""

    def dispose(self) -> None:
        """Keep them."""

    def recreate(self) -> _LastingPool:
        """Stay in place of the pool that would follow on a disposed one."""
        return self

    def close(self) -> None:
        """Close them."""
        super().dispose()


def _made(url: str, options: dict[str, Any]) -> Engine:
    # Dagster asks for no pool, since SQLite's own would count its threads.
    engine = create_engine(url, **options | {"poolclass": _LastingPool, "max_overflow": -1})
    event.listen(engine, "connect", _on_connect)
    return engine


def _on_connect(connection: Any, _record: Any) -> None:
    connection.execute("pragma synchronous = normal")
