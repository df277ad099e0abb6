"""Deliveries of an odd size: very many small files, and one subject with nearly all events."""

from __future__ import annotations

import resource
import time
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from orchestration.settings.paths import StateDir
from tests.pipeline.ingest_kit import Shop, events_csv, make_shop
from tests.pipeline.models_kit import CompiledModels
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


def test_one_subject_with_nearly_all_events_costs_what_its_events_cost(
    tmp_path: Path, sample_state: StateDir
) -> None:
    """Four times as many events of one subject cost about four times as much, not sixteen."""
    models = CompiledModels(sample_state)
    # The first one pays for what is read once.
    _, nothing, few, many = (
        cost_of_one(models, tmp_path / str(number), events)
        for number, events in enumerate((0, 0, 100_000, 400_000))
    )
    assert many - nothing < 8 * (few - nothing), (nothing, few, many)


def cost_of_one(models: CompiledModels, folder: Path, events: int) -> float:
    """Make all models of the small shop with so many events of one customer; return CPU seconds."""
    raw_dir = write_small_shop(folder / "raw")
    duckdb.execute(
        "copy (select 'x' || i as event_id, 'Product Viewed' as event_name, 'c1' as user_id, "
        "timestamp '2026-01-03 00:00:00' + i * interval '30 seconds' as occurred_at "
        f"from range({events}) as numbers(i)) to '{raw_dir}/events_of_one.parquet' (format parquet)"
    )
    shop = Shop(raw_dir, folder / "state")
    began = time.process_time()
    shop.ingest(loaded_at=datetime(2026, 7, 1))
    with models.made(shop.state_dir / "raw.duckdb", models.names) as made:
        spent = time.process_time() - began
        assert made.execute("select count(*) from marts.subjects").fetchone() == (3,)
        longest = made.execute("select max(events) from marts.sessions").fetchone()
    assert longest == (max(events, 1),)
    return spent
