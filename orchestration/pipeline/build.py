"""The one pipeline: lock, rules, ingest, one dbt build, gate, publish.

Belongs here: the order of the phases and what one hands to the next. Each phase is a function of
its own, so that Dagster calls the same ones; there is no second way. Does not belong here: what a
phase does inside.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
import uuid
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.metadata import version as package_version
from typing import TypeVar

import duckdb

from orchestration.changes.causes import Maker
from orchestration.changes.movement import movement_reasons
from orchestration.changes.previous import place_previous
from orchestration.errors import InputError, StateDirError
from orchestration.failpoints import reach
from orchestration.ingest.loader_tables import landing_of, refused_tables
from orchestration.ingest.run import IngestProgress, IngestSummary, ingest
from orchestration.pipeline.build_record import BuildRecord, Stopwatch
from orchestration.pipeline.dbt_run import (
    BuildIdentity,
    DbtRun,
    prepare_working_database,
    run_dbt,
    told_results,
)
from orchestration.pipeline.erasure import erase, requested
from orchestration.pipeline.expectations import Finding, judge, load_library
from orchestration.pipeline.gate import GatePass, gate
from orchestration.pipeline.kept_tables import inputs_of, keep, read_kept, written_of
from orchestration.pipeline.lock import build_lock
from orchestration.pipeline.publish import publish
from orchestration.pipeline.versions import Published, current_version
from orchestration.progress import Progress
from orchestration.rules.rule_set import RuleSet, keep_published_rules, read_rules, write_rules
from orchestration.rules.started_plays import check_started_plays
from orchestration.settings.build_settings import check_frameworks
from orchestration.settings.kept_settings import keep_settings
from orchestration.settings.paths import StateDir
from orchestration.settings.request import BuildRequest

PHASES = ("rules", "ingest", "dbt", "gate", "publish")
T = TypeVar("T")


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
        frameworks: those that were built, the default one first.
        seconds: duration by phase.
    """

    build_id: str
    published: Published
    ingested: IngestSummary
    tests: int
    warnings: tuple[str, ...]
    default_framework: str
    stages: tuple[str, ...]
    frameworks: tuple[str, ...]
    seconds: Mapping[str, float]


@dataclass(frozen=True)
class OpenBuild:
    """A build that holds the lock of its state directory.

    Attributes:
        request: what it was told.
        build_id: its id.
        record: how it goes, for those who ask later.
        progress: the listener that also keeps the record.
    """

    request: BuildRequest
    build_id: str
    record: BuildRecord
    progress: Progress


@contextmanager
def open_build(request: BuildRequest, progress: Progress) -> Generator[OpenBuild]:
    """Hold the build lock while the block runs, and record how the build ends.

    The block calls `record.write` when it has published; anything raised is recorded as a failure.
    """
    check_state_path(request.state)
    build_id = new_build_id()
    with build_lock(request.state):
        reach("build.locked")
        record = BuildRecord(request.state, build_id)
        try:
            yield OpenBuild(request, build_id, record, Stopwatch(progress, record))
        except BaseException as error:
            # Whoever presses Ctrl-C says nothing.
            record.write("failed", message=str(error) or f"{type(error).__name__}.")
            raise


def build(request: BuildRequest, progress: Progress) -> BuildResult:
    """Run the pipeline; readers see a new version if and only if this returns.

    Raises:
        LifecycleError: the first phase that failed says why; what was published stays.
    """
    with open_build(request, progress) as opened:
        result = _run_phases(opened)
        opened.record.write("published", version=result.published.version)
    return result


def ingest_only(request: BuildRequest, progress: Progress) -> IngestSummary:
    """Load the landing files and stop; the same phase that a build runs."""
    check_state_path(request.state)
    with build_lock(request.state):
        rules = rules_phase(request, progress)
        return ingest_phase(request, rules, new_build_id(), progress, is_build=False)


