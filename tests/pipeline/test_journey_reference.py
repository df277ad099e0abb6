"""The marts of journey equal their plain-Python reading, on random rows.

What is read is the YAML beside the marts. LIFECYCLE_WORLDS_SEED=1 invents other rows.
"""

from __future__ import annotations

import os

import pytest

from orchestration.settings.paths import StateDir
from tests.pipeline.workbench import Workbench
from tests.reference.differences import differences
from tests.reference.journey import marts as journey
from tests.reference.journey import worlds as journey_worlds

pytestmark = pytest.mark.slow

SHOPS = 20


@pytest.fixture(scope="module")
def workbench(sample_state: StateDir) -> Workbench:
    """The compiled models of the marts."""
    return Workbench(sample_state.root, journey.GIVEN, journey.MARTS)


def test_every_mart_of_journey_agrees_with_the_reference_on_random_rows(
    workbench: Workbench,
) -> None:
    first = SHOPS * int(os.environ.get("LIFECYCLE_WORLDS_SEED", "0"))
    rows = dict.fromkeys(journey.MARTS, 0)
    for seed in range(first, first + SHOPS):
        tables = journey_worlds.tables(seed)
        actual = workbench.run(tables, [*journey.MARTS])
        for mart, (expected, key) in journey.MARTS.items():
            different = differences(expected(tables), actual[mart], key)
            assert not different, f"{mart} of shop {seed}:\n" + "\n".join(different)
            rows[mart] += len(actual[mart])
    assert min(rows.values()) > 30, rows
