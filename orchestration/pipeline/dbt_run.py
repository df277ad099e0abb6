"""The one `dbt build`: its arguments, its environment, its process and its artefacts.

Belongs here: how dbt is called and what it left behind, as typed values. Does not belong here:
judging the results (`gate`), or any knowledge of single models.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from orchestration.errors import WarehouseError
from orchestration.failpoints import VARIABLE as FAIL_POINT
from orchestration.failpoints import reach
from orchestration.pipeline import parse_cache
from orchestration.progress import Progress
from orchestration.safe_json import parsed as parsed_json
from orchestration.settings.build_settings import BuildSettings
from orchestration.settings.paths import DBT_PROJECT_DIR, RULES_DIR, StateDir
from orchestration.small_files import json_of

_RESOURCES = ("seed", "model", "test", "snapshot")
_DBT = "orchestration.pipeline.lean_dbt"  # A process of its own: importing dbt takes seconds.
# dbt as it is, never what lies in the current directory. Not by `-m`: Python warns of a module that
# its package has imported already.
PLAIN_DBT = (sys.executable, "-P", "-c", "from dbt.cli.main import cli; cli(prog_name='dbt')")
_PR_SET_PDEATHSIG = 1
# What Python's logging says behind the error itself.
_AFTER_A_LOGGING_ERROR = ("Call stack:", "  ", "Message:", "Arguments:")
# What DuckDB says of damaged pages.
_TORN_SIGNS = ("checksum", "corrupt", "failed to deserialize", "not a valid duckdb database")


@dataclass(frozen=True)
class BuildIdentity:
    """What tells one build from another, for build_info.

    Attributes:
        build_id: random text, unique to the build.
        rules_hash: SHA-256 of the merged rule seeds.
        inputs_hash: SHA-256 over table and content of every file in the ledger.
        version: version of this package.
        settings_hash: SHA-256 of the settings that decide what is computed, and of the version.
    """

    build_id: str
    rules_hash: str
    inputs_hash: str
    version: str
    settings_hash: str = ""


@dataclass(frozen=True)
class NodeResult:
    """How one node of the dbt run ended.

    Attributes:
        unique_id: dbt's id, such as `model.customer_lifecycle.subjects`.
        status: dbt's word: `success`, `pass`, `warn`, `fail`, `error`, `skipped`, ...
        failures: failing rows of a test; None for other nodes.
        message: dbt's message, or blank.
        seconds: execution time.
        kept: whether this is how it ended in an earlier build, of which it was kept.
    """

    unique_id: str
    status: str
    failures: int | None
    message: str
    seconds: float
    kept: bool = False


@dataclass(frozen=True)
class DbtRun:
    """One finished dbt process and the artefacts it left.

    Attributes:
        invocation_id: as the process logged it; blank when it never said.
        exit_code: of the process.
        results: one per node that run_results.json tells of.
        results_invocation_id: the invocation run_results.json belongs to; blank without the file.
        manifest: manifest.json; empty without the file.
        errors: the last error messages of the log.
        inputs: hashes of what it was made of, see `kept_tables`.
    """

    invocation_id: str
    exit_code: int
    results: tuple[NodeResult, ...]
    results_invocation_id: str
    manifest: Mapping[str, Any]
    errors: tuple[str, ...]
    inputs: Mapping[str, str] = field(default_factory=dict[str, str])


def dbt_arguments(
    state: StateDir,
    settings: BuildSettings,
    project: Path,
    select: Sequence[str] = (),
    *,
    tested: bool = True,
) -> list[str]:
    """Return the command line of the one `dbt build`; every path is absolute.

    Without `select` it is everything. A trial, which is never published, is not tested.

    Unit tests stay out of it: they prove the models, not the data, and run with the test suite.
    Exposures are documentation; dbt would list each as a node with nothing to do.
    """
    return [
        sys.executable,
        "-m",
        _DBT,
        "build",
        "--project-dir",
        str(project),
        "--profiles-dir",
        str(project),
        "--target-path",
        str(state.dbt_target),
        "--log-path",
        str(state.dbt_logs),
        "--exclude-resource-type",
        "unit_test",
        "--exclude-resource-type",
        "exposure",
        *(() if tested else ("--exclude-resource-type", "test")),
        *(("--select", *select) if select else ()),
        "--vars",
        json.dumps(settings.dbt_vars(), sort_keys=True),
        "--log-format",
        "json",
        # People read the file.
        "--log-format-file",
        "text",
        "--log-level-file",
        "info",
    ]


def bare_dbt_environment(state: StateDir, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a dbt process that only reads the project.

    A user's DBT_ variables are left out: DBT_EMPTY or DBT_TARGET would change what is built. So is
    PYTHONWARNINGS, since a package's warning as an error would end dbt.
    """
    kept = {
        name: value
        for name, value in environment.items()
        if not name.upper().startswith("DBT_") and name not in {FAIL_POINT, "PYTHONWARNINGS"}
    }
    return kept | {
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "LIFECYCLE_STATE_DIR": str(state.root),
    }


