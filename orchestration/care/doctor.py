"""Is everything well? A line for each thing that may not be, with the way out of it.

Belongs here: looking, never mending. Does not belong here: how the lines are shown, or whether the
marts are what the raw rows say (`verify`).
"""

from __future__ import annotations

import os
import shutil
import stat
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

import duckdb
from packaging.requirements import Requirement

from orchestration.errors import LifecycleError, escaped
from orchestration.ingest.raw_database import SCHEMA
from orchestration.ingest.rebuild import LedgerCopy
from orchestration.pipeline.gate import accounting_reasons
from orchestration.pipeline.lock import holder
from orchestration.pipeline.scratch import LENT_TO
from orchestration.pipeline.versions import current_version, versions
from orchestration.rules.rule_set import read_rules
from orchestration.settings.paths import StateDir
from orchestration.settings.request import BuildRequest, read_dagster_settings, read_request
from orchestration.sql_text import identifier
from orchestration.state_modes import PASSAGE, PRIVATE_DIRECTORY, refuse_strangers
from orchestration.version_files import damage

_PACKAGE = "customer-lifecycle"
_GIB = 1024**3


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        subject: what it is.
        is_well: whether nothing has to be done.
        said: what was found, or a sentence with the way out.
    """

    subject: str
    is_well: bool
    said: str


# Whether something is well, and what to say of it.
Seen = tuple[bool, str]
Look = Callable[[BuildRequest], Iterator[Seen]]


def examine(directories: Mapping[str, Path | str | None]) -> tuple[Finding, ...]:
    """Look at everything; what cannot be looked at is not well.

    Args:
        directories: text or path by name (`state_dir`, ...), as `read_request` takes them.
    """
    try:
        request = read_request({}, (), directories)
        read_dagster_settings()
    except LifecycleError as error:
        # Where things are is part of the configuration: nothing else can be looked at.
        seen = [Finding("environment", *one) for one in _environment()]
        return (*seen, Finding("settings", False, str(error)))
    looks: tuple[tuple[str, Look], ...] = (
        ("environment", lambda _: _environment()),
        ("settings", _settings),
        ("rules", _rules),
        ("state directory", lambda asked: _state_directory(asked.state)),
        ("modes", lambda asked: _modes(asked.state)),
        ("disk", lambda asked: _disk(asked.state)),
        ("lock", lambda asked: _lock(asked.state)),
        ("raw", lambda asked: _raw(asked.state)),
        ("versions", lambda asked: _versions(asked.state)),
        ("checksums", lambda asked: _checksums(asked.state)),
    )
    return tuple(
        Finding(subject, *seen) for subject, look in looks for seen in _looked(look, request)
    )


def _looked(look: Look, request: BuildRequest) -> list[Seen]:
    try:
        return list(look(request))
    except OSError as error:
        text = f"{error.filename} cannot be looked at ({error.strerror})"
        return [_ill(f"{text}; run this as the account that builds.")]
    except (LifecycleError, duckdb.Error) as error:
        return [_ill(line) for line in str(error).splitlines()]


def _well(said: str) -> Seen:
    return True, said


def _ill(said: str) -> Seen:
    return False, said


def _environment() -> Iterator[Seen]:
    if not (3, 11) <= sys.version_info < (3, 13):
        yield _ill(f"Python is {sys.version.split()[0]}; install 3.11 or 3.12.")
    wrong = list(_wrong_packages())
    yield from map(_ill, wrong)
    if not wrong:
        yield _well(
            f"Python {sys.version.split()[0]}, DuckDB {duckdb.__version__}, packages as declared"
        )
    given = sorted(name for name in os.environ if name.upper().startswith("DBT_"))
    if given:
        yield _well(f"{', '.join(given)} set, and not heard by a build")


def _wrong_packages() -> Iterator[str]:
    try:
        declared = requires(_PACKAGE) or []
    except PackageNotFoundError:
        yield f"{_PACKAGE} is not installed; make install."
        return
    for requirement in map(Requirement, declared):
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            found = version(requirement.name)
        except PackageNotFoundError:
            yield f"The package {requirement.name} is missing; make install."
            continue
        if not requirement.specifier.contains(found, prereleases=True):
            wanted = f"{requirement.name} {requirement.specifier}"
            yield f"The package {requirement.name} is {found}, not {wanted}; make install."


def _settings(request: BuildRequest) -> Iterator[Seen]:
    if request.raw_database is None and not request.raw_dir.is_dir():
        yield _ill(f"{request.raw_dir} is no directory; name the landing files with --raw-dir.")
    elif request.raw_database is not None and not request.raw_database.is_file():
        yield _ill(f"{request.raw_database} is no file; name the database with --raw-database.")
    else:
        yield _well(
            f"every variable is known, landing files in {request.raw_database or request.raw_dir}"
        )


def _rules(request: BuildRequest) -> Iterator[Seen]:
    rules = read_rules(request.rules_dir)
    yield _well(f"{len(rules.frameworks)} frameworks, {len(rules.overridden)} files of your own")


def _state_directory(state: StateDir) -> Iterator[Seen]:
    if not state.root.is_dir():
        yield _ill(
            f"{state.root} does not exist; run lifecycle build, or name another --state-dir."
        )
        return
    refuse_strangers(state.root, state.published)
    if not os.access(state.root, os.W_OK | os.X_OK):
        yield _ill(f"{state.root} cannot be written by this account; builds need that.")
    for name, command in LENT_TO.items():
        if (state.root / name).exists() and holder(state) is None:
            yield _ill(f"{state.root / name} was left by a killed {command}; run it again.")
    yield _well(f"{state.root}, without links of others")


def _modes(state: StateDir) -> Iterator[Seen]:
    way_out = "the next build shuts it, or do it now: chmod"
    wrong = 0
    mode = _mode(state.root)
    if mode not in {PRIVATE_DIRECTORY, PASSAGE}:
        wrong += 1
        yield _ill(f"{state.root} is {mode:o}, others may look into it; {way_out} 700.")
    for entry in sorted(state.root.iterdir()):
        if entry == state.published or not entry.is_file() or not _mode(entry) & 0o077:
            continue
        wrong += 1
        yield _ill(f"{entry} is {_mode(entry):o}, others may read it; {way_out} 600.")
    for name in versions(state):
        files = [path for path in (state.versions / name).rglob("*") if path.is_file()]
        open_files = sum(bool(_mode(path) & 0o222) for path in files)
        if open_files:
            wrong += 1
            text = f"{open_files} files of the version {escaped(name)} can be edited"
            yield _ill(f"{text}; chmod -R a-w {escaped(str(state.versions / name))}.")
    if not wrong:
        yield _well("what is private is the owner's alone, what is published nobody's to write")


def _disk(state: StateDir) -> Iterator[Seen]:
    free = shutil.disk_usage(state.root).free
    databases = (state.raw_database, state.working_database, state.published_database)
    # A build writes a working database and a version anew, and spills about as much.
    needed = max(_GIB, 2 * sum(path.stat().st_size for path in databases if path.is_file()))
    told = f"{free / _GIB:,.1f} GiB free, a build may need {needed / _GIB:,.1f}"
    enough = free >= needed
    yield _well(told) if enough else _ill(f"{told}; free some, or move the state directory.")


def _lock(state: StateDir) -> Iterator[Seen]:
    found = holder(state)
    if found is None:
        yield _well("free")
    elif found.pid:
        yield _well(f"held by process {found.pid} since {found.since}")
    else:
        yield _ill(
            f"{state.build_lock} is held by a process that is no build; end it (fuser tells it)."
        )


def _raw(state: StateDir) -> Iterator[Seen]:
    if not state.raw_database.is_file():
        yield _ill("There is no raw database; run lifecycle build.")
        return
    reasons = accounting_reasons(state)
    for reason in reasons:
        yield _ill(f"{reason.removesuffix('.')}; delete {state.raw_database} and build it anew.")
    if reasons:
        return
    with duckdb.connect(str(state.raw_database), read_only=True) as raw:
        raw.execute("set enable_progress_bar = false")
        tables = raw.execute(
            "select table_name from duckdb_tables() "
            f"where schema_name = '{SCHEMA}' and database_name = 'raw' order by table_name"
        ).fetchall()
        rows = 0
        for (table,) in tables:
            # Reading is what finds a damaged block.
            read = f"select count(read_row) from raw.{SCHEMA}.{identifier(table)} as read_row"
            rows += int(raw.execute(read).fetchall()[0][0])
        ledger = raw.execute(f"select path, sha256 from raw.{SCHEMA}.ingest_files").fetchall()
    unknown = LedgerCopy(state.raw_ledger).unknown_to(ledger)
    if unknown:
        text = f"{len(unknown):,} files that were loaded are unknown to it: it is an older one"
        yield _ill(f"{text}; bring the right one back, or build from what still lies there.")
    yield _well(f"{rows:,} rows read in {len(tables)} tables, every file's rows add up")


def _versions(state: StateDir) -> Iterator[Seen]:
    kept, current = versions(state), current_version(state)
    if current is None:
        yield _ill("Nothing is published; run lifecycle build.")
    elif current not in kept:
        others = ", ".join(map(escaped, kept))
        way_out = f"lifecycle rollback --to one of {others}" if kept else "run lifecycle build"
        yield _ill(f"The current version {escaped(current)} is gone; {way_out}.")
    else:
        yield _well(f"{len(kept)} kept, current is {current}")


def _checksums(state: StateDir) -> Iterator[Seen]:
    whole = 0
    for name in versions(state):
        found = damage(state.versions / name, thorough=True)
        is_current = name == current_version(state)
        if found:
            out = "build again, or lifecycle rollback" if is_current else "delete its directory"
            yield _ill(f"The version {escaped(name)} was damaged or edited: {found}; {out}.")
        else:
            whole += 1
    if whole or not versions(state):
        yield _well(f"{whole} versions byte for byte as they were published")


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)
