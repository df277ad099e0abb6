"""From what a caller gave to a checked request: the same for the command line and for Dagster.

Belongs here: which option stands in for which environment variable, and the defaults of the three
directories. Does not belong here: the settings themselves (`settings`) or the build (`build`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from orchestration.build import BuildRequest
from orchestration.failpoints import check_fail_point
from orchestration.paths import DEFAULT_STATE_DIR, SAMPLE_DIR, StateDir
from orchestration.settings import check_environment, read_directory, read_settings


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
