"""dbt by hand on a state directory, with the process and the settings of a build.

Belongs here: the call. Does not belong here: assertions about what it made.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

from orchestration.pipeline import parse_cache
from orchestration.pipeline.dbt_run import BuildIdentity, dbt_environment, kept_parse
from orchestration.rules.rule_set import read_rules, write_rules
from orchestration.settings.build_settings import BuildSettings
from orchestration.settings.paths import DBT_PROJECT_DIR, StateDir

_BY_HAND = BuildIdentity("by_hand", "", "", "")
# What is made by hand is no less tested than a build, as far as it goes.
TESTED = ("--exclude-resource-type", "unit_test", "exposure", "--indirect-selection", "cautious")


def dbt(
    state: StateDir, command: str, *arguments: str, settings: BuildSettings | None = None
) -> subprocess.CompletedProcess[str]:
    """Run one dbt command with the rules of the state, or the shipped ones.

    What a build has parsed is not parsed again: it takes longer than anything else here.
    """
    if not state.rules.exists():
        write_rules(read_rules(None), state)
    settings = settings or BuildSettings()
    environment = dbt_environment(state, _BY_HAND, os.environ)
    for directory in (state.dbt_target, state.dbt_logs):
        directory.mkdir(parents=True, exist_ok=True)
    parsed = kept_parse(settings, environment, DBT_PROJECT_DIR)
    parse_cache.restore(state.dbt_target, parsed)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "orchestration.pipeline.lean_dbt", command),
            *("--project-dir", str(DBT_PROJECT_DIR), "--profiles-dir", str(DBT_PROJECT_DIR)),
            *("--target-path", str(state.dbt_target), "--log-path", str(state.dbt_logs)),
            *("--vars", json.dumps(settings.dbt_vars(), sort_keys=True)),
            *("--log-level-file", "info", *arguments),
        ],
        env=environment,
        cwd=state.root,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    parse_cache.keep(state.dbt_target, parsed)
    return done
