"""What starts a run or a message because something happened.

Belongs here: the sensor on the landing directory, and those that notice failures. Does not belong
here: the message (`alerts`) or the jobs (`schedules`).
"""

# Dagster's decorators are typed with a bare os.PathLike.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false
# Dagster reads the annotations of sensors at run time, so they are not postponed here.

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from dagster import (
    AssetCheckKey,
    AssetCheckSeverity,
    DagsterEvent,
    DagsterEventType,
    DagsterInstance,
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
from dagster._core.definitions.asset_checks.asset_check_evaluation import AssetCheckEvaluation
from dagster._core.storage.tags import WILL_RETRY_TAG

from orchestration.dagster_home.alerts import FailedCheck, compose, send
from orchestration.dagster_home.checks import FRESH
from orchestration.dagster_home.schedules import DAILY_BUILD
from orchestration.ingest.contract import load_contract
from orchestration.ingest.landing_directory import discover
from orchestration.settings.request import read_dagster_settings, read_directories

_PAUSE_SECONDS = 30
# How far back "since when" looks.
_MOST_RUNS = 200
# How Dagster begins to tell of a run that a worker could not end itself, and of one cut short.
_OUTSIDE = "This run has been marked as failed from outside"
_TOO_LONG = "Exceeded maximum runtime"


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
        raw_dir = read_directories().raw_dir
        found = [file.path for file in discover(raw_dir, load_contract()).files]
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
    def alert_on_run_failure(context: RunFailureSensorContext) -> None:
        run = context.dagster_run
        failures, _ = failed_checks(context.instance, run.run_id)
        steps = [_told(event) for event in context.get_step_failure_events()]
        engine = context.instance.all_logs(run.run_id, of_type=DagsterEventType.ENGINE_EVENT)
        said = what_went_wrong(
            context.failure_event.message or "",
            [step for step in steps if step],
            [entry.dagster_event.message or "" for entry in engine if entry.dagster_event],
            is_retried=run.tags.get(WILL_RETRY_TAG) == "true",
        )
        _alert(context, "run_failure", said, failures, runs_since(context.instance, run))

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


def what_went_wrong(
    run: str, steps: Sequence[str], engine: Sequence[str], *, is_retried: bool
) -> str:
    """Return why a run failed, in sentences.

    Args:
        run: what Dagster says of the run as a whole.
        steps: what the failed steps say.
        engine: what Dagster said of the worker.
        is_retried: whether the run is tried once more.
    """
    if run.startswith(_OUTSIDE):
        deaths = [text for text in engine if "was terminated by" in text or "exited" in text]
        cause = deaths[-1].partition(". ")[0].rstrip(".") + "." if deaths else run
        said = cause.removeprefix("[DagsterApiServer] ")
    elif run.startswith(_TOO_LONG) or not steps:
        # The step was interrupted, which is not why the run failed.
        said = run
    else:
        said = steps[-1]
    return f"{said} It is tried once more." if is_retried else said


def failed_checks(instance: DagsterInstance, run_id: str) -> tuple[list[FailedCheck], float | None]:
    """Return the checks that failed in a run, and since when the first of them has."""
    failures: list[FailedCheck] = []
    began: list[float] = []
    for entry in instance.all_logs(run_id, of_type=DagsterEventType.ASSET_CHECK_EVALUATION):
        event = entry.dagster_event
        if event is None:
            continue
        evaluation = event.asset_check_evaluation_data
        if evaluation.passed:
            continue
        failures.append(_failed_check(evaluation))
        since = checks_since(instance, evaluation.asset_check_key)
        began.append(since or entry.timestamp)
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
    said = metadata.get("finding") or metadata.get("reasons") or metadata.get("message")
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
