"""Which settings a parse of the project depends on: with the others a kept parse is as true."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from orchestration.pipeline.parse_cache import READ_BY_PARSING
from orchestration.settings.build_settings import BY_HAND, BuildSettings, read_settings
from orchestration.settings.paths import StateDir
from tests.pipeline.dbt_kit import dbt
from tests.reference.batches import OPTIONS

# None is its default.
OTHER_SETTINGS = {
    "as_of_date": "2025-01-31",
    "known_at": "2025-02-01T10:00:00",
    "identity_as_of": "2025-01-15",
    "reporting_timezone": "Asia/Kolkata",
    "reporting_currency": "USD",
    "frameworks": "all",
    "fulfilment_sla_days": "3",
    "session_timeout_minutes": "10",
    "pending_is_booked": "true",
    "subscription_grace_days": "10",
    "renewal_slack_days": "0",
    "kpi_history_days": "100",
    "fiscal_year_start_month": "4",
    "rfm_window_days": "60",
    "play_salt": "other",
    "global_control_share": "0.1",
    "contact_cap": "3",
    "own_domains": "shop.example",
    "max_refused_share": "0.1",
    "max_unpacked_ratio": "10",
    "max_rule_movement": "0.1",
}
SECTIONS = ("nodes", "sources", "disabled", "exposures", "unit_tests", "parent_map")
# What running a node adds, and when it was read.
OF_A_RUN = ("created_at", "compiled", "compiled_code", "compiled_path", "extra_ctes")
OF_A_RUN += ("extra_ctes_injected", "build_path", "contract", "macros", "index")


@pytest.mark.slow
def test_settings_that_only_statements_read_change_nothing_that_is_parsed(
    sample_state: StateDir, tmp_path: Path
) -> None:
    default, other = (
        BuildSettings().dbt_vars(),
        read_settings(
            {name: OTHER_SETTINGS[name] for name in OPTIONS},
            [f"{name}={text}" for name, text in OTHER_SETTINGS.items() if name not in OPTIONS],
        ),
    )
    unchanged = {name for name, value in other.dbt_vars().items() if value == default[name]}
    assert unchanged == set(READ_BY_PARSING) - set(BY_HAND)
    state = StateDir.at(tmp_path)
    done = dbt(state, "parse", "--no-partial-parse", settings=other)
    assert done.returncode == 0, done.stdout
    expected, found = parsed(sample_state), parsed(state)
    for section in SECTIONS:
        assert len(found[section]) == len(expected[section])
        for name, entry in expected[section].items():
            assert found[section][name] == entry, name


def parsed(state: StateDir) -> dict[str, Any]:
    """What the manifest of a state says of the project."""
    manifest = json.loads((state.dbt_target / "manifest.json").read_text(encoding="utf-8"))
    return {section: _of_a_parse(manifest[section]) for section in SECTIONS}


def _of_a_parse(entry: Any) -> Any:
    if isinstance(entry, dict):
        return {name: _of_a_parse(value) for name, value in entry.items() if name not in OF_A_RUN}
    return [_of_a_parse(value) for value in entry] if isinstance(entry, list) else entry
