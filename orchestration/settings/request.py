"""Everything a build is told, read alike for the command line and for Dagster.

Belongs here: which option stands in for which environment variable, and the defaults of the three
directories. Does not belong here: the settings themselves (`build_settings`) or the build.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestration.failpoints import check_fail_point
from orchestration.settings.build_settings import (
    BuildSettings,
    check_environment,
    read_directory,
    read_settings,
)
from orchestration.settings.declarations import DEFAULT_SALT
from orchestration.settings.paths import DBT_PROJECT_DIR, DEFAULT_STATE_DIR, SAMPLE_DIR, StateDir
from orchestration.settings.project_file import with_project_file


@dataclass(frozen=True)
class BuildRequest:
    """Everything a build is told.

    Attributes:
        settings: checked settings.
        raw_dir: landing files.
        state: the state directory.
        rules_dir: rule seeds that override the shipped ones; None for none.
        full_refresh: drop the working database first.
        project: the dbt project.
        sources_file: what lies in other shapes; None for sources.yml in the landing directory.
        identity_salt: what addresses are hashed with.
    """

    settings: BuildSettings
    raw_dir: Path
    state: StateDir
    rules_dir: Path | None = None
    full_refresh: bool = False
    project: Path = DBT_PROJECT_DIR
    sources_file: Path | None = None
    identity_salt: str = DEFAULT_SALT


def project_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment, completed by the lifecycle.toml of the current directory."""
    return with_project_file(environment, Path.cwd())


def read_state(option: Path | None, environment: Mapping[str, str]) -> StateDir:
    """Return the state directory that an option or the environment names, else the default.

    Raises:
        SettingsError: for an unknown LIFECYCLE_ variable.
    """
    environment = project_environment(environment)
    check_environment(environment)
    found = read_directory(option, "LIFECYCLE_STATE_DIR", environment)
    return StateDir.at(found or DEFAULT_STATE_DIR)


def read_raw_dir(option: Path | None, environment: Mapping[str, str]) -> Path:
    """Return the landing directory that an option or the environment names, else the sample."""
    found = read_directory(option, "LIFECYCLE_RAW_DIR", project_environment(environment))
    return (found or SAMPLE_DIR).expanduser().resolve()


def read_rules_dir(option: Path | None, environment: Mapping[str, str]) -> Path | None:
    """Return the rules directory that an option or the environment names; None for none."""
    found = read_directory(option, "LIFECYCLE_RULES_DIR", environment)
    return found.expanduser().resolve() if found else None


def read_request(
    options: Mapping[str, str | None],
    extra_vars: Sequence[str],
    environment: Mapping[str, str],
    *,
    raw_dir: Path | None = None,
    state_dir: Path | None = None,
    rules_dir: Path | None = None,
    full_refresh: bool = False,
    sources_file: Path | None = None,
) -> BuildRequest:
    """Check everything that was given and return what the build is told.

    Raises:
        SettingsError: for an unknown name or a value out of its range.
    """
    environment = project_environment(environment)
    state = read_state(state_dir, environment)
    check_fail_point(environment)
    return BuildRequest(
        settings=read_settings(options, extra_vars, environment),
        raw_dir=read_raw_dir(raw_dir, environment),
        state=state,
        rules_dir=read_rules_dir(rules_dir, environment),
        full_refresh=full_refresh,
        sources_file=read_directory(sources_file, "LIFECYCLE_SOURCES", environment),
        identity_salt=environment.get("LIFECYCLE_IDENTITY_SALT") or DEFAULT_SALT,
    )
