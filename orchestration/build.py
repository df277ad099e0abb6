"""The one pipeline: lock, rules, ingest, one dbt build, gate, publish.

Belongs here: the order of the phases and what one hands to the next. Each phase is a function of
its own, so that Dagster calls the same ones; there is no second way. Does not belong here: what a
phase does inside.
"""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version as package_version
from pathlib import Path
from typing import TypeVar

import duckdb

from orchestration.errors import StateDirError
from orchestration.failpoints import reach
from orchestration.gate import GatePass, gate
from orchestration.ingest import IngestProgress, IngestSummary, ingest
from orchestration.lock import build_lock
from orchestration.paths import DBT_PROJECT_DIR, StateDir
from orchestration.progress import Progress
from orchestration.publish import Published, publish
from orchestration.rules import RuleSet, read_rules, write_rules
from orchestration.settings import BuildSettings, check_frameworks
from orchestration.warehouse import (
    BuildIdentity,
    DbtRun,
    count_results,
    prepare_working_database,
    run_dbt,
)

PHASES = ("rules", "ingest", "dbt", "gate", "publish")
T = TypeVar("T")


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


@dataclass(frozen=True)
class BuildResult:
    """A published build.

    Attributes:
        build_id: id of the build.
        published: the version readers see now.
        ingested: what ingest did.
        tests: number of checks that passed.
        warnings: sentences of checks that only warn.
        default_framework: the framework of the closing report.
        stages: the stages of the default framework, in order.
        seconds: duration by phase.
    """

    build_id: str
    published: Published
    ingested: IngestSummary
    tests: int
    warnings: tuple[str, ...]
    default_framework: str
    stages: tuple[str, ...]
    seconds: Mapping[str, float]


def build(request: BuildRequest, progress: Progress) -> BuildResult:
    """Run the pipeline; readers see a new version if and only if this returns.

    Raises:
        LifecycleError: the first phase that failed says why; what was published stays.
    """
    check_state_path(request.state)
    build_id = new_build_id()
    with build_lock(request.state):
        reach("build.locked")
        record = _Record(request.state, build_id)
        try:
            result = _build_locked(request, build_id, record, progress)
        except BaseException as error:
            record.write("failed", message=str(error))
            raise
        record.write("published", version=result.published.version)
    return result


def ingest_only(request: BuildRequest, progress: Progress) -> IngestSummary:
    """Load the landing files and stop; the same phase that a build runs."""
    check_state_path(request.state)
    with build_lock(request.state):
        rules = rules_phase(request, progress)
        return ingest_phase(request, rules, new_build_id(), progress)


def rules_phase(request: BuildRequest, progress: Progress) -> RuleSet:
    """Merge and check the rules, check the frameworks, write the seeds that dbt reads."""

    def work() -> RuleSet:
        rules = read_rules(request.rules_dir)
        check_frameworks(request.settings, rules.frameworks)
        write_rules(rules, request.state)
        reach("build.rules_written")
        return rules

    def summary(rules: RuleSet) -> str:
        overridden = f", {len(rules.overridden)} files of your own" if rules.overridden else ""
        conditions = len(rules.seeds["rule_conditions.csv"].rows)
        return f"{len(rules.frameworks)} frameworks, {conditions} conditions{overridden}"

    return _timed("rules", progress, work, summary)


def ingest_phase(
    request: BuildRequest, rules: RuleSet, build_id: str, progress: Progress
) -> IngestSummary:
    """Load every landing file that the ledger does not know yet."""
    excluded = tuple(row["id"] for row in rules.seeds["excluded_ids.csv"].rows)

    def listen(told: IngestProgress) -> None:
        progress.step(told.files_done, told.files_total, told.name)

    def work() -> IngestSummary:
        summary = ingest(
            request.raw_dir,
            request.state.root,
            run_id=build_id,
            excluded_ids=excluded,
            progress=listen,
        )
        for sentence in (*summary.notes, *summary.problems):
            progress.note(sentence)
        reach("build.ingested")
        return summary

    return _timed("ingest", progress, work, _told)


def build_identity(state: StateDir, build_id: str, rules: RuleSet) -> BuildIdentity:
    """Return what build_info tells of this build; raw is read, so ingest must be over."""
    return BuildIdentity(
        build_id=build_id,
        rules_hash=rules.rules_hash,
        inputs_hash=_inputs_hash(state),
        version=package_version("customer-lifecycle"),
    )


def dbt_phase(request: BuildRequest, identity: BuildIdentity, progress: Progress) -> DbtRun:
    """Run the one dbt build; its verdict is the gate's."""

    def work() -> DbtRun:
        prepare_working_database(
            request.state, full_refresh=request.full_refresh, progress=progress
        )
        run = run_dbt(request.state, request.settings, identity, progress, request.project)
        reach("build.dbt_ended")
        return run

    def summary(run: DbtRun) -> str:
        counted = count_results(run)
        return ", ".join(f"{count:,} {kind}s" for kind, count in counted.items()) or "no results"

    return _timed("dbt", progress, work, summary)


