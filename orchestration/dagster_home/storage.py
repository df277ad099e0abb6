"""SQLite storage of the Dagster instance that does not wait for the disk after every event.

Belongs here: how the event log's connections are kept and set up. Does not belong here: where the
databases lie (`dagster.yaml`), or what is stored in them.

A build has some 2,500 events. For each, Dagster's own storage makes an engine, compiles the insert,
opens, commits and closes, and both the commit and the last close of a file wait for the disk: a
minute per build where that takes 5 ms. Here a connection stays open, and a commit is in the
write-ahead log when it returns and on the disk with the next checkpoint. A process that is killed
loses nothing. A power cut can lose the last events of a run that has died with it; it cannot harm
the databases.
"""

# Dagster's storage is typed in part, and what is overridden here is its own.
# pyright: reportUnknownMemberType=false, reportPrivateUsage=false

from __future__ import annotations

import sqlite3
from collections import OrderedDict
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dagster import EventLogEntry
from dagster._core.storage.event_log.polling_event_watcher import SqlPollingEventWatcher
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._core.storage.sqlite_storage import (
    DagsterSqliteStorage,
    SqliteStorageConfig,
    _event_logs_directory,
)
from dagster._serdes import ConfigurableClassData
from sqlalchemy import create_engine, event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.pool import QueuePool

# The index and the logs of the few runs that are written or looked at.
MOST_ENGINES = 4


class CalmSqliteStorage(DagsterSqliteStorage):
    """Dagster's own SQLite storage with a calm event log."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        """Open the storage, and make it if there is none."""
        super().__init__(base_dir, inst_data)
        self._event_log_storage = CalmEventLog(_event_logs_directory(base_dir))

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData, config_value: SqliteStorageConfig
    ) -> CalmSqliteStorage:
        """Return the storage that dagster.yaml describes."""
        return cls.from_local(inst_data=inst_data, **config_value)


class CalmEventLog(SqliteEventLogStorage):
    """Dagster's own event log, a database per run, over connections that stay open."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        """Open the log, and make it if there is none."""
        self._engines: OrderedDict[str, Engine] = OrderedDict()
        self._watcher: SqlPollingEventWatcher | None = None
        super().__init__(base_dir, inst_data)

    @property
    def open_shards(self) -> tuple[str, ...]:
        """The databases held open, the one longest out of use first."""
        return tuple(self._engines)

    @contextmanager
    def _connect(self, shard: str) -> Generator[Connection]:
        with self._db_lock:
            engine = self._engine(shard)
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            with engine.begin() as connection:
                yield connection

    def _engine(self, shard: str) -> Engine:
        if shard in self._engines and not Path(self.path_for_shard(shard)).exists():
            # Somebody deleted the run; the open file would swallow what is written from now on.
            self._engines.pop(shard).dispose()
            self._initialized_dbs.discard(shard)
        if shard not in self._engines:
            engine = create_engine(
                self.conn_string_for_shard(shard),
                poolclass=QueuePool,
                pool_size=1,
                connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
            )
            event.listen(engine, "connect", _commit_without_waiting)
            self._engines[shard] = engine
        self._engines.move_to_end(shard)
        while len(self._engines) > MOST_ENGINES:
            self._engines.popitem(last=False)[1].dispose()
        return self._engines[shard]

    def wipe(self) -> None:
        """Delete every run's events; nothing may hold their files open."""
        self._close()
        super().wipe()

    def watch(
        self, run_id: str, cursor: str | None, callback: Callable[[EventLogEntry, str], None]
    ) -> None:
        """Call back for each new event of a run.

        Dagster's own way waits for the run's file to change, which it does at checkpoints only.
        """
        if self._watcher is None:
            self._watcher = SqlPollingEventWatcher(self)
        self._watcher.watch_run(run_id, cursor, callback)

    def end_watch(self, run_id: str, handler: Callable[[EventLogEntry, str], None]) -> None:
        """Call back no more."""
        if self._watcher is not None:
            self._watcher.unwatch_run(run_id, handler)

    def dispose(self) -> None:
        """Close every connection."""
        if self._watcher is not None:
            self._watcher.close()
            self._watcher = None
        self._close()
        super().dispose()

    def _close(self) -> None:
        with self._db_lock:
            for engine in self._engines.values():
                engine.dispose()
            self._engines.clear()


def _commit_without_waiting(connection: sqlite3.Connection, _: Any) -> None:
    connection.execute("pragma synchronous = normal")
