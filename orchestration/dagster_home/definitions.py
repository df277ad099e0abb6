"""The code location: everything Dagster knows of this project, put together.

Belongs here: assembly alone. `dagster dev` in the repository loads it; `make dev` does so with an
address and the environment it needs (`dev`).
"""

from __future__ import annotations

import gc
from functools import lru_cache

from dagster import (
    AssetCheckKey,
    Definitions,
    definitions,
    in_process_executor,
)

from orchestration.dagster_home.assets import (
    PUBLISHED,
    build_assets,
    landing_specs,
    previous_specs,
)
from orchestration.dagster_home.checks import FRESH, expectation_names, freshness_check
from orchestration.dagster_home.dbt_manifest import fingerprint, read_manifest
from orchestration.dagster_home.dbt_translation import Nodes, translate
from orchestration.dagster_home.schedules import build_jobs, build_schedules
from orchestration.dagster_home.sensors import alert_sensors, landing_sensor
from orchestration.errors import RulesError
from orchestration.ingest.raw_contract import load_contract
from orchestration.rules.rule_set import RuleSet, read_rules
from orchestration.settings.paths import StateDir
from orchestration.settings.request import read_dagster_settings, read_directories


@definitions
def defs() -> Definitions:
    """Return the definitions of the project as its files and the environment say."""
    # The definitions are a million objects that stay; a run makes events by the thousand, and would
    # look through all of them for garbage again and again.
    gc.set_threshold(100_000, 20, 100)
    settings = read_dagster_settings()
    contract = load_contract()
    nodes = _nodes(settings.state, fingerprint())
    return Definitions(
        assets=[
            *landing_specs(contract),
            *previous_specs(),
            build_assets(contract, nodes, expectation_names(_rules())),
        ],
        asset_checks=[freshness_check(PUBLISHED)],
        jobs=build_jobs(AssetCheckKey(PUBLISHED, FRESH)),
        schedules=build_schedules(settings),
        sensors=[landing_sensor(), *alert_sensors()],
        executor=in_process_executor,
    )


@lru_cache(maxsize=1)
def _nodes(state: StateDir, _fingerprint: str) -> Nodes:
    """Return dbt's nodes; a run asks for the definitions several times over."""
    return translate(read_manifest(state))


def _rules() -> RuleSet:
    """Return the rules that a build would use, or the shipped ones: a build says what is wrong."""
    try:
        return read_rules(read_directories().rules_dir)
    except RulesError:
        return read_rules(None)
