"""The LIFECYCLE_ variables of the environment: which there are, and that no other is set.

Belongs here: the list, made of all settings and of what is passed on, and its check. Does not
belong here: the settings themselves.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from orchestration.errors import SettingsError, nearest, sentence, shown
from orchestration.settings.build_settings import BuildSettings
from orchestration.settings.dagster_settings import DagsterSettings
from orchestration.settings.directories import Directories
from orchestration.settings.engine_settings import EngineSettings
from orchestration.settings.identity_settings import IdentitySettings
from orchestration.settings.setting import PREFIX, Settings

ALL: tuple[type[Settings], ...] = (
    Directories,
    BuildSettings,
    IdentitySettings,
    EngineSettings,
    DagsterSettings,
)

# Not for users: the project sets them for dbt and Dagster, and the fault tests for a build.
PASSED_ON: Mapping[str, str] = {
    "LIFECYCLE_DAGSTER_POSTGRES_URL": "Where dagster.yaml keeps its storage in PostgreSQL, if so.",
    "LIFECYCLE_SEEDS_DIR": "Merged rule seeds that dbt reads.",
    "LIFECYCLE_BUILD_ID": "Id of the build, for build_info.",
    "LIFECYCLE_RULES_HASH": "SHA-256 of the merged rule seeds, for build_info.",
    "LIFECYCLE_SETTINGS_HASH": "SHA-256 over what decides what is computed, for build_info.",
    "LIFECYCLE_INPUTS_HASH": "SHA-256 over the ledger's tables and files, for build_info.",
    "LIFECYCLE_VERSION": "Version of this package, for build_info.",
    "LIFECYCLE_FAIL_POINT": "Name of the fail point at which a test kills the process.",
}


def known_environment() -> frozenset[str]:
    """Return the name of every LIFECYCLE_ environment variable there is."""
    twins = {setting.twin for kind in ALL for setting in kind.declared() if setting.twin}
    return frozenset(twins | PASSED_ON.keys())


def check_environment() -> None:
    """Refuse unknown LIFECYCLE_ variables, and engine values out of their range.

    Raises:
        SettingsError: names the variable and the nearest known one.
    """
    known = known_environment()
    for name in sorted(os.environ):
        if name.upper().startswith(PREFIX) and name not in known:
            message = f"The environment variable {shown(name)} is unknown{nearest(name, known)}"
            raise SettingsError(sentence(message))
    EngineSettings.read()
