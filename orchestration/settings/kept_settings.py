"""The settings that the published version was built with, kept beside its rules.

Belongs here: writing and reading them. Does not belong here: whether they still are those of a
version; the hash in its `build_info` says so.
"""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any, cast

from orchestration.errors import SettingsError
from orchestration.safe_json import parsed as parsed_json
from orchestration.settings.build_settings import BuildSettings
from orchestration.settings.paths import StateDir
from orchestration.settings.setting import Given


def keep_settings(state: StateDir, settings: BuildSettings) -> None:
    """Write what a version that was just published was built with."""
    told = {name: _as_text(getattr(settings, name)) for name in BuildSettings.model_fields}
    temporary = state.published_settings.with_suffix(".tmp")
    temporary.write_text(json.dumps(told, indent=2), encoding="utf-8")
    temporary.replace(state.published_settings)


def kept_settings(state: StateDir) -> BuildSettings | None:
    """Return what the version that was published last was built with; None if nobody knows.

    The environment has no say in it.
    """
    try:
        told = parsed_json(state.published_settings.read_text(encoding="utf-8"))
        texts = {one.name: str(told[one.name]) for one in BuildSettings.declared()}
        given = {name: Given(name, text) for name, text in texts.items() if text}
        read = BuildSettings.read(given)
    except (OSError, ValueError, LookupError, TypeError, SettingsError):
        return None
    # What stands blank is what the data decide, and nothing of the environment.
    blank = {one.name: one.default for one in BuildSettings.declared() if one.name not in given}
    return read.model_copy(update=blank)


def _as_text(value: Any) -> str:
    """Return the text that is read as the value again; blank for what the data decides."""
    if value is None:
        return ""
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, tuple):
        return ",".join(cast("tuple[str, ...]", value))
    return f"{value:f}" if isinstance(value, float) else str(value)