def dbt_environment(
    state: StateDir, identity: BuildIdentity, environment: Mapping[str, str]
) -> dict[str, str]:
    """Return the environment of the dbt process that builds."""
    return bare_dbt_environment(state, environment) | {
        # The process runs in the state directory, and so the project reads alike in every one:
        # dbt would parse all of it anew for another path.
        "LIFECYCLE_STATE_DIR": ".",
        **_seeds_directory(state),
        "LIFECYCLE_BUILD_ID": identity.build_id,
        "LIFECYCLE_RULES_HASH": identity.rules_hash,
        "LIFECYCLE_SETTINGS_HASH": identity.settings_hash,
        "LIFECYCLE_INPUTS_HASH": identity.inputs_hash,
        "LIFECYCLE_VERSION": identity.version,
    }


def _seeds_directory(state: StateDir) -> dict[str, str]:
    """Name the merged rules where they differ from the shipped ones, which dbt reads by default."""
    merged = {path.name: path.read_bytes() for path in state.rules.glob("*.csv")}
    shipped = {path.name: path.read_bytes() for path in RULES_DIR.glob("*.csv")}
    return {} if merged == shipped else {"LIFECYCLE_SEEDS_DIR": str(state.rules)}


def prepare_working_database(state: StateDir, *, full_refresh: bool, progress: Progress) -> None:
    """Leave a working database that dbt can open, or none; discard a torn one and say so.

    Raises:
        WarehouseError: when another process has it open.
    """
    path, running = state.working_database, _running_mark(state)
    if path.exists():
        _refuse_if_open(path)
    if full_refresh:
        _discard(state)
    elif running.exists():
        _discard(state)
        text = f"The last dbt run was cut off; {path.name} is discarded and rebuilt from raw."
        progress.note(text)
    elif path.exists():
        try:
            duckdb.connect(str(path)).close()
        except duckdb.Error:
            _discard(state)
            progress.note(f"{path.name} was torn; it is discarded and rebuilt from raw.")
    running.unlink(missing_ok=True)


def kept_parse(settings: BuildSettings, environment: Mapping[str, str], project: Path) -> Path:
    """Return the file that keeps the project as a build with these settings parses it."""
    return parse_cache.cache_entry(
        project,
        {
            "vars": json.dumps(parse_cache.vars_that_parsing_reads(settings.dbt_vars())),
            "seeds": environment.get("LIFECYCLE_SEEDS_DIR", ""),
        },
    )


def run_dbt(
    state: StateDir,
    settings: BuildSettings,
    identity: BuildIdentity,
    progress: Progress,
    project: Path = DBT_PROJECT_DIR,
    select: Sequence[str] = (),
    *,
    tested: bool = True,
) -> DbtRun:
    """Run the one `dbt build` and return what it left; never judges it.

    The process dies with this one (Linux), so that a killed build leaves no writer behind.
    """
    for directory in (state.dbt_target, state.dbt_logs):
        directory.mkdir(parents=True, exist_ok=True)
    for artefact in ("run_results.json", "manifest.json"):
        (state.dbt_target / artefact).unlink(missing_ok=True)
    mark = _running_mark(state)
    mark.write_text(identity.build_id, encoding="utf-8")
    environment = dbt_environment(state, identity, os.environ)
    parsed = kept_parse(settings, environment, project)
    parse_cache.restore(state.dbt_target, parsed)
    with subprocess.Popen(
        dbt_arguments(state, settings, project, select, tested=tested),
        env=environment,
        cwd=state.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
        errors="replace",
        preexec_fn=_die_with_parent(),  # noqa: PLW1509 - one prctl call, made before any thread of dbt
    ) as process:
        try:
            invocation_id, errors = follow_log(process.stdout or (), progress)
        except BaseException:
            process.kill()
            raise
    parse_cache.keep(state.dbt_target, parsed)
    run = read_run(state, invocation_id, process.returncode, errors)
    if process.returncode >= 0 and not _met_a_torn_file(run):
        mark.unlink()
    return run


