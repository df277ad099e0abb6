"""Ingest: every landing file into the raw database, exactly once.

Belongs here: the run over all files, what was loaded before, what the run has to say.
Does not belong here: what happens to the rows of one file (`load_file`), anything that compares
versions of a row or reads rules other than excluded ids (dbt's staging does).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import cast

import duckdb

from orchestration.checksums import sha256_of
from orchestration.errors import InputError, LifecycleError, first_line
from orchestration.ingest.erased.guest_orders import restore_erasures, restore_guests
from orchestration.ingest.erased.tombstones import Tombstones, read_tombstones
from orchestration.ingest.findings import find
from orchestration.ingest.landing_directory import LandingFile, discover, require_tables
from orchestration.ingest.ledger import FileIdentity, FileResult, ReadAs, refuse_file
from orchestration.ingest.load_file import FileChangedError, load_file
from orchestration.ingest.load_source import SourceResult, load_source_file
from orchestration.ingest.load_together import (
    LotFile,
    delivery_of,
    load_together,
    read_lot_file,
)
from orchestration.ingest.raw_contract import Contract, load_contract
from orchestration.ingest.raw_database import (
    RawDatabase,
    check_books,
    check_origin,
    check_salt,
    is_damaged_block,
    open_raw_database,
)
from orchestration.ingest.reasons import FileRefusedError, Reason
from orchestration.ingest.rebuild import LedgerCopy, loaded_again, remove_torn
from orchestration.ingest.sources.adapter import load_adapters
from orchestration.ingest.sources.precedence import check_collisions, decide, note_sources
from orchestration.ingest.sources.sources_file import (
    SOURCES_FILE,
    Plan,
    SourceFile,
    find_sources_file,
    plan_sources,
    read_entries,
)
from orchestration.ingest.summary import (
    IngestProgress,
    IngestSummary,
    changing_sentence,
    ignored_sentences,
    quarantine_sentences,
    set_aside_sentence,
    stop_sentences,
)
from orchestration.ingest.words import define_functions
from orchestration.settings.build_settings import BuildSettings
from orchestration.settings.identity_settings import DEFAULT_SALT
from orchestration.settings.paths import StateDir

__all__ = ["IngestProgress", "IngestSummary", "ingest"]

# Where nobody can tell which of so many files cannot be loaded together, each is loaded by itself.
_FEW = 8


def ingest(
    raw_dir: Path,
    state_dir: Path,
    *,
    run_id: str,
    excluded_ids: Collection[str],
    progress: Callable[[IngestProgress], None] | None = None,
    loaded_at: datetime | None = None,
    contract: Contract | None = None,
    sources_file: Path | None = None,
    identity_salt: str = DEFAULT_SALT,
    settings: BuildSettings | None = None,
    accept_loss: bool = False,
    event_names: Mapping[str, bool] | None = None,
    erasure_key: Path | None = None,
) -> IngestSummary:
    """Load every new landing file into `<state_dir>/raw.duckdb`.

    The caller holds the build lock. Each file is committed by itself, or with those that are loaded
    in one pass with it, so a run that is killed leaves complete files, and the next run goes on
    behind them.

    Args:
        raw_dir: the landing directory; the same in every run of a state.
        state_dir: the state directory.
        run_id: written to ledger and quarantine.
        excluded_ids: ids that count as absent.
        progress: called before each file, or each lot of them, and once at the end.
        loaded_at: instant written to the rows; default: now.
        contract: default: the shipped one.
        sources_file: what lies in other shapes; default: sources.yml in the landing directory.
        identity_salt: what addresses are hashed with; the same in every run of a state.
        settings: what the build is told; default: the defaults.
        accept_loss: go on although files that a torn, lost or older raw database was made from are
            gone.
        event_names: names that the rules know, with whether the value of such events is money;
            default: nothing is told of names.
        erasure_key: file with the key of the tombstones; default: with the user's configuration.

    Raises:
        InputError: the directory lacks a required table, or is not the one of earlier runs.
        BuildBusyError: another process has the raw database open.
        RawAccountingError: rows read and rows accounted for differ.
        LifecycleError: the raw database cannot be used.
    """
    run = _Run(
        raw_dir=raw_dir.expanduser().resolve(),
        state=StateDir.at(state_dir),
        run_id=run_id,
        excluded_ids=frozenset(excluded.strip().lower() for excluded in excluded_ids),
        progress=progress or _no_progress,
        loaded_at=_naive_utc(loaded_at or datetime.now(UTC)),
        contract=contract or load_contract(),
        sources_file=find_sources_file(raw_dir.expanduser().resolve(), sources_file),
        identity_salt=identity_salt,
        settings=settings or BuildSettings(),
        accept_loss=accept_loss,
        event_names=event_names,
        tombstones=read_tombstones(StateDir.at(state_dir), erasure_key),
    )
    try:
        return run.once(())
    except duckdb.IOException as error:
        # A damaged block shows only when it is read.
        if not is_damaged_block(error):
            raise _unexpected(error) from error
        note = run.remove_torn(first_line(error))
        return run.once((note,))
    except (duckdb.Error, OSError) as error:
        raise _unexpected(error) from error
    finally:
        shutil.rmtree(run.scratch, ignore_errors=True)


@dataclass(frozen=True)
class _Run:
    raw_dir: Path
    state: StateDir
    run_id: str
    excluded_ids: frozenset[str]
    progress: Callable[[IngestProgress], None]
    loaded_at: datetime
    contract: Contract
    sources_file: Path | None
    identity_salt: str
    settings: BuildSettings
    accept_loss: bool
    event_names: Mapping[str, bool] | None
    tombstones: Tombstones | None

    @property
    def scratch(self) -> Path:
        return self.state.root / "ingest_tmp"

    def once(self, notes: tuple[str, ...]) -> IngestSummary:
        began = time.monotonic()
        landing = discover(self.raw_dir, self.contract)
        adapters = load_adapters()
        entries = read_entries(self.sources_file, self.contract, adapters)
        store = self._open()
        if store.discarded is not None:
            notes = (*notes, store.discarded)
        try:
            connection = store.connection
            known = _known_files(connection)
            fed_before = {table for table, _, _ in known}
            plan = plan_sources(connection, self.raw_dir, landing, entries, self.contract, adapters)
            fed = {table for placed in plan.source_files for table in placed.source.adapter.tables}
            fed |= fed_before | {file.table for file in plan.contract_files}
            require_tables(replace(landing, ignored=plan.ignored), self.contract, fed, self.raw_dir)
            # After the tables: a directory that cannot be loaded must not become the origin.
            check_origin(connection, self.raw_dir, self.state.root)
            check_salt(connection, self.identity_salt)
            define_functions(connection, self.identity_salt)
            # One that was made anew has been held against the list already.
            if not notes:
                notes = loaded_again(
                    connection, self.ledger_copy, self.raw_dir, accept_loss=self.accept_loss
                )
            notes = (*notes, *plan.notes)
            results: list[FileResult] = []
            changing: list[str] = []
            rows_read = 0
            total = len(plan.contract_files) + len(plan.source_files)
            for done, files, lot in self._portions(connection, plan.contract_files, known):
                self.progress(IngestProgress(done, total, rows_read, files[0].name))
                for file, result in self._load_portion(connection, files, lot, known):
                    if isinstance(result, FileResult):
                        results.append(result)
                        rows_read += result.rows_read
                    elif result == "changing":
                        changing.append(file.name)
            for done, placed in enumerate(plan.source_files, start=len(plan.contract_files)):
                self.progress(IngestProgress(done, total, rows_read, placed.file.name))
                outcome = self._load_source(connection, placed, plan)
                if isinstance(outcome, SourceResult):
                    results.extend(outcome.results)
                    rows_read += outcome.rows_read
                elif outcome == "changing":
                    changing.append(placed.file.name)
            restore_guests(connection, self.state, self.contract)
            restore_erasures(connection, self.state)
            note_sources(
                connection,
                {placed.source.name: placed.source for placed in plan.source_files}.values(),
            )
            notes = (*notes, *set_aside_sentence(connection, self.run_id), *decide(connection))
            check_collisions(connection)
            check_books(connection, self.contract)
            problems = quarantine_sentences(connection, self.run_id, self.contract)
            found = find(connection, self.settings, self.event_names)
            names = {file.name for file in plan.contract_files}
            names |= {placed.file.name for placed in plan.source_files}
            share = self.settings.max_refused_share
            stops = (*stop_sentences(connection, names, self.contract, share), *found.stops)
            notes = (
                *notes,
                *(note for result in results for note in (*result.notes, *result.left_out)),
                *ignored_sentences(plan.ignored),
                *found.notes,
                *(changing_sentence(name) for name in changing),
            )
            self._keep_notes(connection, (*notes, *problems, *stops))
            self.ledger_copy.sync(connection)
        finally:
            store.connection.close()
        self.progress(IngestProgress(total, total, rows_read, ""))
        return IngestSummary(
            results=tuple(results),
            files_unchanged=total - len({result.name for result in results}) - len(changing),
            changing=tuple(changing),
            ignored=plan.ignored,
            notes=notes,
            problems=problems,
            stops=stops,
            seconds=time.monotonic() - began,
        )

    def _open(self) -> RawDatabase:
        path, spill = self.state.raw_database, self.scratch / "spill"
        note: str | None = None
        if not path.exists():
            if self.ledger_copy.tells():
                note = self.remove_torn("it is gone")
            self.ledger_copy.begin()
        store = open_raw_database(path, self.contract, spill, self.remove_torn)
        return replace(store, discarded=store.discarded or note)

    @property
    def ledger_copy(self) -> LedgerCopy:
        return LedgerCopy(self.state.raw_ledger)

    def remove_torn(self, cause: str) -> str:
        """Clear the way for a new raw database; return what to say of it, or raise."""
        return remove_torn(
            self.state.raw_database,
            self.ledger_copy,
            self.raw_dir,
            cause,
            accept_loss=self.accept_loss,
        )

    def _keep_notes(self, connection: duckdb.DuckDBPyConnection, sentences: Sequence[str]) -> None:
        # A run of which nothing is kept would leave those of an earlier one as the last.
        kept = sentences or ("The last ingest had nothing to tell.",)
        connection.execute("begin")
        connection.execute("delete from raw.notes where run_id = ?", [self.run_id])
        connection.executemany(
            "insert into raw.notes values (?, ?, ?, ?)",
            [(self.run_id, self.loaded_at, place, sentence) for place, sentence in enumerate(kept)],
        )
        connection.execute("commit")

    def _portions(
        self,
        connection: duckdb.DuckDBPyConnection,
        files: Sequence[LandingFile],
        known: frozenset[tuple[str, str, str]],
    ) -> Iterator[tuple[int, list[LandingFile], list[LotFile]]]:
        """Yield files to load in one go, what they have in common if it is known, and their place.

        Those that are loaded already are left out where that is known.
        """
        begin, waiting = 0, list[LotFile]()
        for place, file in enumerate(files):
            delivery, one = delivery_of(file), None
            if delivery is not None:
                if (file.table, file.name, delivery[1]) in known:
                    continue
                table = self.contract.table(file.table)
                one = read_lot_file(connection, file, table, delivery)
            if waiting and (one is None or not one.goes_with(waiting)):
                yield begin, [other.file for other in waiting], waiting
                waiting = []
            if one is None:
                yield place, [file], []
                continue
            begin = begin if waiting else place
            waiting.append(one)
        if waiting:
            yield begin, [other.file for other in waiting], waiting

    def _load_portion(
        self,
        connection: duckdb.DuckDBPyConnection,
        files: Sequence[LandingFile],
        lot: Sequence[LotFile],
        known: frozenset[tuple[str, str, str]],
    ) -> list[tuple[LandingFile, FileResult | str]]:
        """Load files together if they can be, else what lies between those that cannot.

        Where nobody can tell which, they are loaded in halves, few of them one by one.
        """
        apart: frozenset[int] = frozenset()
        if len(lot) > 1 or (lot and lot[0].may_be_alone):
            outcome = self._load_as_one(connection, lot)
            if isinstance(outcome, tuple):
                return list(zip(files, outcome, strict=True))
            apart = outcome
        if not apart and len(lot) <= _FEW:
            return [(file, self._load(connection, file, known)) for file in files]
        halves = [slice(len(lot) // 2), slice(len(lot) // 2, None)]
        parts = _parts(len(lot), apart) if apart else halves
        return [
            outcome
            for part in parts
            for outcome in self._load_portion(
                connection, files[part], () if part.start in apart else lot[part], known
            )
        ]

    def _load_as_one(
        self, connection: duckdb.DuckDBPyConnection, files: Sequence[LotFile]
    ) -> tuple[FileResult, ...] | frozenset[int]:
        """Load files in one pass, or return the places of those that must be loaded alone."""
        shutil.rmtree(self.scratch, ignore_errors=True)
        self.scratch.mkdir(parents=True)
        next_id = _next_file_id(connection)
        for small in files:
            self.ledger_copy.add(small.file.name, small.sha256)
        return load_together(
            connection,
            [
                (
                    small,
                    FileIdentity(
                        number, small.sha256, small.before.st_size, self.run_id, self.loaded_at
                    ),
                )
                for number, small in enumerate(files, start=next_id)
            ],
            self.contract.table(files[0].file.table),
            excluded_ids=self.excluded_ids,
            folder=self.scratch,
            are_same=lambda: all(_is_same(small.file.path, small.before) for small in files),
            tombstones=self.tombstones,
        )

    def _load(
        self,
        connection: duckdb.DuckDBPyConnection,
        file: LandingFile,
        known: frozenset[tuple[str, str, str]],
    ) -> FileResult | str:
        """Load one file; return `unchanged` or `changing` if it is not to be loaded now."""
        shutil.rmtree(self.scratch, ignore_errors=True)
        self.scratch.mkdir(parents=True)
        next_id = _next_file_id(connection)
        try:
            before = file.path.stat()
            sha256 = sha256_of(file.path)
        except OSError as error:
            refusal = FileRefusedError(
                Reason.UNREADABLE_FILE, f"The file cannot be opened: {error.strerror}."
            )
            if (file.table, file.name, "") in known:
                return "unchanged"
            identity = FileIdentity(next_id, "", 0, self.run_id, self.loaded_at)
            return refuse_file(connection, file, identity, refusal)
        if (file.table, file.name, sha256) in known:
            return "unchanged"
        identity = FileIdentity(next_id, sha256, before.st_size, self.run_id, self.loaded_at)
        self.ledger_copy.add(file.name, sha256)
        try:
            return load_file(
                connection,
                file,
                self.contract.table(file.table),
                identity,
                excluded_ids=self.excluded_ids,
                folder=self.scratch,
                is_same=lambda: _is_same(file.path, before),
                max_unpacked_ratio=self.settings.max_unpacked_ratio,
                tombstones=self.tombstones,
            )
        except FileChangedError:
            return "changing"
        except FileRefusedError as refusal:
            # Half of a file that is still being copied looks like a damaged one.
            if not _is_same(file.path, before):
                return "changing"
            return refuse_file(connection, file, identity, refusal)
        except (duckdb.IOException, OSError):
            # A file that was taken away is no error of this machine.
            if _is_same(file.path, before):
                raise
            with contextlib.suppress(duckdb.TransactionException):
                connection.execute("rollback")
            return "changing"

    def _load_source(
        self, connection: duckdb.DuckDBPyConnection, placed: SourceFile, plan: Plan
    ) -> SourceResult | str:
        """Load one file of a source; return `unchanged` or `changing` if not to be loaded now."""
        shutil.rmtree(self.scratch, ignore_errors=True)
        self.scratch.mkdir(parents=True)
        file = placed.file
        siblings = [
            sibling for sibling in plan.source_files if sibling.source.name == placed.source.name
        ]
        try:
            before = file.path.stat()
            sha256 = sha256_of(file.path)
            beside = [
                (sibling.file.name, sha256_of(sibling.file.path))
                for sibling in siblings
                if sibling.role.name != placed.role.name
            ]
        except OSError:
            # A file that vanishes between listing and reading comes again, or is missed below.
            return "changing"
        mapping = mapping_of(placed, beside)
        read_as = ReadAs(
            placed.source.name, placed.source.adapter.name, placed.source.adapter.kind, mapping
        )
        if _last_delivery(connection, file.name) == (sha256, mapping):
            return "unchanged"
        loaded = _loaded_mappings(connection, file.name, sha256)
        if any(known.split(" ")[0] != mapping.split(" ")[0] for known in loaded):
            raise InputError(
                f"{file.name} was loaded under another mapping than {SOURCES_FILE} has now; delete "
                f"{self.state.raw_database} to load every file anew."
            )
        identity = FileIdentity(
            _next_file_id(connection), sha256, before.st_size, self.run_id, self.loaded_at
        )
        self.ledger_copy.add(file.name, sha256)
        try:
            return load_source_file(
                connection,
                placed,
                siblings,
                self.contract,
                identity,
                read_as=read_as,
                excluded_ids=self.excluded_ids,
                folder=self.scratch,
                is_same=lambda: _is_same(file.path, before),
                max_unpacked_ratio=self.settings.max_unpacked_ratio,
                tombstones=self.tombstones,
            )
        except FileChangedError:
            return "changing"
        except FileRefusedError as refusal:
            if not _is_same(file.path, before):
                return "changing"
            result = refuse_file(connection, file, identity, refusal, read_as)
            return SourceResult((result,), result.rows_read, {})


def _parts(count: int, apart: frozenset[int]) -> list[slice]:
    """Cut a lot into the files that must be loaded by themselves and what lies between them."""
    ends = sorted({0, count} | apart | {place + 1 for place in apart})
    return [slice(begin, end) for begin, end in pairwise(ends)]


def mapping_of(placed: SourceFile, beside: Sequence[tuple[str, str]]) -> str:
    """Return the fingerprint of what a file is read by: its entry, then the files beside it."""
    own = hashlib.sha256(placed.source.fingerprint.encode()).hexdigest()[:16]
    others = hashlib.sha256(json.dumps(sorted(beside)).encode()).hexdigest()[:16]
    return f"{own} {others}"


def _last_delivery(connection: duckdb.DuckDBPyConnection, name: str) -> tuple[str, ...] | None:
    """SHA-256 and mapping of a file as it was delivered last, loaded or refused."""
    return connection.execute(
        "select sha256, mapping from raw.ingest_files left join raw.source_files using (file_id) "
        "where path = ? order by file_id desc limit 1",
        [name],
    ).fetchone()


def _loaded_mappings(
    connection: duckdb.DuckDBPyConnection, name: str, sha256: str
) -> frozenset[str]:
    rows = connection.execute(
        "select mapping from raw.source_files inner join raw.ingest_files using (file_id) "
        "where path = ? and sha256 = ? and status = 'loaded'",
        [name, sha256],
    ).fetchall()
    return frozenset(str(row[0]) for row in rows)


def _known_files(connection: duckdb.DuckDBPyConnection) -> frozenset[tuple[str, str, str]]:
    """Table, path and SHA-256 of every file as it was delivered last, loaded or refused.

    One that is again what it was before that has been put back, and its rows count again.
    """
    rows = connection.execute(
        "select table_name, path, sha256 from raw.ingest_files "
        "qualify sha256 = arg_max(sha256, file_id) over (partition by path)"
    ).fetchall()
    return frozenset((str(table), str(name), str(sha256)) for table, name, sha256 in rows)


def _next_file_id(connection: duckdb.DuckDBPyConnection) -> int:
    row = connection.execute(
        "select coalesce(max(file_id), 0) + 1 from raw.ingest_files"
    ).fetchone()
    return cast("tuple[int]", row)[0]


def _is_same(path: Path, before: os.stat_result) -> bool:
    try:
        now = path.stat()
    except OSError:
        return False
    return (now.st_size, now.st_mtime_ns, now.st_ino) == (
        before.st_size,
        before.st_mtime_ns,
        before.st_ino,
    )


def _naive_utc(instant: datetime) -> datetime:
    return instant if instant.tzinfo is None else instant.astimezone(UTC).replace(tzinfo=None)


def _no_progress(_: IngestProgress) -> None:
    return None


def _unexpected(error: Exception) -> LifecycleError:
    return LifecycleError(
        f"Ingest stopped: {first_line(error)}. Complete files are kept; run it again."
    )
