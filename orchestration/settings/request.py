"""Everything a build is told, read alike for the command line and for Dagster.

Belongs here: the request, and its check as a whole before anything is done. Does not belong here:
the settings themselves, or the build.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestration.errors import SettingsError
from orchestration.failpoints import check_fail_point
from orchestration.settings.build_settings import BuildSettings, read_settings
from orchestration.settings.dagster_settings import DagsterSettings
from orchestration.settings.directories import Directories
from orchestration.settings.environment import check_environment
from orchestration.settings.identity_settings import DEFAULT_SALT, IdentitySettings
from orchestration.settings.paths import DBT_PROJECT_DIR, StateDir
from orchestration.settings.project_file import PROJECT_FILE, read_project_file
from orchestration.settings.setting import Given, Settings


@dataclass(frozen=True)
class BuildRequest:
    """Everything a build is told.

    Attributes:
        settings: checked settings.
        raw_dir: landing files.
        state: the state directory.
        rules_dir: rule seeds that override the shipped ones; None for none.
        full_refresh: drop the working database and make every table.
        project: the dbt project.
        sources_file: what lies in other shapes; None for sources.yml in the landing directory.
        identity_salt: what addresses are hashed with.
        accept_rule_change: publish whatever share of the subjects a change of the rules moves.
        accept_loss: go on although files that a torn, lost or older raw database was made from are
            gone.
        raw_database: another loader's DuckDB file, read instead of landing files; None for none.
        raw_schema: the schema of its tables.
        erasure_key_file: key of the tombstones; None for the one in the user's configuration.
    """

    settings: BuildSettings
    raw_dir: Path
    state: StateDir
    rules_dir: Path | None = None
    full_refresh: bool = False
    project: Path = DBT_PROJECT_DIR
    sources_file: Path | None = None
    identity_salt: str = DEFAULT_SALT
    accept_loss: bool = False
    accept_rule_change: bool = False
    raw_database: Path | None = None
    raw_schema: str = "main"
    erasure_key_file: Path | None = None


def read_directories(options: Mapping[str, Path | str | None] | None = None) -> Directories:
    """Return the directories that options, the environment or lifecycle.toml name, else defaults.

    Args:
        options: text or path by name (`raw_dir`, ...); None or absent when not given.

    Raises:
        SettingsError: for an unknown LIFECYCLE_ variable.
    """
    check_environment()
    declared = {setting.name: setting.option for setting in Directories.declared()}
    named = {name: path for name, path in (options or {}).items() if path is not None}
    given = {name: Given(declared[name], str(path)) for name, path in named.items()}
    return Directories.read({**_in_project_file(Directories), **given})


def read_dagster_settings() -> DagsterSettings:
    """Check the environment and return the settings of the code location.

    Raises:
        SettingsError: names the variable and what it must be.
    """
    check_environment()
    return DagsterSettings.read()


def read_request(
    options: Mapping[str, str | None],
    extra_vars: Sequence[str] = (),
    directories: Mapping[str, Path | str | None] | None = None,
    *,
    full_refresh: bool = False,
    accept_loss: bool = False,
    accept_rule_change: bool = False,
) -> BuildRequest:
    """Check everything that was given and return what the build is told.

    Raises:
        SettingsError: for an unknown name or a value out of its range.
    """
    asked = directories or {}
    if asked.get("raw_dir") and asked.get("raw_database"):
        raise SettingsError("--raw-dir and --raw-database were both given; give one of them.")
    found = read_directories(asked)
    check_fail_point(os.environ)
    return BuildRequest(
        settings=read_settings(options, extra_vars, _in_project_file(BuildSettings)),
        raw_dir=found.raw_dir,
        state=found.state,
        rules_dir=found.rules_dir,
        full_refresh=full_refresh,
        sources_file=found.sources_file,
        identity_salt=IdentitySettings.read(_in_project_file(IdentitySettings)).identity_salt,
        accept_loss=accept_loss,
        accept_rule_change=accept_rule_change,
        raw_database=None if asked.get("raw_dir") else found.raw_database,
        raw_schema=found.raw_schema,
        erasure_key_file=found.erasure_key_file,
    )


def _in_project_file(kind: type[Settings]) -> dict[str, Given]:
    """What lifecycle.toml of the current directory says and the environment does not."""
    told = read_project_file(Path.cwd())
    return {
        setting.name: Given(f"{PROJECT_FILE}: {setting.name}", told[setting.twin])
        for setting in kind.declared()
        if setting.twin in told and not os.environ.get(setting.twin)
    }
