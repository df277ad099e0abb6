"""Deliveries of an odd size: very many small files, and one subject with nearly all events."""

from __future__ import annotations

import resource
from pathlib import Path

import duckdb
import pytest

from orchestration.settings.paths import StateDir
from tests.conftest import Lifecycle
from tests.pipeline.ingest_kit import events_csv, make_shop
from tests.pipeline.small_shop import write_small_shop

pytestmark = pytest.mark.faults

FILES, MOST_CPU_SECONDS = 20_000, 180


def test_twenty_thousand_small_files_are_loaded_within_three_minutes_of_cpu(tmp_path: Path) -> None:
    shop = make_shop(tmp_path)
    shop.land(
        {
            f"events/{number}.csv": events_csv(f"e{number},View,2026-01-02T10:00:00Z,u{number % 7}")
            for number in range(FILES)
        }
    )
    before = resource.getrusage(resource.RUSAGE_SELF)
    shop.ingest()
    after = resource.getrusage(resource.RUSAGE_SELF)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert shop.rows("select count(*) from raw.events") == [(FILES,)]
    assert spent < MOST_CPU_SECONDS, f"{spent:.0f} s of CPU, {1000 * spent / FILES:.1f} ms a file"


def test_one_subject_with_nearly_all_events_is_built_like_any_other(
    tmp_path: Path, lifecycle: Lifecycle
) -> None:
    landing = write_small_shop(tmp_path / "landing")
    skewed = landing / "events_of_one.parquet"
    duckdb.execute(
        "copy (select 'x' || i as event_id, 'Product Viewed' as event_name, 'c1' as user_id, "
        "timestamp '2026-01-03 00:00:00' + i * interval '30 seconds' as occurred_at "
        f"from range(100000) as numbers(i)) to '{skewed}' (format parquet)"
    )
    state = StateDir.at(tmp_path / "state")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    built = lifecycle("build", "--raw-dir", landing, "--state-dir", state.root)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert built.returncode == 0, built.stdout + built.stderr
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert spent < 180, f"{spent:.0f} s of CPU for 100,000 events of one subject"
    with duckdb.connect(str(state.published_database), read_only=True) as marts:
        assert marts.execute("select count(*) from marts.subjects").fetchone() == (3,)
        longest = marts.execute("select max(events) from marts.sessions").fetchone()
    assert longest is not None
    assert longest[0] > 1_000
