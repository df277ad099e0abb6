"""The published history equals the plain-Python reading of it, on random worlds.

docs/lifecycle_semantics.md is what is read.

LIFECYCLE_WORLDS=2000 tries more worlds, LIFECYCLE_WORLDS_SEED=1 other ones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.reference import batches, compare, history, staging
from tests.reference.batches import BATCHES, Batch, Built


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
    batch: Batch,
    built: Callable[[Batch], Built],
    tally: Tally,
    capsys: pytest.CaptureFixture[str],
):
    shop = built(batch)
    settings = staging.resolve(shop.worlds, batch.settings, shop.rules)
    expected = [
        row
        for world in shop.worlds
        for row in history.history(
            staging.stage(world, batch.settings, shop.rules), settings, shop.rules
        )
    ]

    actual = compare.published(shop.state_dir, "lifecycle_history", compare.COLUMNS)
    mismatch = compare.smallest_mismatch(shop.worlds, compare.as_rows(expected), actual)
    assert mismatch is None, mismatch.told()
    current = compare.published(shop.state_dir, "lifecycle_current", compare.CURRENT_COLUMNS)
    mismatch = compare.smallest_mismatch(
        shop.worlds, compare.current_rows(expected, settings.as_of_date), current
    )
    assert mismatch is None, mismatch.told()

    assert len(shop.worlds) == batches.worlds_per_batch()
    assert len(actual) == len(expected) > 0
    tally.worlds += len(shop.worlds)
    tally.subjects += len({row.subject_id for row in expected})
    tally.intervals += len(expected)
    with capsys.disabled():
        print(
            f"\nreference: {tally.worlds} worlds, {tally.subjects} subjects, "
            f"{tally.intervals} intervals agree"
        )
