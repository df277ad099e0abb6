"""What a build places before dbt runs, of versions that are sound, old or damaged."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import pytest

from orchestration.changes.causes import Maker
from orchestration.changes.previous import place_previous
from orchestration.changes.version import Version
from tests.unit.tiny_versions import Raw, event, make_raw, make_version

SAME = Maker("r1", "s1")
LATE: Raw = {"events": [event(9, 4, anonymous_id="a2")]}


def with_parquet(version: Version) -> Version:
    (version.path / "parquet").mkdir()
    with duckdb.connect(str(version.database), read_only=True) as published:
        for mart in ("kpi_values", "lifecycle_history"):
            published.execute(
                f"copy marts.{mart} to '{version.path / 'parquet' / mart}.parquet' (format parquet)"
            )
    return version


def placed(working: Path) -> dict[str, list[tuple[object, ...]]]:
    with duckdb.connect(str(working), read_only=True) as reader:
        names = reader.execute(
            "select table_name from information_schema.tables where table_schema = 'previous'"
        ).fetchall()
        return {name: reader.execute(f"from previous.{name}").fetchall() for (name,) in names}


def test_the_version_that_readers_see_and_what_has_arrived_since(tmp_path: Path) -> None:
    version = with_parquet(make_version(tmp_path, 1))
    raw, working = make_raw(tmp_path / "raw.duckdb", LATE), tmp_path / "working.duckdb"
    assert place_previous(working, raw, version.path, SAME, None) is None
    found = placed(working)
    assert found.keys() == {"build", "kpi_values"}
    nothing = (None, None, None, None, None)
    # The last but one is the day of the late event; there was no rate.
    assert found["build"] == [("build1", "r1", date(2026, 3, 10), *nothing, date(2026, 3, 4), None)]
    assert len(found["kpi_values"]) == 1


def test_histories_only_where_the_rules_have_changed(tmp_path: Path) -> None:
    version = with_parquet(make_version(tmp_path, 1))
    raw, working = make_raw(tmp_path / "raw.duckdb", LATE), tmp_path / "working.duckdb"
    place_previous(working, raw, version.path, Maker("r2", "s1"), None)
    found = placed(working)
    assert found["touched_subjects"] == [("visitor:a2",)]
    assert len(found["lifecycle_history"]) == 1
    # Placed anew, nothing of it is left.
    place_previous(working, raw, version.path, SAME, None)
    assert placed(working).keys() == {"build", "kpi_values"}


def without_settings(version: Version) -> None:
    with duckdb.connect(str(version.database)) as published:
        published.execute("alter table marts.build_info drop settings_hash")


def without_a_column(version: Version) -> None:
    path = version.path / "parquet" / "kpi_values.parquet"
    duckdb.execute(f"copy (select 'orders' as kpi) to '{path}' (format parquet)")


def cut_off(version: Version) -> None:
    path = version.path / "parquet" / "kpi_values.parquet"
    path.write_bytes(path.read_bytes()[:100])


def overwritten(version: Version) -> None:
    version.database.write_bytes(b"odd" * 4096)


@pytest.mark.parametrize("spoil", [without_settings, without_a_column, cut_off, overwritten])
def test_a_version_that_cannot_be_compared_with_stops_no_build(
    tmp_path: Path, spoil: Callable[[Version], None]
) -> None:
    version = with_parquet(make_version(tmp_path, 1))
    spoil(version)
    raw, working = make_raw(tmp_path / "raw.duckdb", {}), tmp_path / "working.duckdb"
    said = place_previous(working, raw, version.path, SAME, None)
    assert said is not None
    assert said.startswith(f"What changed since {version.name} is not told")
    assert placed(working) == {}


def test_a_first_build_has_nothing_before_it(tmp_path: Path) -> None:
    working = tmp_path / "working.duckdb"
    assert place_previous(working, tmp_path / "raw.duckdb", None, SAME, None) is None
    assert placed(working) == {}
