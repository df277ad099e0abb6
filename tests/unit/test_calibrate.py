"""`lifecycle calibrate` writes a patch that the rules accept, cell for cell what is recommended."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from orchestration.command.calibrate import calibrate
from orchestration.errors import SettingsError
from orchestration.rules.rule_set import read_rules
from orchestration.settings.paths import StateDir
from tests.unit.finished_runs import version_by_hand

COLUMNS = """
    'default' as key, 26.664746::decimal(38, 10) as prior_gap_days,
    100::decimal(38, 10) as prior_weight, 0.000012::decimal(38, 10) as log_gap_sigma,
    0.69::decimal(38, 10) as at_risk_quantile, 0.4958503473::decimal(38, 10) as z_at_risk,
    0.7::decimal(38, 10) as lapsed_quantile, 0.5244005127::decimal(38, 10) as z_lapsed,
    7::integer as min_days, 730::integer as max_days, 180::integer as cold_after_days,
    null::integer as at_risk_after_days, null::integer as lapsed_after_days,
    null::varchar as reason
"""


@pytest.fixture
def state(tmp_path: Path) -> StateDir:
    """A state that has published a recommendation and nothing else."""
    state = StateDir.at(tmp_path / "state")
    with version_by_hand(state) as database, duckdb.connect(str(database)) as published:
        published.execute("create schema marts")
        published.execute(f"create table marts.recommended_health_policy as select {COLUMNS}")
    return state


def test_the_patch_is_a_rules_directory(state: StateDir, tmp_path: Path) -> None:
    out = tmp_path / "made" / "rules"
    path = calibrate(state, out)
    assert [each.name for each in out.iterdir()] == [path.name] == ["health_policy.patch.csv"]
    header, row = path.read_text(encoding="utf-8").splitlines()
    assert row == "default,26.664746,100,0.000012,0.69,0.4958503473,0.7,0.5244005127,7,730,180,,"
    (policy,) = read_rules(out).seeds["health_policy.csv"].rows
    assert [policy[column] for column in header.split(",")] == row.split(",")


def test_an_empty_directory_will_do_and_one_in_use_will_not(
    state: StateDir, tmp_path: Path
) -> None:
    out = tmp_path / "rules"
    out.mkdir()
    calibrate(state, out)
    with pytest.raises(SettingsError, match="is no empty directory"):
        calibrate(state, out)
