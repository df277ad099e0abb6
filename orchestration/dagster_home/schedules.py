"""The jobs and when they run.

Belongs here: which assets and checks a job holds, its tags, and the schedules. Does not belong
here: the ops (`assets`), or what starts a job because something happened (`sensors`).
"""

# Dagster's decorators are typed with a bare os.PathLike.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dagster import (
    AssetCheckKey,
    AssetSelection,
    DefaultScheduleStatus,
    ScheduleDefinition,
    define_asset_job,
    in_process_executor,
)

from orchestration.settings.dagster_settings import DagsterSettings

DAILY_BUILD = "daily_build"
REBUILD = "rebuild"
FRESHNESS = "freshness"
# A build of 100 million events takes a good hour on two cores; four hours mean that it hangs.
MAX_RUNTIME_SECONDS = 4 * 3600
_BUILD_TAGS = {
    # A retry from the failed step would find neither the lock nor what the steps before made.
    "dagster/retry_strategy": "ALL_STEPS",
    "dagster/max_runtime": str(MAX_RUNTIME_SECONDS),
}


def build_jobs(fresh: AssetCheckKey) -> list[Any]:
    """Return the jobs; a build is made of every asset and check but the clock's."""
    everything = AssetSelection.all() - AssetSelection.checks(fresh)
    return [
        define_asset_job(
            DAILY_BUILD,
            selection=everything,
            description="Ingest, one dbt build, gate, publish: what `lifecycle build` does.",
            executor_def=in_process_executor,
            tags=_BUILD_TAGS,
        ),
        define_asset_job(
            REBUILD,
            selection=everything,
            description=(
                "The same with an as-of date, an instant of knowledge or frameworks of your own: "
                "intervals have no partitions, so this stands for a backfill. Put them under "
                "ops, ingest, config."
            ),
            executor_def=in_process_executor,
            tags=_BUILD_TAGS,
        ),
        define_asset_job(
            FRESHNESS,
            selection=AssetSelection.checks(fresh),
            description="Whether the published version is young enough.",
            executor_def=in_process_executor,
            tags={"dagster/max_runtime": "300"},
        ),
    ]


def build_schedules(settings: DagsterSettings) -> Sequence[ScheduleDefinition]:
    """Return the schedules; whoever runs the project turns them on."""
    return [
        ScheduleDefinition(
            name="daily_build_schedule",
            job_name=DAILY_BUILD,
            cron_schedule=settings.cron,
            execution_timezone=settings.timezone,
            default_status=DefaultScheduleStatus.STOPPED,
            description="LIFECYCLE_SCHEDULE_CRON in LIFECYCLE_SCHEDULE_TIMEZONE.",
        ),
        ScheduleDefinition(
            name="freshness_schedule",
            job_name=FRESHNESS,
            # Off the full hour, when everybody's jobs start.
            cron_schedule="17 * * * *",
            execution_timezone=settings.timezone,
            default_status=DefaultScheduleStatus.STOPPED,
            description="Every hour.",
        ),
    ]
