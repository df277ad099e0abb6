"""`lifecycle.toml`: what a project always tells a build, in the directory it is started from.

Belongs here: reading the file as stand-ins for environment variables, which win over it, and
writing it. Does not belong here: what the values mean (`build_settings`, `request`).
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

from orchestration.errors import SettingsError, nearest, shown
from orchestration.small_files import written_text

PROJECT_FILE = "lifecycle.toml"
_DIRECTORIES = {
    "raw_dir": "LIFECYCLE_RAW_DIR",
    "state_dir": "LIFECYCLE_STATE_DIR",
    "rules_dir": "LIFECYCLE_RULES_DIR",
    "raw_database": "LIFECYCLE_RAW_DATABASE",
    "sources": "LIFECYCLE_SOURCES",
}
_TEXTS = {
    "raw_schema": "LIFECYCLE_RAW_SCHEMA",
    "currency": "LIFECYCLE_CURRENCY",
    "timezone": "LIFECYCLE_TIMEZONE",
    "frameworks": "LIFECYCLE_FRAMEWORKS",
    "identity_salt": "LIFECYCLE_IDENTITY_SALT",
}


def read_project_file(directory: Path) -> dict[str, str]:
    """Return what the project file of a directory says, by environment variable; nothing without.

    Directories in the file are relative to it.

    Raises:
        SettingsError: the file is no TOML, or names a setting that there is not.
    """
    path = directory / PROJECT_FILE
    if not path.exists():
        return {}
    try:
        told = tomllib.loads(written_text(path))
    except (RecursionError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}.") from error
    found: dict[str, str] = {}
    for key, value in told.items():
        if key not in _DIRECTORIES and key not in _TEXTS:
            known = [*_DIRECTORIES, *_TEXTS]
            hint = nearest(key, known) or f"; known are {', '.join(known)}"
            raise SettingsError(f"{path}: {shown(key)} is unknown{hint}.")
        if not isinstance(value, str):
            raise SettingsError(f"{path}: {key} must be a text in quotes.")
        if key in _DIRECTORIES:
            found[_DIRECTORIES[key]] = value if value.startswith("~") else str(directory / value)
        else:
            found[_TEXTS[key]] = value
    return found


def project_text(settings: Mapping[str, str]) -> str:
    """Return the text of a project file with these settings, empty ones left out."""
    lines = [
        f"{key} = {_quoted(settings[key])}" for key in (*_DIRECTORIES, *_TEXTS) if settings.get(key)
    ]
    return "\n".join(
        ["# Written by `lifecycle init`; options and LIFECYCLE_* win over it.", *lines, ""]
    )


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
