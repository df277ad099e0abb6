"""Equal rows, rules and settings give equal bytes (docs/lifecycle_semantics.md#what-is-proven).

``build_info``, ``restatements`` and ``rule_changes`` are exempt, and where the files differ
``row_accounting``, which counts per file.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from orchestration.changes.comparison import ALWAYS_DIFFERENT
from orchestration.settings.paths import RULES_DIR, StateDir
from orchestration.small_files import json_of
from tests.reference import compare
from tests.reference.batches import Batch
from tests.reference.kpis.batches import MISSING_RATES, BuiltShop
from tests.reference.world import LandingOptions, write_landing

# Two processes, two thread counts, two orders of hashing and the two ends of the earth.
ELSEWHERE = {"LIFECYCLE_THREADS": "2", "PYTHONHASHSEED": "4242", "TZ": "Pacific/Kiritimati"}

# Rules without their last row.
CHANGED_RULES = (
    "channel_map.csv", "click_ids.csv", "event_signals.csv", "kpi_targets.csv", "plays.csv",
    "referrers.csv",
)  # fmt: skip


def digests(state_dir: Path) -> dict[str, str]:
    """The digest of each mart's Parquet file, whose rows are in key order."""
    folder = state_dir / "published" / "current" / "parquet"
    return {
        path.stem: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.glob("*.parquet"))
        if path.stem not in ALWAYS_DIFFERENT
    }


@pytest.mark.slow
def test_no_byte_depends_on_the_machine_the_order_of_files_or_what_was_built_before(
    built_shop: Callable[[Batch], BuiltShop], tmp_path: Path
):
    batch = MISSING_RATES
    first = built_shop(batch)
    raw_dir, state_dir = tmp_path / "raw", tmp_path / "state"
    told: list[str] = []
    for number, worlds in enumerate((first.groups[1::2], first.groups[::2], ())):
        # The second run finds the first one's files again, and rates it has already loaded.
        landing = LandingOptions(formats={"events": "jsonl"}, parts=2, backwards=number == 0)
        delivery = raw_dir / f"delivery_{number}"
        if worlds:
            write_landing(worlds, batch.settings, delivery, landing)
            _gather(delivery, raw_dir)
        rules_dir = _other_rules(tmp_path / "rules") if number == 0 else None
        options = [*batch.options(raw_dir, state_dir, rules_dir), "--accept-rule-change"]
        told.append(compare.run_lifecycle(options, ELSEWHERE if number else None))
    expected, actual = digests(first.state_dir), digests(state_dir)
    del expected["row_accounting"], actual["row_accounting"]
    assert {"lifecycle_history", "stage_daily", "kpi_values"} <= expected.keys()
    assert actual == expected
    # Nothing of other files and other rules was kept but what they say nothing of; then nearly all.
    nodes, kept = zip(*(_counted(text) for text in told), strict=True)
    assert kept[0] == 0 < kept[1] < 0.1 * nodes[1]
    assert kept[2] > 0.98 * nodes[2]


def _other_rules(folder: Path) -> Path:
    """Write rules that differ in what the marts say."""
    folder.mkdir()
    for name in CHANGED_RULES:
        *kept, _ = (RULES_DIR / name).read_text(encoding="utf-8").splitlines(keepends=True)
        (folder / name).write_text("".join(kept), encoding="utf-8")
    return folder


def _counted(told: str) -> tuple[int, int]:
    """Return how many nodes a build tells of, and how many of them it kept."""
    found = re.search(r"(\d+) seeds, (\d+) models, (\d+) tests(?:, (\d+) of them kept)?", told)
    assert found, told
    *nodes, kept = (int(count or 0) for count in found.groups())
    return sum(nodes), kept


def _gather(delivery: Path, raw_dir: Path) -> None:
    """Move a delivery's parts into the folders of their tables."""
    for part in sorted(delivery.rglob("part-*")):
        folder = raw_dir / part.parent.name
        folder.mkdir(exist_ok=True)
        part.rename(folder / f"{delivery.name}-{part.name}")
        if not any(part.parent.iterdir()):
            part.parent.rmdir()
    delivery.rmdir()


@pytest.mark.slow
def test_what_names_its_build_is_made_in_every_build(sample_state: StateDir):
    """Else a build that keeps tables would keep the name of another one."""
    with duckdb.connect(str(sample_state.published_database), read_only=True) as reader:
        names = reader.execute(
            "select build_id, inputs_hash, rules_hash, settings_hash from marts.build_info"
        ).fetchone()
    assert names
    nodes = json_of(sample_state.dbt_target / "manifest.json")["nodes"].values()
    naming = {
        node["name"]
        for node in nodes
        if any(name in (node.get("compiled_code") or "") for name in names)
    }
    assert naming == {"build_info", "rule_changes"}
    assert naming == {node["name"] for node in nodes if "each_build" in node["tags"]}
