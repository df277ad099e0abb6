"""The marts of journey equal their plain-Python reading, on random rows and on the sample.

What is read is the YAML beside the marts. LIFECYCLE_WORLDS_SEED=1 invents other rows.
"""

from __future__ import annotations

import os

import duckdb
import pytest

from orchestration.settings.paths import StateDir
from tests.pipeline.workbench import Workbench
from tests.reference.differences import differences
from tests.reference.journey import marts as journey
from tests.reference.journey import worlds as journey_worlds
from tests.reference.value import ledger

pytestmark = pytest.mark.slow

SHOPS = 20
MARTS = {
    "journey_paths": (journey.journey_paths, ("path", "steps")),
    "journey_map": (
        journey.journey_map,
        ("framework", "stage", "touch_kind", "touch_value"),
    ),
    "friction": (journey.friction, ("step", "reason", "device", "buyer")),
    "message_performance": (
        journey.message_performance,
        ("month", "channel", "campaign", "variant", "stage", "health"),
    ),
    "contact_pressure": (journey.contact_pressure, ("messages",)),
}


@pytest.fixture(scope="module")
def workbench(sample_state: StateDir) -> Workbench:
    """The compiled models of the marts."""
    return Workbench(sample_state.root, journey.GIVEN, MARTS)


def test_every_mart_of_journey_agrees_with_the_reference_on_random_rows(
    workbench: Workbench,
) -> None:
    first = SHOPS * int(os.environ.get("LIFECYCLE_WORLDS_SEED", "0"))
    rows = dict.fromkeys(MARTS, 0)
    for seed in range(first, first + SHOPS):
        tables = journey_worlds.tables(seed)
        actual = workbench.run(tables, [*MARTS])
        for mart, (expected, key) in MARTS.items():
            different = differences(expected(tables), actual[mart], key)
            assert not different, f"{mart} of shop {seed}:\n" + "\n".join(different)
            rows[mart] += len(actual[mart])
    assert min(rows.values()) > 30, rows


def test_every_mart_of_journey_agrees_with_the_reference_on_the_sample(
    sample_state: StateDir, workbench: Workbench
) -> None:
    with duckdb.connect() as connection:
        for alias, file in (("raw_db", "raw.duckdb"), ("working", "working.duckdb")):
            connection.execute(f"attach '{sample_state.root / file}' as {alias} (read_only)")
        tables = {name: ledger.rows(connection, workbench.relation(name)) for name in journey.GIVEN}
        for mart, (expected, key) in MARTS.items():
            actual = ledger.rows(connection, f"working.marts.{mart}")
            different = differences(expected(tables), actual, key)
            assert not different, f"{mart}:\n" + "\n".join(different)
            assert actual, mart
