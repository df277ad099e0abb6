"""What is published equals the plain-Python reading of the page, on random worlds.

LIFECYCLE_WORLDS=2000 tries more worlds, LIFECYCLE_WORLDS_SEED=1 other ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import pytest

from tests.reference import batches, compare, staging
from tests.reference.batches import BATCHES, Batch, Built
from tests.reference.stages import evidence, history, outlook
from tests.reference.stages.history import Interval
from tests.reference.stages.tally import Tally


@pytest.fixture(scope="module")
def tally() -> Tally:
    return Tally()


def test_at_least_300_worlds_are_tried():
    assert batches.worlds_per_batch() * len(BATCHES) >= 300


@pytest.mark.slow
@pytest.mark.parametrize("batch", BATCHES, ids=lambda batch: batch.name)
def test_history_outlook_and_evidence_agree_with_the_reference(
    batch: Batch,
    built: Callable[[Batch], Built],
    tally: Tally,
    capsys: pytest.CaptureFixture[str],
):
    shop = built(batch)
    settings = staging.resolve(shop.worlds, batch.settings, shop.rules)
    intervals: list[Interval] = []
    outlooks: list[outlook.Outlook] = []
    conditions: list[evidence.Evidence] = []
    for world in shop.worlds:
        staged = staging.stage(world, batch.settings, shop.rules)
        rows = history.history(staged, settings, shop.rules)
        tally.add_world(staged, settings, shop.rules, rows)
        intervals += rows
        outlooks += outlook.outlooks(staged, settings, shop.rules)
        conditions += evidence.evidence(staged, settings, shop.rules)

    def agrees(mart: str, columns: Sequence[str], expected: Iterable[tuple]) -> None:
        assert_agreement(shop, mart, columns, list(expected))

    agrees("lifecycle_history", compare.COLUMNS, compare.as_rows(intervals))
    agrees(
        "lifecycle_current",
        compare.CURRENT_COLUMNS,
        compare.current_rows(intervals, settings.as_of_date),
    )
    agrees("lifecycle_current", compare.OUTLOOK_COLUMNS, compare.as_rows(outlooks))
    agrees("stage_evidence", compare.EVIDENCE_COLUMNS, compare.as_rows(conditions))
    assert len(shop.worlds) == batches.worlds_per_batch()
    with capsys.disabled():
        print(f"\nreference: {tally} agree")


@pytest.mark.slow
def test_what_is_rare_was_compared(tally: Tally):
    if tally.worlds < len(BATCHES) * batches.worlds_per_batch():
        pytest.skip("not every batch was built in this run")
    assert tally.contract_intervals > 1000
    assert tally.cold_intervals > 1000


def assert_agreement(shop: Built, mart: str, columns: Sequence[str], expected: list[tuple]) -> None:
    """Compare all rows of a mart, and tell the smallest world that differs."""
    actual = compare.published(shop.state_dir, mart, columns)
    mismatch = compare.smallest_mismatch(shop.worlds, expected, actual)
    assert mismatch is None, mismatch.told()
    assert len(actual) == len(expected) > 0
