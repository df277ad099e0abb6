"""What Dagster itself is told through the environment, checked before anything is scheduled.

Belongs here: when the daily build runs, when data is stale, where alerts go. Does not belong here:
what a build is told (`build_settings`), or acting on any of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlparse

from dagster import DagsterInvalidDefinitionError, ScheduleDefinition

from orchestration.errors import SettingsError, shown
from orchestration.settings.build_settings import read_settings
from orchestration.settings.paths import StateDir
from orchestration.settings.request import read_state

# Five in the morning: deliveries of the day before have arrived, offices are still closed.
DEFAULT_CRON = "0 5 * * *"
# The nightly run may start two hours late.
DEFAULT_FRESHNESS_HOURS = 26
DEFAULT_URL = "http://127.0.0.1:3000"
_MOST_HOURS = 24 * 366


@dataclass(frozen=True)
class DagsterSettings:
    """Checked settings of the code location.

    Attributes:
        state: the state directory.
        cron: when `daily_build` runs.
        timezone: the zone of that time.
        freshness_hours: age at which the published version is stale.
        webhook: address alerts are posted to; blank for none.
        alert_file: file alerts are appended to.
        url: address of the UI, for links.
    """

    state: StateDir
    cron: str
    timezone: str
    freshness_hours: int
    webhook: str
    alert_file: Path
    url: str


def read_dagster_settings(environment: Mapping[str, str]) -> DagsterSettings:
    """Check the environment and return the settings of the code location.

    Raises:
        SettingsError: names the variable and what it must be.
    """
    state = read_state(None, environment)
    given = {name: value.strip() for name, value in environment.items()}
    return DagsterSettings(
        state=state,
        cron=_read_cron(given.get("LIFECYCLE_SCHEDULE_CRON") or DEFAULT_CRON),
        timezone=_read_timezone(given.get("LIFECYCLE_SCHEDULE_TIMEZONE") or "UTC"),
        freshness_hours=_read_hours(given.get("LIFECYCLE_FRESHNESS_HOURS") or ""),
        webhook=_read_address("LIFECYCLE_ALERT_WEBHOOK", given.get("LIFECYCLE_ALERT_WEBHOOK", "")),
        alert_file=Path(given.get("LIFECYCLE_ALERT_FILE") or state.root / "alerts.jsonl")
        .expanduser()
        .resolve(),
        url=_read_address(
            "LIFECYCLE_DAGSTER_URL", given.get("LIFECYCLE_DAGSTER_URL") or DEFAULT_URL
        ).rstrip("/"),
    )


def _read_cron(text: str) -> str:
    message = f"LIFECYCLE_SCHEDULE_CRON must be five cron fields such as {DEFAULT_CRON}"
    refused = SettingsError(f"{message}, not {shown(text)}.")
    if len(text.split()) != 5:
        raise refused
    try:
        ScheduleDefinition(name="probe", job_name="probe", cron_schedule=text)
    except DagsterInvalidDefinitionError:
        raise refused from None
    return text


def _read_timezone(text: str) -> str:
    # The same list of zones, and the same sentence, as for the reporting zone.
    try:
        return read_settings({"reporting_timezone": text}, (), {}).reporting_timezone
    except SettingsError as error:
        message = str(error).replace("--timezone", "LIFECYCLE_SCHEDULE_TIMEZONE", 1)
        raise SettingsError(message) from None


def _read_hours(text: str) -> int:
    if not text:
        return DEFAULT_FRESHNESS_HOURS
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= _MOST_HOURS):
        message = f"LIFECYCLE_FRESHNESS_HOURS must be a whole number from 1 to {_MOST_HOURS}"
        raise SettingsError(f"{message}, not {shown(text)}.")
    return int(text)


def _read_address(name: str, text: str) -> str:
    """Return an http(s) address; what it says is not repeated, since a webhook is a secret."""
    if not text:
        return ""
    parsed = urlparse(text)
    if parsed.scheme not in {"http", "https"} or not parsed.hostname:
        raise SettingsError(f"{name} must be an address that begins with https:// or http://.")
    return text
