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
from orchestration.settings.paths import DBT_PROJECT_DIR, DEFAULT_STATE_DIR, SAMPLE_DIR, StateDir


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
    """

    settings: BuildSettings
    raw_dir: Path
    state: StateDir
    rules_dir: Path | None = None
    full_refresh: bool = False
    project: Path = DBT_PROJECT_DIR


def read_state(option: Path | None, environment: Mapping[str, str]) -> StateDir:
    """Return the state directory that an option or the environment names, else the default.

    Raises:
        SettingsError: for an unknown LIFECYCLE_ variable.
    """
    check_environment(environment)
    found = read_directory(option, "LIFECYCLE_STATE_DIR", environment)
    return StateDir.at(found or DEFAULT_STATE_DIR)


def read_raw_dir(option: Path | None, environment: Mapping[str, str]) -> Path:
    """Return the landing directory that an option or the environment names, else the sample."""
    found = read_directory(option, "LIFECYCLE_RAW_DIR", environment)
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
) -> BuildRequest:
    """Check everything that was given and return what the build is told.

    Raises:
        SettingsError: for an unknown name or a value out of its range.
    """
    state = read_state(state_dir, environment)
    check_fail_point(environment)
    return BuildRequest(
        settings=read_settings(options, extra_vars, environment),
        raw_dir=read_raw_dir(raw_dir, environment),
        state=state,
        rules_dir=read_rules_dir(rules_dir, environment),
        full_refresh=full_refresh,
    )
