"""The published history equals the plain-Python reading of the page, on random worlds.

LIFECYCLE_WORLDS=2000 tries more worlds, LIFECYCLE_WORLDS_SEED=1 other ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.reference import batches, compare, history, rule_strategies, rulebook, staging
from tests.reference.batches import BATCHES, SHIPPED_SEEDS, Batch


@dataclass
class Tally:
    """What has agreed so far."""

    worlds: int = 0
    subjects: int = 0
    intervals: int = 0


@pytest.fixture(scope="module")
def tally() -> Tally:
    return Tally()


def test_at_least_200_worlds_are_tried():
    assert batches.worlds_per_batch() * len(BATCHES) >= 200


@pytest.mark.slow
@pytest.mark.parametrize("batch", BATCHES, ids=lambda batch: batch.name)
def test_history_and_current_agree_with_the_reference(
    batch: Batch, tally: Tally, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    rules_dir = tmp_path / "rules" if batch.invented_rules else None
    if rules_dir is not None:
        rule_strategies.write_rules(batches.rules_of(batch), SHIPPED_SEEDS, rules_dir)
    rules = rulebook.load(SHIPPED_SEEDS, rules_dir)
    worlds = batches.worlds_of(batch, batches.worlds_per_batch(), rules)
    batches.write(batch, worlds, tmp_path / "raw")
    compare.run_lifecycle(batch.options(tmp_path / "raw", tmp_path / "state", rules_dir))

    settings = staging.resolve(worlds, batch.settings, rules)
    expected = [
        row
        for world in worlds
        for row in history.history(staging.stage(world, batch.settings, rules), settings, rules)
    ]
    actual = compare.published(tmp_path / "state", "lifecycle_history", compare.COLUMNS)
    mismatch = compare.smallest_mismatch(worlds, compare.as_rows(expected), actual)
    assert mismatch is None, mismatch.told()
    current = compare.published(tmp_path / "state", "lifecycle_current", compare.CURRENT_COLUMNS)
    mismatch = compare.smallest_mismatch(
        worlds, compare.current_rows(expected, settings.as_of_date), current
    )
    assert mismatch is None, mismatch.told()

    assert len(worlds) == batches.worlds_per_batch()
    assert len(actual) == len(expected) > 0
    tally.worlds += len(worlds)
    tally.subjects += len({row.subject_id for row in expected})
    tally.intervals += len(expected)
    with capsys.disabled():
        print(
            f"\nreference: {tally.worlds} worlds, {tally.subjects} subjects, "
            f"{tally.intervals} intervals agree"
        )
