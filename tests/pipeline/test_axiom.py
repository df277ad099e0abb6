"""What is said of a day does not change when later facts arrive (docs/lifecycle_semantics.md#days).

Random worlds are made into models as of a day and as of a later one, who is who being the same:
every row about a day up to the earlier one must be equal, in every mart whose contract says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from orchestration.ingest.run import ingest
from orchestration.settings.paths import StateDir
from tests.pipeline.append_only import Claim, Comparison, claims, compared, contracts
from tests.pipeline.models_kit import CompiledModels, as_of
from tests.reference import rulebook
from tests.reference.batches import BATCHES, END, SHIPPED_SEEDS, worlds_of
from tests.reference.world import write_landing

WORLDS = 80
# The end of a month, of which some marts tell alone.
EARLIER_DAY = (END - timedelta(days=60)).replace(day=1) - timedelta(days=1)
CLAIMS = claims()
# Not claimed: where everybody is on the as-of date, so the later facts do change something.
CURRENT = Claim("lifecycle_current", day="valid_from")
MARTS = {claim.mart for claim in (*CLAIMS, CURRENT)} | {"kpi_catalog"}


@dataclass(frozen=True)
class Twice:
    """The models as of the later day, and beside them the marts as of the earlier one."""

    models: CompiledModels
    connection: duckdb.DuckDBPyConnection

    def compared(self, claim: Claim) -> Comparison:
        """Hold a claim against the two."""
        relation = self.models.relation(claim.mart)
        earlier, later = f"earlier.{relation}", f"working.{relation}"
        return compared(self.connection, claim, earlier, later, EARLIER_DAY)


@pytest.fixture(scope="module")
def twice(sample_state: StateDir, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twice]:
    folder = tmp_path_factory.mktemp("axiom")
    raw_database = land_worlds(folder)
    models, beside = CompiledModels(sample_state), folder / "earlier.duckdb"
    with models.made(raw_database, MARTS, as_of(EARLIER_DAY)) as connection:
        connection.execute(f"attach '{beside}' as earlier")
        connection.execute("create schema earlier.marts")
        for mart in MARTS:
            relation = models.relation(mart)
            connection.execute(f"create table earlier.{relation} as from {relation}")
    with models.made(raw_database, MARTS, as_of(END)) as connection:
        connection.execute(f"attach '{beside}' as earlier (read_only)")
        yield Twice(models, connection)


def land_worlds(folder: Path) -> Path:
    """Write random worlds, and land them in a raw database."""
    batch, rules = BATCHES[0], rulebook.load(SHIPPED_SEEDS, None)
    worlds = worlds_of(batch, WORLDS, rules)
    write_landing(worlds, batch.settings, folder / "landing", batch.landing)
    ingest(folder / "landing", folder, run_id="axiom", excluded_ids=rules.excluded_ids)
    return folder / "raw.duckdb"


def test_every_mart_says_whether_later_facts_change_its_rows() -> None:
    said = dict(contracts())
    unsaid = [
        mart
        for mart, claim in said.items()
        if not (isinstance(claim, dict | list) or str(claim).startswith("no, "))
    ]
    assert not unsaid, "meta append_only: a claim (tests/pipeline/append_only.py), or no, and why"
    assert {claim.mart for claim in CLAIMS} >= {
        *("lifecycle_history", "stage_daily", "subscriptions", "stage_transitions"),
        *("rfm_segments_by_date", "play_entries"),
    }


@pytest.mark.slow
@pytest.mark.parametrize("claim", CLAIMS, ids=[claim.name for claim in CLAIMS])
def test_later_facts_change_no_row_about_earlier_days(twice: Twice, claim: Claim) -> None:
    found = twice.compared(claim)
    assert not found.rewritten
    assert not found.added
    assert found.compared > 20


@pytest.mark.slow
def test_a_mart_that_later_facts_do_change_is_told_from_the_others(twice: Twice) -> None:
    found = twice.compared(CURRENT)
    assert found.rewritten
    assert found.added
