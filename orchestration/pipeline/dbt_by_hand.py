"""`lifecycle dbt …`: any command of dbt with the directories and settings of a build.

Belongs here: what such a call is given. Does not belong here: the one `dbt build` of a build
(`dbt_run`), or judging and publishing, which come after that one alone.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from contextlib import nullcontext

from orchestration.errors import SettingsError, StateDirError
from orchestration.pipeline.build import build_identity, check_state_path
from orchestration.pipeline.dbt_run import PLAIN_DBT, BuildIdentity, dbt_environment
from orchestration.pipeline.lock import build_lock
from orchestration.rules.rule_set import read_rules, write_rules
from orchestration.settings.build_settings import check_frameworks
from orchestration.settings.request import BuildRequest

# They read the project and never the data.
_WITHOUT_DATA = frozenset({"clean", "deps", "list", "ls", "parse"})
_BY_HAND = "by_hand"


def dbt_by_hand(request: BuildRequest, arguments: Sequence[str]) -> int:
    """Run dbt and return its exit code; what it makes is not published.

    Args:
        request: directories, rules and settings.
        arguments: what stands behind `lifecycle dbt`.

    Raises:
        SettingsError: the arguments set what the options of `lifecycle dbt` set.
        StateDirError: the command reads data and there is none.
        BuildBusyError: a build is running.
    """
    state = request.state
    check_state_path(state)
    if any(argument.partition("=")[0] == "--vars" for argument in arguments):
        text = "lifecycle dbt gives dbt its vars"
        raise SettingsError(f"{text}; set one before the command: lifecycle dbt --var NAME=VALUE.")
    asks_dbt = arguments[0].startswith("-")
    if not asks_dbt and arguments[0] not in _WITHOUT_DATA and not state.raw_database.is_file():
        text = f"There is no {state.raw_database.name} in {state.root}"
        raise StateDirError(f"{text}; load data first, with lifecycle ingest or lifecycle build.")
    serves = tuple(arguments[:2]) == ("docs", "serve")
    with nullcontext() if serves or asks_dbt else build_lock(state):
        identity = _identity(request)
        for directory in (state.dbt_target, state.dbt_logs):
            directory.mkdir(parents=True, exist_ok=True)
        settings = json.dumps(request.settings.dbt_vars(), sort_keys=True)
        return subprocess.run(
            [
                *PLAIN_DBT,
                *arguments,
                *(() if asks_dbt else ("--vars", settings)),
            ],
            env=dbt_environment(state, identity, os.environ)
            | {
                "DBT_PROJECT_DIR": str(request.project),
                "DBT_PROFILES_DIR": str(request.project),
                "DBT_TARGET_PATH": str(state.dbt_target),
                "DBT_LOG_PATH": str(state.dbt_logs),
            },
            cwd=state.root,
            check=False,
        ).returncode


def _identity(request: BuildRequest) -> BuildIdentity:
    """Write the rules that dbt reads, as a build does, and say what build_info is to hold."""
    rules = read_rules(request.rules_dir)
    check_frameworks(request.settings, rules.frameworks)
    write_rules(rules, request.state)
    if not request.state.raw_database.is_file():
        return BuildIdentity(_BY_HAND, rules.rules_hash, "", "")
    return build_identity(request, _BY_HAND, rules)
