"""The dbt profile: how a build opens its database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from orchestration.database_files import STORAGE_VERSION, attach_fresh
from orchestration.settings.paths import StateDir
from tests.benchmarks.workload import read_profile


def test_what_every_connection_sets_may_still_be_set_after_spilling(tmp_path: Path) -> None:
    """dbt-duckdb repeats `settings` on each connection; DuckDB refuses some once it has spilled."""
    given = read_profile({"LIFECYCLE_STATE_DIR": str(tmp_path), "LIFECYCLE_MEMORY_LIMIT": "64MB"})
    with duckdb.connect(config={**given["config_options"], "threads": 1}) as connection:
        connection.execute(
            "create table sorted as select i, repeat(i::varchar, 9) as text"
            " from range(2000000) as numbers(i) order by hash(i)"
        )
        assert list(StateDir.at(tmp_path).spill.iterdir())  # it has spilled, and spills there
        for name, value in given["settings"].items():
            connection.execute(f"set {name} = '{value}'")


def test_the_working_database_is_written_as_a_published_one(tmp_path: Path) -> None:
    """Without a log, in the same format; both are said where the files are attached."""
    given = read_profile({"LIFECYCLE_STATE_DIR": str(tmp_path)})
    attached: Any = given["attach"]
    (working,) = (one for one in attached if one["alias"] == given["database"])
    assert working["options"] == {
        "recovery_mode": "no_wal_writes",
        "storage_version": STORAGE_VERSION,
    }
    with duckdb.connect() as connection:
        attach_fresh(connection, tmp_path / "fresh.duckdb", "fresh")
        connection.execute("create table fresh.main.made as select 1 as x")
        assert [path.name for path in tmp_path.iterdir()] == ["fresh.duckdb"]
        ((told,),) = connection.execute(
            "select tags['storage_version'] from duckdb_databases() where database_name = 'fresh'"
        ).fetchall()
    assert told.startswith(STORAGE_VERSION)


def test_memory_is_limited_and_the_limit_is_a_setting() -> None:
    blank = read_profile({"LIFECYCLE_STATE_DIR": "/srv", "LIFECYCLE_MEMORY_LIMIT": ""})
    assert blank["config_options"]["memory_limit"] == "2GB"
    given = read_profile({"LIFECYCLE_STATE_DIR": "/srv", "LIFECYCLE_MEMORY_LIMIT": "512MB"})
    assert given["config_options"]["memory_limit"] == "512MB"