def follow_log(lines: Iterable[str], progress: Progress) -> tuple[str, tuple[str, ...]]:
    """Report each started node; return the invocation id and the last error messages."""
    invocation_id = ""
    errors: deque[str] = deque(maxlen=20)
    for line in lines:
        try:
            event = parsed_json(line)
            info, data = event["info"], event["data"]
        except (ValueError, KeyError, TypeError):
            # Not an event: what Python itself prints when dbt cannot even start, or cannot log.
            if line.strip() and not line.startswith(_AFTER_A_LOGGING_ERROR):
                errors.append(line.strip())
            continue
        invocation_id = info.get("invocation_id") or invocation_id
        if info.get("name") == "LogStartLine":
            reach("build.dbt_started")
            progress.step(int(data["index"]), int(data["total"]), data["node_info"]["node_name"])
        if info.get("level") == "error" and info.get("msg"):
            # Of what stops dbt itself the first line of the message says nothing.
            errors.append(str(data.get("exc") or info["msg"]))
    return invocation_id, tuple(errors)


def read_run(
    state: StateDir, invocation_id: str, exit_code: int, errors: tuple[str, ...]
) -> DbtRun:
    """Read the artefacts in the target directory; missing or torn ones are empty."""
    run_results = json_of(state.dbt_target / "run_results.json")
    results = tuple(
        NodeResult(
            unique_id=str(result["unique_id"]),
            status=str(result["status"]),
            failures=result.get("failures"),
            message=str(result.get("message") or ""),
            seconds=float(result.get("execution_time") or 0.0),
        )
        for result in run_results.get("results", [])
    )
    return DbtRun(
        invocation_id=invocation_id,
        exit_code=exit_code,
        results=results,
        results_invocation_id=str(run_results.get("metadata", {}).get("invocation_id", "")),
        manifest=json_of(state.dbt_target / "manifest.json"),
        errors=errors,
    )


def told_results(run: DbtRun) -> str:
    """Say how many seeds, models and tests there are, and how many of all were kept."""
    kinds = [result.unique_id.partition(".")[0] for result in run.results]
    counted = [f"{kinds.count(kind):,} {kind}s" for kind in _RESOURCES if kind in kinds]
    kept = sum(result.kept for result in run.results)
    counted += [f"{kept:,} of them kept"] if kept else []
    return ", ".join(counted) or "no results"


def _met_a_torn_file(run: DbtRun) -> bool:
    """Whether dbt failed on damaged pages, which show only when they are read."""
    said = "\n".join((*run.errors, *(result.message for result in run.results))).lower()
    return run.exit_code != 0 and any(sign in said for sign in _TORN_SIGNS)


def _running_mark(state: StateDir) -> Path:
    """The file that exists while dbt writes; found at the start, what dbt left is not trusted."""
    return state.root / "working.duckdb.running"


def _discard(state: StateDir) -> None:
    for suffix in ("", ".wal"):
        Path(f"{state.working_database}{suffix}").unlink(missing_ok=True)


def _refuse_if_open(path: Path) -> None:
    """Raise when another process holds DuckDB's lock on the file."""
    try:
        duckdb.connect(str(path)).close()
    except duckdb.IOException as error:
        if "lock" in str(error).lower():
            text = f"Another process has {path} open; close it, then build again"
            raise WarehouseError(f"{text} ({str(error).splitlines()[0]}).") from None
    except duckdb.Error:
        return


def _die_with_parent() -> Callable[[], None] | None:
    """Return what makes the child die with its parent, where the kernel can do that."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl

    def ask_the_kernel() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)

    return ask_the_kernel
