"""The code location: everything Dagster knows of this project, put together.

Belongs here: assembly alone. `dagster dev -m orchestration.dagster_home.definitions` loads it;
`make dev` does so with a storage and an address (`dev`).
"""

from __future__ import annotations

from functools import lru_cache

from dagster import (
    AssetCheckKey,
    AssetsDefinition,
    Definitions,
    definitions,
    in_process_executor,
    mem_io_manager,
)

from orchestration.dagster_home.assets import (
    PUBLISHED,
    dbt_build_assets,
    gate_asset,
    ingest_assets,
    landing_specs,
    published_asset,
)
from orchestration.dagster_home.build_session import BuildSession
from orchestration.dagster_home.checks import FRESH, expectation_names, freshness_check
from orchestration.dagster_home.dbt_manifest import fingerprint, read_manifest
from orchestration.dagster_home.dbt_translation import Nodes
from orchestration.dagster_home.schedules import build_jobs, build_schedules
from orchestration.dagster_home.sensors import alert_sensors, landing_sensor
from orchestration.errors import RulesError
from orchestration.ingest.contract import load_contract
from orchestration.rules.rule_set import RuleSet, read_rules
from orchestration.settings.paths import StateDir
from orchestration.settings.request import read_dagster_settings, read_directories


@definitions
def defs() -> Definitions:
    """Return the definitions of the project as its files and the environment say."""
    settings = read_dagster_settings()
    contract = load_contract()
    dbt_build, nodes = _dbt_build(settings.state, fingerprint())
    return Definitions(
        assets=[
            *landing_specs(contract),
            ingest_assets(contract),
            dbt_build,
            gate_asset(nodes, expectation_names(_rules())),
            published_asset(),
        ],
        asset_checks=[freshness_check(PUBLISHED)],
        jobs=build_jobs(AssetCheckKey(PUBLISHED, FRESH)),
        schedules=build_schedules(settings),
        sensors=[landing_sensor(), *alert_sensors()],
        resources={"session": BuildSession(), "io_manager": mem_io_manager},
        executor=in_process_executor,
    )


@lru_cache(maxsize=1)
def _dbt_build(state: StateDir, _fingerprint: str) -> tuple[AssetsDefinition, Nodes]:
    """Return the op around dbt; a run asks for the definitions several times over."""
    return dbt_build_assets(read_manifest(state))


def _rules() -> RuleSet:
    """Return the rules that a build would use, or the shipped ones: a build says what is wrong."""
    try:
        return read_rules(read_directories().rules_dir)
    except RulesError:
        return read_rules(None)