def gate_phase(
    state: StateDir, run: DbtRun, identity: BuildIdentity, progress: Progress
) -> GatePass:
    """Ask the gate."""

    def work() -> GatePass:
        gate_pass = gate(state, run, identity)
        reach("build.gate_passed")
        return gate_pass

    return _timed(
        "gate",
        progress,
        work,
        lambda gate_pass: f"{gate_pass.tests:,} checks passed, {len(gate_pass.warnings)} warn",
    )


def publish_phase(state: StateDir, gate_pass: GatePass, progress: Progress) -> Published:
    """Publish what the gate let through."""

    def summary(published: Published) -> str:
        rows = sum(published.rows.values())
        return f"{len(published.rows)} marts, {rows:,} rows, version {published.version}"

    return _timed("publish", progress, lambda: publish(state, gate_pass), summary)


def new_build_id() -> str:
    """Return a random id of twelve hexadecimal digits."""
    return uuid.uuid4().hex[:12]


def check_state_path(state: StateDir) -> None:
    """Refuse a state directory whose name dbt and DuckDB could not carry in SQL.

    Raises:
        StateDirError: names the character.
    """
    for character in str(state.root):
        if character in "'\"\\{}" or not character.isprintable():
            text = f"The state directory {str(state.root)!r} contains {character!r}"
            raise StateDirError(f"{text}; choose one of letters, digits, dots, dashes and spaces.")


def _build_locked(
    request: BuildRequest, build_id: str, record: _Record, progress: Progress
) -> BuildResult:
    state, seconds = request.state, record.seconds
    listener = _Stopwatch(progress, record)
    rules = rules_phase(request, listener)
    ingested = ingest_phase(request, rules, build_id, listener)
    identity = build_identity(state, build_id, rules)
    run = dbt_phase(request, identity, listener)
    gate_pass = gate_phase(state, run, identity, listener)
    published = publish_phase(state, gate_pass, listener)
    return BuildResult(
        build_id=build_id,
        published=published,
        ingested=ingested,
        tests=gate_pass.tests,
        warnings=gate_pass.warnings,
        default_framework=rules.default_framework,
        stages=rules.default_stages,
        seconds=dict(seconds),
    )


def _timed(phase: str, progress: Progress, work: Callable[[], T], summary: Callable[[T], str]) -> T:
    progress.begin(phase)
    started = time.monotonic()
    outcome = work()
    progress.end(phase, summary(outcome), time.monotonic() - started)
    return outcome


def _told(summary: IngestSummary) -> str:
    """Say what an ingest did, in counts."""
    files = f"{len(summary.results):,} new files"
    if summary.files_unchanged:
        files += f", {summary.files_unchanged:,} known"
    return (
        f"{files}, {summary.rows_read:,} rows read = {summary.rows_loaded:,} loaded + "
        f"{summary.rows_duplicate:,} duplicate + {summary.rows_quarantined:,} quarantined"
    )


def _inputs_hash(state: StateDir) -> str:
    with duckdb.connect(str(state.raw_database), read_only=True) as raw:
        files = raw.execute(
            "select distinct table_name, sha256 from raw.raw.ingest_files order by all"
        ).fetchall()
    return hashlib.sha256(json.dumps(files).encode()).hexdigest()


class _Record:
    """How the build goes, kept in the state directory for `lifecycle status`."""

    def __init__(self, state: StateDir, build_id: str) -> None:
        self._path = state.last_build
        self._build_id = build_id
        self._started = datetime.now(UTC)
        self.phase = ""
        self.seconds: dict[str, float] = {}

    def write(self, outcome: str, *, message: str = "", version: str = "") -> None:
        """Write the outcome; a disk that refuses must not hide the error that led here."""
        content = _LastBuild(
            build_id=self._build_id,
            outcome=outcome,
            phase=self.phase,
            message=message,
            version=version,
            started_at=self._started.isoformat(timespec="seconds"),
            ended_at=datetime.now(UTC).isoformat(timespec="seconds"),
            seconds={name: round(value, 3) for name, value in self.seconds.items()},
        )
        temporary = self._path.with_name(self._path.name + ".tmp")
        try:
            temporary.write_text(json.dumps(asdict(content), indent=2), encoding="utf-8")
            temporary.replace(self._path)
        except OSError:
            return


@dataclass(frozen=True)
class _LastBuild:
    build_id: str
    outcome: str
    phase: str
    message: str
    version: str
    started_at: str
    ended_at: str
    seconds: Mapping[str, float]


class _Stopwatch:
    """Passes everything on and keeps the phase and its seconds for the record."""

    def __init__(self, listener: Progress, record: _Record) -> None:
        self._listener = listener
        self._record = record

    def begin(self, phase: str) -> None:
        self._record.phase = phase
        self._listener.begin(phase)

    def step(self, done: int, total: int, label: str) -> None:
        self._listener.step(done, total, label)

    def note(self, text: str) -> None:
        self._listener.note(text)

    def end(self, phase: str, summary: str, seconds: float) -> None:
        self._record.seconds[phase] = seconds
        self._listener.end(phase, summary, seconds)
