"""What starts a run or a message because something happened.

Belongs here: the sensor on the landing directory, and those that notice failures. Does not belong
here: the message (`alerts`) or the jobs (`schedules`).
"""

# Dagster's decorators are typed with a bare os.PathLike.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false
# Dagster reads the annotations of sensors at run time, so they are not postponed here.

import hashlib
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from dagster import (
    AssetCheckEvaluation,
    AssetCheckKey,
    AssetCheckSeverity,
    DagsterEvent,
    DagsterEventType,
    DagsterInstance,
    DagsterRun,
    DagsterRunStatus,
    DefaultSensorStatus,
    RunFailureSensorContext,
    RunRequest,
    RunsFilter,
    RunStatusSensorContext,
    SensorDefinition,
    SensorEvaluationContext,
    SensorResult,
    SkipReason,
    run_failure_sensor,
    run_status_sensor,
    sensor,
)

from orchestration.dagster_home.alerts import FailedCheck, compose, send
from orchestration.dagster_home.checks import FRESH
from orchestration.dagster_home.run_log import REFUSED
from orchestration.dagster_home.schedules import DAILY_BUILD
from orchestration.errors import sentence
from orchestration.ingest.landing_directory import discover
from orchestration.ingest.raw_contract import load_contract
from orchestration.settings.request import read_dagster_settings, read_directories

_PAUSE_SECONDS = 30
# How far back "since when" looks.
_MOST_RUNS = 200
# Tags that Dagster gives a run: that it will be tried again, and that nobody pressed a button.
_WILL_RETRY = "dagster/will_retry"
_AUTOMATIC = ("dagster/schedule_name", "dagster/sensor_name")


def landing_sensor() -> SensorDefinition:
    """Return the sensor that builds when the landing directory has changed and come to rest."""

    @sensor(
        name="landing_files",
        job_name=DAILY_BUILD,
        minimum_interval_seconds=_PAUSE_SECONDS,
        default_status=DefaultSensorStatus.STOPPED,
        description=(
            "Builds when files have arrived. The run key is a hash of the listing, so the same "
            "files start one run; ingest loads each file once whatever starts it."
        ),
    )
    def landing_files(context: SensorEvaluationContext) -> SensorResult | SkipReason:
        named = read_directories()
        raw_dir = named.raw_database.parent if named.raw_database else named.raw_dir
        found = (
            [named.raw_database]
            if named.raw_database
            else [file.path for file in discover(raw_dir, load_contract()).files]
        )
        return decide(listing_hash(raw_dir, found), context.cursor)

    return landing_files


def listing_hash(raw_dir: Path, files: Iterable[Path]) -> str:
    """Return a hash over path, size and time of the last change of every file; blank for none.

    The raw database cannot be read while a build writes it, so the listing is all there is.
    """
    lines: list[str] = []
    for path in sorted(files):
        try:
            found = path.stat()
        except FileNotFoundError:
            continue
        name = path.relative_to(raw_dir).as_posix()
        lines.append(f"{name}\0{found.st_size}\0{found.st_mtime_ns}")
    listing = "\n".join(lines).encode("utf-8", "surrogateescape")
    return hashlib.sha256(listing).hexdigest() if lines else ""


def decide(listing: str, cursor: str | None) -> SensorResult | SkipReason:
    """Request a run for a listing seen twice in a row; one seen once may still be written.

    A lost cursor costs one tick: the run key remembers which listings have had their run.
    """
    if not listing:
        return SkipReason("The landing directory holds no file that feeds a table.")
    if listing != cursor:
        return SensorResult(
            skip_reason=SkipReason("The listing has changed; it must be at rest for one tick."),
            cursor=listing,
        )
    return SensorResult(run_requests=[RunRequest(run_key=listing)], cursor=listing)


def alert_sensors() -> list[SensorDefinition]:
    """Return the sensors that send a message for a failed run and for failed checks."""

    @run_failure_sensor(
        name="alert_on_run_failure",
        default_status=DefaultSensorStatus.RUNNING,
        description="One message per failed run, with the checks that failed in it.",
    )
    def alert_on_run_failure(context: RunFailureSensorContext) -> SkipReason | None:
        run = context.dagster_run
        steps = context.get_step_failure_events()
        if was_refused(run, steps):
            return SkipReason("Whoever pressed the button has read why nothing was begun.")
        failures, _ = failed_checks(context.instance, run.run_id)
        said = what_went_wrong(
            context.failure_event,
            steps,
            told_of(context.instance, run.run_id, DagsterEventType.ENGINE_EVENT),
            told_of(context.instance, run.run_id, DagsterEventType.RUN_CANCELING),
        )
        if run.tags.get(_WILL_RETRY) == "true":
            said = f"{said} It is tried once more."
        _alert(context, "run_failure", said, failures, runs_since(context.instance, run))
        return None

    @run_status_sensor(
        run_status=DagsterRunStatus.SUCCESS,
        name="alert_on_check_failure",
        default_status=DefaultSensorStatus.RUNNING,
        description="One message per run that ended well with failed checks, staleness included.",
    )
    def alert_on_check_failure(context: RunStatusSensorContext) -> SkipReason | None:
        failures, since = failed_checks(context.instance, context.dagster_run.run_id)
        if not failures:
            return SkipReason("No check failed.")
        stale = all(failure.check.endswith(f": {FRESH}") for failure in failures)
        kind = "freshness_breach" if stale else "check_failure"
        said = "A check failed." if len(failures) == 1 else f"{len(failures)} checks failed."
        _alert(context, kind, said, failures, since)
        return None

    return [alert_on_run_failure, alert_on_check_failure]


