"""The code location: everything Dagster knows of this project, put together.

Belongs here: assembly alone. `dagster dev -m orchestration.definitions` loads it; `make dev` does
so with a storage and an address (`dev`).
"""

from __future__ import annotations

import os
from functools import lru_cache

from dagster import (
    AssetCheckKey,
    AssetsDefinition,
    Definitions,
    definitions,
    in_process_executor,
    mem_io_manager,
)

from orchestration.assets import (
    PUBLISHED,
    dbt_build_assets,
    gate_asset,
    ingest_assets,
    landing_specs,
    published_asset,
)
from orchestration.build_session import BuildSession
from orchestration.checks import FRESH, expectation_names, freshness_check
from orchestration.contract import load_contract
from orchestration.dagster_settings import read_dagster_settings
from orchestration.dbt_manifest import fingerprint, read_manifest
from orchestration.dbt_translation import Nodes
from orchestration.errors import RulesError
from orchestration.paths import StateDir
from orchestration.request import read_rules_dir
from orchestration.rules import RuleSet, read_rules
from orchestration.schedules import build_jobs, build_schedules
from orchestration.sensors import alert_sensors, landing_sensor


@definitions
def defs() -> Definitions:
    """Return the definitions of the project as its files and the environment say."""
    settings = read_dagster_settings(os.environ)
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
        return read_rules(read_rules_dir(None, os.environ))
    except RulesError:
        return read_rules(None)
