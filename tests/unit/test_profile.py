"""The dbt profile: how a build opens its database."""

from __future__ import annotations

from pathlib import Path

import duckdb

from orchestration.database_files import WORKING
from tests.benchmarks.workload import read_profile


def test_what_every_connection_sets_may_still_be_set_after_spilling(tmp_path: Path) -> None:
    """dbt-duckdb repeats `settings` on each connection; DuckDB refuses some once it has spilled."""
    given = read_profile({"LIFECYCLE_STATE_DIR": str(tmp_path), "LIFECYCLE_MEMORY_LIMIT": "64MB"})
    with duckdb.connect(config={**given["config_options"], "threads": 1}) as connection:
        connection.execute(
            "create table sorted as select i, repeat(i::varchar, 9) as text"
            " from range(2000000) as numbers(i) order by hash(i)"
        )
        assert list((tmp_path / "tmp").iterdir())  # it has spilled, and spills there
        for name, value in given["settings"].items():
            connection.execute(f"set {name} = '{value}'")


def test_memory_is_limited_and_the_limit_is_a_setting() -> None:
    blank = read_profile({"LIFECYCLE_STATE_DIR": "/srv", "LIFECYCLE_MEMORY_LIMIT": ""})
    assert blank["config_options"]["memory_limit"] == "2GB"
    given = read_profile({"LIFECYCLE_STATE_DIR": "/srv", "LIFECYCLE_MEMORY_LIMIT": "512MB"})
    assert given["config_options"]["memory_limit"] == "512MB"


def test_the_working_database_is_made_for_the_duckdb_at_hand(tmp_path: Path) -> None:
    """Whoever makes it, dbt or what is placed there before."""
    profile = read_profile({"LIFECYCLE_STATE_DIR": str(tmp_path)})["config_options"]
    with duckdb.connect() as connection:
        for name, config in (("profile", profile), ("placed", WORKING), ("plain", {})):
            path = tmp_path / f"{name}.duckdb"
            duckdb.connect(str(path), config=dict(config)).close()
            connection.execute(f"attach '{path}' as {name} (read_only)")
        connection.execute(f"attach '{tmp_path / 'latest'}' as latest (storage_version 'latest')")
        found = connection.execute("select database_name, tags from duckdb_databases()").fetchall()
        versions = {name: tags.get("storage_version", "") for name, tags in found}
    assert versions["profile"] == versions["placed"] == versions["latest"] != versions["plain"]
