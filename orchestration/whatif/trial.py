"""What other rules would say today: dbt on a scratch state that is deleted, and nothing published.

Belongs here: that a trial starts from what the published version was made of.
Does not belong here: the comparison (`standings`).
"""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from importlib.metadata import version as package_version
from pathlib import Path

from orchestration.changes.version import Version, read_version
from orchestration.errors import StateDirError, WarehouseError, first_line
from orchestration.pipeline.build import build_identity
from orchestration.pipeline.dbt_run import run_dbt
from orchestration.pipeline.lock import build_lock
from orchestration.pipeline.scratch import TRIAL, scratch_state
from orchestration.pipeline.versions import current_version
from orchestration.progress import Progress
from orchestration.rules.rule_set import RuleSet, read_rules, write_rules
from orchestration.settings.build_settings import BuildSettings
from orchestration.settings.kept_settings import kept_settings
from orchestration.settings.paths import RULES_DIR, StateDir
from orchestration.settings.request import BuildRequest
from orchestration.whatif.standings import WhatIf, compare_standings

# What is compared, with all that it is made of.
_MARTS = ("+lifecycle_current", "+segment_members", "+play_entries")


def what_if(request: BuildRequest, rules_dir: Path, progress: Progress) -> WhatIf:
    """Build what the rules of a directory would say of the published day, and compare.

    Args:
        request: the state and the dbt project; its settings have no say.
        rules_dir: rule seeds that replace or patch those of the published version.
        progress: the listener.

    Raises:
        StateDirError: nothing is published, or raw tables, rules or settings are other ones by now.
        RulesError: the rules cannot be run.
        WarehouseError: dbt did not come to an end.
    """
    state = request.state
    with build_lock(state), scratch_state(state, TRIAL) as scratch:
        version = _published(state)
        before, rules = _both_rules(state, version, rules_dir, scratch)
        settings = _settings(state, version, before, rules)
        write_rules(rules, scratch)
        os.link(state.raw_database, scratch.raw_database)
        tried = replace(request, state=scratch, settings=settings)
        identity = build_identity(tried, "what-if", rules)
        _refuse_other_inputs(version, identity.inputs_hash)
        progress.begin("dbt")
        run = run_dbt(
            scratch, settings, identity, progress, request.project, select=_MARTS, tested=False
        )
        if run.exit_code != 0:
            said = first_line(run.errors[-1]) if run.errors else "it gave no reason"
            raise WarehouseError(f"dbt could not build what these rules say ({said}).")
        return compare_standings(version.database, scratch.working_database, version.as_of)


def _published(state: StateDir) -> Version:
    current = current_version(state)
    if current is None:
        raise StateDirError(f"Nothing is published in {state.root}; run lifecycle build first.")
    return read_version(state.versions / current)


def _both_rules(
    state: StateDir, version: Version, rules_dir: Path, scratch: StateDir
) -> tuple[RuleSet, RuleSet]:
    """Return the published version's rules, and the same with those of a directory on top."""
    # Those of the last build, published or not, where there is no copy of the published ones.
    kept = state.published_rules if state.published_rules.is_dir() else state.rules
    base = scratch.root / "published_rules"
    base.mkdir()
    # A release that called a seed otherwise has kept one that nothing describes any more.
    for described in RULES_DIR.glob("*.yml"):
        shutil.copy(described, base)
        seed = kept / described.with_suffix(".csv").name
        if seed.is_file():
            shutil.copy(seed, base)
    before = read_rules(None, base)
    if before.rules_hash != version.rules_hash:
        raise StateDirError(
            f"{kept} holds other rules than the published version {version.name} was built by; run "
            "lifecycle build first."
        )
    return before, read_rules(rules_dir, base)


def _settings(state: StateDir, version: Version, before: RuleSet, rules: RuleSet) -> BuildSettings:
    """Return the published build's settings, for its days, its frameworks and new ones."""
    kept = kept_settings(state)
    if kept is None or kept.hash_of_meaning(package_version("customer-lifecycle")) != (
        version.settings_hash
    ):
        raise StateDirError(
            f"Nobody knows the settings any more that the published version {version.name} was "
            "built with; run lifecycle build first."
        )
    return kept.model_copy(
        update={
            "as_of_date": version.as_of,
            "identity_as_of": version.identity_as_of,
            "frameworks": tuple(
                name
                for name in rules.frameworks
                if name in version.frameworks or name not in before.frameworks
            ),
        }
    )


def _refuse_other_inputs(version: Version, inputs_hash: str) -> None:
    if inputs_hash != version.inputs_hash:
        raise StateDirError(
            f"Files were loaded since the version {version.name} was published; run lifecycle "
            "build first, so that rules alone make the difference."
        )
