"""What Dagster itself is told, checked before anything is scheduled.

Belongs here: when the daily build runs, when data is stale, where alerts go. Does not belong here:
what a build is told (`build_settings`), or acting on any of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from orchestration.settings.directories import Directories
from orchestration.settings.setting import setting
from orchestration.settings.values import Address, Cron, Place, Whole, Zone


def _alerts_in_state(before: Mapping[str, Path]) -> Path:
    return before["state_dir"] / "alerts.jsonl"


class DagsterSettings(Directories):
    """Checked settings of the code location, and the directories its builds use."""

    # Five in the morning: deliveries of the day before have arrived, offices are still closed.
    cron: Cron = setting(
        "0 5 * * *",
        "When `daily_build` runs, five cron fields.",
        twin="LIFECYCLE_SCHEDULE_CRON",
        otherwise="`0 5 * * *`",
    )
    timezone: Zone = setting("UTC", "IANA zone of that time.", twin="LIFECYCLE_SCHEDULE_TIMEZONE")
    # The nightly run may start two hours late.
    freshness_hours: Whole = setting(
        26,
        "Hours after which a published version is stale.",
        twin="LIFECYCLE_FRESHNESS_HOURS",
        limits=(1, 24 * 366),
    )
    # An address may hold a secret.
    webhook: Address = setting(
        "",
        "Address that alerts are posted to.",
        twin="LIFECYCLE_ALERT_WEBHOOK",
        otherwise="none",
        is_secret=True,
    )
    alert_file: Place = setting(
        _alerts_in_state,
        "File that alerts are appended to.",
        twin="LIFECYCLE_ALERT_FILE",
        otherwise="`alerts.jsonl` in the state directory",
    )
    url: Address = setting(
        "http://127.0.0.1:3000",
        "Address of the UI, for the links in alerts and the guard.",
        twin="LIFECYCLE_DAGSTER_URL",
        otherwise="`http://127.0.0.1:3000`",
        is_secret=True,
    )