def rules_phase(request: BuildRequest, progress: Progress) -> RuleSet:
    """Merge and check the rules, hold them against what is published, write the seeds for dbt."""

    def work() -> RuleSet:
        rules = read_rules(request.rules_dir)
        check_frameworks(request.settings, rules.frameworks)
        untold = check_started_plays(request.state, rules, request.settings)
        if untold:
            progress.note(untold)
        write_rules(rules, request.state)
        reach("build.rules_written")
        return rules

    def summary(rules: RuleSet) -> str:
        overridden = f", {len(rules.overridden)} files of your own" if rules.overridden else ""
        conditions = len(rules.seeds["rule_conditions.csv"].rows)
        return f"{len(rules.frameworks)} frameworks, {conditions} conditions{overridden}"

    return _timed("rules", progress, work, summary)


def ingest_phase(
    request: BuildRequest,
    rules: RuleSet,
    build_id: str,
    progress: Progress,
    *,
    is_build: bool = True,
) -> IngestSummary:
    """Load every landing file that the ledger does not know yet.

    What would make a build wrong stops a build; who only loads, a delivery of several perhaps, is
    told of it.

    Raises:
        InputError: too much was refused, or a build on what was loaded would come to nothing; what
            was loaded stays.
    """

    def listen(told: IngestProgress) -> None:
        rows = f", {told.rows_read:,} rows so far" if told.rows_read else ""
        progress.step(told.files_done, told.files_total, f"{told.name}{rows}")

    def work() -> IngestSummary:
        # What was begun ends first: half of it is gone from landing files already.
        erase(request, (), rules.excluded_ids, progress.note)
        with landing_of(request, request.state) as raw_dir:
            summary = ingest(
                raw_dir,
                request.state.root,
                run_id=build_id,
                excluded_ids=rules.excluded_ids,
                event_names=rules.event_names,
                progress=listen,
                sources_file=request.sources_file,
                identity_salt=request.identity_salt,
                settings=request.settings,
                accept_loss=request.accept_loss,
                erasure_key=request.erasure_key_file,
            )
        for sentence in (*summary.notes, *summary.problems):
            progress.note(sentence)
        # Of another loader's table its own name says more than that of its copy.
        stops = refused_tables(request) or summary.stops
        if is_build and stops:
            raise InputError("\n".join(stops))
        for sentence in stops:
            progress.note(sentence)
        if is_build and (customers := requested(request, rules.excluded_ids)):
            receipt = erase(request, customers, rules.excluded_ids, progress.note)
            if receipt is not None:
                progress.note(receipt.sentence)
        reach("build.ingested")
        return summary

    return _timed("ingest", progress, work, _told)


def build_identity(request: BuildRequest, build_id: str, rules: RuleSet) -> BuildIdentity:
    """Return what build_info tells of this build; raw is read, so ingest must be over."""
    version = package_version("customer-lifecycle")
    return BuildIdentity(
        build_id=build_id,
        rules_hash=rules.rules_hash,
        inputs_hash=_inputs_hash(request.state),
        version=version,
        settings_hash=request.settings.hash_of_meaning(version),
    )


def dbt_phase(request: BuildRequest, identity: BuildIdentity, progress: Progress) -> DbtRun:
    """Run the one dbt build of all that can have changed; its verdict is the gate's."""

    def work() -> DbtRun:
        state, current = request.state, current_version(request.state)
        inputs = inputs_of(state, request.settings, request.project)
        # First, for nothing is kept of one that it discards.
        prepare_working_database(state, full_refresh=request.full_refresh, progress=progress)
        kept = read_kept(state)
        select = kept.selection(inputs) if kept else ()
        untold = place_previous(
            state.working_database,
            state.raw_database,
            state.versions / current if current else None,
            Maker(identity.rules_hash, identity.settings_hash),
            request.settings.as_of_date,
        )
        if untold:
            progress.note(untold)
        # The gate's library takes seconds to import, and this process only waits for dbt.
        preparing = threading.Thread(target=load_library, name="load-gate-library", daemon=True)
        preparing.start()
        try:
            run = run_dbt(state, request.settings, identity, progress, request.project, select)
        finally:
            preparing.join()
        reach("build.dbt_ended")
        if not written_of(state, request.settings, request.project).items() <= inputs.items():
            # Nobody knows whether dbt has read a file before or after it was edited.
            inputs = {}
        return replace(kept.completed(run, select) if kept and select else run, inputs=inputs)

    return _timed("dbt", progress, work, told_results)


