"""Equal rows, rules and settings give equal bytes (docs/lifecycle_semantics.md#what-is-proven).

``build_info``, ``restatements`` and ``rule_changes`` are exempt, and where the files differ
``row_accounting``, which counts per file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestration.changes.comparison import ALWAYS_DIFFERENT
from tests.reference import compare
from tests.reference.batches import Batch
from tests.reference.kpis.batches import MISSING_RATES, BuiltShop
from tests.reference.world import LandingOptions, write_landing

# Two processes, two thread counts, two orders of hashing and the two ends of the earth.
ELSEWHERE = {"LIFECYCLE_THREADS": "2", "PYTHONHASHSEED": "4242", "TZ": "Pacific/Kiritimati"}


def digests(state_dir: Path) -> dict[str, str]:
    """The digest of each mart's Parquet file, whose rows are in key order."""
    folder = state_dir / "published" / "current" / "parquet"
    return {
        path.stem: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.glob("*.parquet"))
        if path.stem not in ALWAYS_DIFFERENT
    }


@pytest.mark.slow
def test_another_machine_and_another_order_of_files_and_runs_change_no_byte(
    built_shop: Callable[[Batch], BuiltShop], tmp_path: Path
):
    batch = MISSING_RATES
    first = built_shop(batch)
    raw_dir, state_dir = tmp_path / "raw", tmp_path / "state"
    for number, worlds in enumerate((first.groups[1::2], first.groups[::2])):
        # The second run finds the first one's files again, and rates it has already loaded.
        landing = LandingOptions(formats={"events": "jsonl"}, parts=2, backwards=number == 0)
        delivery = raw_dir / f"delivery_{number}"
        write_landing(worlds, batch.settings, delivery, landing)
        _gather(delivery, raw_dir)
        if number == 0:
            ingest = ["ingest", "--raw-dir", str(raw_dir), "--state-dir", str(state_dir)]
            compare.run_lifecycle(ingest)
    compare.run_lifecycle(batch.options(raw_dir, state_dir, None), ELSEWHERE)
    expected, actual = digests(first.state_dir), digests(state_dir)
    del expected["row_accounting"], actual["row_accounting"]
    assert {"lifecycle_history", "stage_daily", "kpi_values"} <= expected.keys()
    assert actual == expected


def _gather(delivery: Path, raw_dir: Path) -> None:
    """Move a delivery's parts into the folders of their tables."""
    for part in sorted(delivery.rglob("part-*")):
        folder = raw_dir / part.parent.name
        folder.mkdir(exist_ok=True)
        part.rename(folder / f"{delivery.name}-{part.name}")
        if not any(part.parent.iterdir()):
            part.parent.rmdir()
    delivery.rmdir()
