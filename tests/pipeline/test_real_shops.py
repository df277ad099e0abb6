"""The marts of value, of gaps and of lapses equal the plain-Python reading on the shops of others.

The data are no part of the repository; where they are not at hand these tests are skipped. They
take minutes, so LIFECYCLE_TOTALS=all asks for them.
"""

from __future__ import annotations

import os
from pathlib import Path

import duckdb
import pytest

from orchestration.ingest.run import ingest
from orchestration.rules.rule_set import read_rules
from orchestration.settings.paths import REPO_ROOT, StateDir
from tests.pipeline.models_kit import CompiledModels
from tests.reference.calibration import gaps
from tests.reference.value import ledger
from tests.reference.value.compare import MARTS, NEAR_MANY, differences

DATA = REPO_ROOT.parent / "shared" / "data"
READ = ("int_persons", "int_order_days", "int_sessions", "int_order_contents", "subjects")


@pytest.mark.slow
@pytest.mark.skipif(
    os.environ.get("LIFECYCLE_TOTALS") != "all", reason="LIFECYCLE_TOTALS=all asks for it"
)
@pytest.mark.parametrize(("name", "customers"), [("online_retail", 4_338), ("cdnow", 23_502)])
def test_the_marts_of_the_shops_of_others_agree_with_the_reference(
    sample_state: StateDir, tmp_path: Path, name: str, customers: int
) -> None:
    if not (DATA / name).is_dir():
        pytest.skip(f"{DATA / name} is not on this machine")
    ingest(DATA / name, tmp_path, run_id="real", excluded_ids=read_rules(None).excluded_ids)
    marts = (*MARTS, "lapse_calibration", *READ)
    models = CompiledModels(sample_state)
    with models.made(tmp_path / "raw.duckdb", marts) as connection:
        shop = ledger.of_database(connection)
        assert len(shop.customers) == customers
        for mart, (expected, key) in MARTS.items():
            actual = ledger.rows(connection, f"working.marts.{mart}")
            different = differences(expected(shop), actual, key, NEAR_MANY)
            assert not different, f"{mart}:\n" + "\n".join(different)
        _gaps_agree(connection, shop)


def _gaps_agree(connection: duckdb.DuckDBPyConnection, shop: ledger.Ledger) -> None:
    schema = "working.intermediate"
    persons = {
        row["person_key"]
        for row in ledger.rows(connection, f"{schema}.int_persons", "guest_order_id is null")
    }
    days: dict[int, list] = {key: [] for key in persons}
    for row in ledger.rows(connection, f"{schema}.int_order_days", "voided_on is null"):
        if row["subject_key"] in persons:
            days[row["subject_key"]].append(row["order_date"])
    expected = gaps.lapse_calibration(
        [found for found in days.values() if found], shop.as_of, shop.windows["followed_gaps"]
    )
    actual = ledger.rows(connection, "working.marts.lapse_calibration")
    assert not differences(expected, actual, ("gap_ordinal", "day"))
    assert len(actual) > 500