def gate_phase(
    request: BuildRequest,
    run: DbtRun,
    identity: BuildIdentity,
    progress: Progress,
    tell: Callable[[Sequence[Finding]], None] | None = None,
) -> GatePass:
    """Hold the build against what is plausible, and ask the gate.

    Args:
        request: what the build was told.
        run: the finished dbt run.
        identity: the build it belongs to.
        progress: the listener.
        tell: is given every finding before the gate decides.

    Raises:
        GateClosedError: lists every reason not to publish.
    """
    state = request.state

    def work() -> GatePass:
        # After a run with faults the marts are not worth measuring; the gate is closed already.
        findings = judge(state) if run.exit_code == 0 else ()
        moved = (
            ()
            if request.accept_rule_change
            else movement_reasons(
                state.working_database, identity.build_id, request.settings.max_rule_movement
            )
        )
        if tell:
            tell(findings)
        broken = [finding for finding in findings if not finding.passed]
        gate_pass = gate(
            state,
            run,
            identity,
            more_reasons=[
                *(finding.sentence for finding in broken if finding.severity != "warn"),
                *moved,
            ],
            more_warnings=[finding.sentence for finding in broken if finding.severity == "warn"],
        )
        keep(state, run, gate_pass.working)
        reach("build.gate_passed")
        return gate_pass

    return _timed(
        "gate",
        progress,
        work,
        lambda gate_pass: f"{gate_pass.tests:,} checks passed, {len(gate_pass.warnings)} warn",
    )


def publish_phase(request: BuildRequest, gate_pass: GatePass, progress: Progress) -> Published:
    """Publish what the gate let through."""

    def summary(published: Published) -> str:
        rows = sum(published.rows.values())
        return f"{len(published.rows)} marts, {rows:,} rows, version {published.version}"

    def work() -> Published:
        published = publish(request.state, gate_pass)
        keep_published_rules(request.state)
        keep_settings(request.state, request.settings)
        return published

    return _timed("publish", progress, work, summary)


def new_build_id() -> str:
    """Return a random id of twelve hexadecimal digits."""
    return uuid.uuid4().hex[:12]


def check_state_path(state: StateDir) -> None:
    """Refuse a state directory whose name dbt and DuckDB could not carry, in SQL or as a pattern.

    Raises:
        StateDirError: names the character.
    """
    for character in str(state.root):
        if character in "'\"\\{}?*[" or not character.isprintable():
            text = f"The state directory {str(state.root)!r} contains {character!r}"
            raise StateDirError(f"{text}; choose one of letters, digits, dots, dashes and spaces.")


def _run_phases(opened: OpenBuild) -> BuildResult:
    request, listener = opened.request, opened.progress
    rules = rules_phase(request, listener)
    ingested = ingest_phase(request, rules, opened.build_id, listener)
    identity = build_identity(request, opened.build_id, rules)
    run = dbt_phase(request, identity, listener)
    gate_pass = gate_phase(request, run, identity, listener)
    published = publish_phase(request, gate_pass, listener)
    return BuildResult(
        build_id=opened.build_id,
        published=published,
        ingested=ingested,
        tests=gate_pass.tests,
        warnings=gate_pass.warnings,
        default_framework=rules.default_framework,
        stages=rules.default_stages,
        frameworks=_built(rules, request.settings.frameworks),
        seconds=dict(opened.record.seconds),
    )


def _built(rules: RuleSet, asked: Sequence[str]) -> tuple[str, ...]:
    others = [name for name in rules.frameworks if name in asked or asked == ("all",)]
    return tuple(dict.fromkeys((rules.default_framework, *others)))


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
        + (f" + {summary.rows_set_aside:,} set aside" if summary.rows_set_aside else "")
    )


def _inputs_hash(state: StateDir) -> str:
    with duckdb.connect(str(state.raw_database), read_only=True) as raw:
        files = raw.execute(
            "select distinct table_name, sha256 from raw.raw.ingest_files order by all"
        ).fetchall()
    return hashlib.sha256(json.dumps(files).encode()).hexdigest()
