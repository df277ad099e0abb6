"""The dbt unit tests: they prove the models on a few rows and stay out of builds."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from orchestration.settings.paths import StateDir
from tests.pipeline.dbt_kit import dbt

pytestmark = pytest.mark.slow

# A floor, so that a selection that finds nothing cannot pass for success.
AT_LEAST = 60


def test_every_dbt_unit_test_passes(sample_state: StateDir, tmp_path: Path) -> None:
    # dbt asks the warehouse for the columns of the models that a unit test mocks.
    state = StateDir.at(tmp_path)
    shutil.copy(sample_state.working_database, state.working_database)
    shutil.copy(sample_state.raw_database, state.raw_database)
    done = dbt(state, "test", "--select", "test_type:unit")
    assert done.returncode == 0, done.stdout
    results = json.loads((state.dbt_target / "run_results.json").read_text(encoding="utf-8"))
    tests = (one for one in results["results"] if one["unique_id"].startswith("unit_test."))
    statuses = [test["status"] for test in tests]
    assert len(statuses) >= AT_LEAST
    assert set(statuses) == {"pass"}