def was_refused(run: DagsterRun, steps: Sequence[DagsterEvent]) -> bool:
    """Return whether somebody asked by hand for what cannot be built, so that nothing was begun."""
    if any(tag in run.tags for tag in _AUTOMATIC):
        return False
    failures = [step.step_failure_data.user_failure_data for step in steps]
    return any(failure and REFUSED in failure.metadata for failure in failures)


def what_went_wrong(
    failed: DagsterEvent,
    steps: Sequence[DagsterEvent],
    engine: Sequence[DagsterEvent],
    canceling: Sequence[DagsterEvent],
) -> str:
    """Return why a run failed, in sentences.

    Args:
        failed: the failure of the run.
        steps: the failures of its steps.
        engine: what Dagster told of its worker.
        canceling: its cancellations.
    """
    # A worker that ends its own run says how; of one that is gone, or cut short, others tell.
    if failed.event_specific_data is None:
        told = [*engine[-1:], failed] if not canceling else [failed]
        return " ".join(sentence(event.message) for event in told if event.message)
    return _told(steps[-1]) if steps else failed.message or ""


def told_of(instance: DagsterInstance, run_id: str, kind: DagsterEventType) -> list[DagsterEvent]:
    """Return the events of one kind of a run, oldest first."""
    entries = instance.all_logs(run_id, of_type=kind)
    return [entry.dagster_event for entry in entries if entry.dagster_event is not None]


def failed_checks(instance: DagsterInstance, run_id: str) -> tuple[list[FailedCheck], float | None]:
    """Return the checks that failed in a run, and since when the first of them has."""
    failures: list[FailedCheck] = []
    began: list[float] = []
    for event in told_of(instance, run_id, DagsterEventType.ASSET_CHECK_EVALUATION):
        evaluation = event.asset_check_evaluation_data
        if not evaluation.passed:
            failures.append(_failed_check(evaluation))
            began.append(checks_since(instance, evaluation.asset_check_key) or time.time())
    return failures, min(began, default=None)


def checks_since(instance: DagsterInstance, key: AssetCheckKey) -> float | None:
    """Return when the present series of failures of a check began."""
    records = instance.event_log_storage.get_asset_check_execution_history(key, limit=_MOST_RUNS)
    outcomes = [
        (record.create_timestamp, record.status.value == "SUCCEEDED")
        for record in records
        if record.status.value in {"SUCCEEDED", "FAILED"}
    ]
    return since_of(outcomes)


def runs_since(instance: DagsterInstance, run: Any) -> float | None:
    """Return when the present series of failed runs of a job began."""
    records = instance.get_run_records(RunsFilter(job_name=run.job_name), limit=_MOST_RUNS)
    outcomes = [
        (record.create_timestamp.timestamp(), record.dagster_run.is_success)
        for record in records
        if record.dagster_run.is_finished
    ]
    return since_of(outcomes)


def since_of(outcomes: Sequence[tuple[float, bool]]) -> float | None:
    """Return the time of the first failure after the last success.

    Args:
        outcomes: time and success, newest first.
    """
    since: float | None = None
    for at, succeeded in outcomes:
        if succeeded:
            break
        since = at
    return since


def _told(event: DagsterEvent) -> str:
    """Return what a failed step says; of an unforeseen error its kind alone, never its text."""
    data = event.step_failure_data
    if data.user_failure_data is not None and data.user_failure_data.description:
        return data.user_failure_data.description
    error = data.error.cause or data.error if data.error else None
    return f"{event.message} ({error.cls_name})" if error else event.message or ""


def _failed_check(evaluation: AssetCheckEvaluation) -> FailedCheck:
    metadata = {name: value.value for name, value in evaluation.metadata.items()}
    warns = evaluation.severity == AssetCheckSeverity.WARN
    said = metadata.get("finding")
    return FailedCheck(
        check=f"{evaluation.asset_key.to_user_string()}: {evaluation.check_name}",
        said=f"{'warns: ' if warns else ''}{said or 'failed'}",
        sample_keys=tuple(_samples(metadata.get("sample_keys"))),
    )


def _samples(value: object) -> Iterator[Mapping[str, str]]:
    if isinstance(value, list):
        for row in cast("list[Mapping[str, str]]", value):
            yield {str(name): str(cell) for name, cell in row.items()}


def _alert(
    context: RunStatusSensorContext,
    kind: str,
    said: str,
    failures: Sequence[FailedCheck],
    since: float | None,
) -> None:
    settings = read_dagster_settings()
    run = context.dagster_run
    alert = compose(
        settings,
        kind=kind,
        job=run.job_name,
        run_id=run.run_id,
        said=said,
        since=since,
        failures=failures,
        now=datetime.now(UTC),
    )
    for problem in send(alert, settings):
        context.log.error(problem)
