"""Erasing persons: the steps in their order, each of which may be done again.

Belongs here: what is done when, the journal by which a killed erasure is resumed, kept versions.
Does not belong here: what a step does inside (`privacy`).

The journal is written before anything is removed and goes last; whoever opens the state directory
to build or to erase ends first what was begun.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from orchestration.checksums import sha256_of
from orchestration.errors import InputError, LifecycleError, first_line
from orchestration.failpoints import reach
from orchestration.ingest.erased.guest_orders import keep_guests, restore_guests
from orchestration.ingest.erased.tombstones import Tombstones, bury
from orchestration.ingest.landing_directory import LandingFile, discover
from orchestration.ingest.raw_contract import Contract, load_contract
from orchestration.ingest.raw_database import (
    check_books,
    discard,
    is_torn,
    open_raw_database,
)
from orchestration.ingest.rebuild import LedgerCopy
from orchestration.ingest.run import mapping_of
from orchestration.ingest.sources.adapter import load_adapters
from orchestration.ingest.sources.sources_file import (
    Plan,
    find_sources_file,
    plan_sources,
    read_entries,
)
from orchestration.ingest.words import define_functions
from orchestration.pipeline.versions import DATABASE_NAME, PARQUET_DIR, clean_up, versions
from orchestration.privacy.guests import make_guests
from orchestration.privacy.journal import Journal, read_journal
from orchestration.privacy.landing_files import (
    LandingRows,
    put_in_place,
    remove_leftovers,
    write_without,
)
from orchestration.privacy.own_values import own_values
from orchestration.privacy.ownership import Ownership
from orchestration.privacy.person import Persons, find_persons, list_persons
from orchestration.privacy.published import rewrite_version
from orchestration.privacy.raw_rows import first_seen, records_by_file, remove_rows, write_fresh
from orchestration.privacy.receipt import Receipt, exports_since, write_receipt
from orchestration.privacy.traces import mask_traces, remove_remade
from orchestration.settings.paths import SAMPLE_DIR, StateDir
from orchestration.settings.request import BuildRequest
from orchestration.state_modes import make_public
from orchestration.version_files import damage, read_manifest, write_manifest

Tell = Callable[[str], None]


def erase(
    request: BuildRequest, asked: Sequence[str], excluded_ids: Collection[str], tell: Tell
) -> Receipt | None:
    """Erase persons from everything the request's state and landing directory hold.

    The caller holds the build lock.

    Args:
        request: the directories.
        asked: customer ids; an erasure that was begun is ended first.
        excluded_ids: lower-case ids that are nobody's.
        tell: is told what a user should read.

    Returns:
        The receipt of the last erasure; None if there was nothing to do.

    Raises:
        InputError: an id is nobody's, or the erasure key is gone.
        LifecycleError: a step failed; the next run goes on where it stopped.
    """
    erasure = _Erasure(request, tell)
    receipt: Receipt | None = None
    if (journal := read_journal(request.state)) is not None:
        tell(f"The erasure {journal.receipt} was begun and not ended; it goes on.")
        receipt = erasure.run(journal)
    if asked:
        receipt = erasure.run(erasure.begin(asked, frozenset(excluded_ids)))
    return receipt


def published_timezone(state: StateDir) -> str | None:
    """Return the zone in which the published version counts days; None if nothing is published."""
    if not state.published_database.is_file():
        return None
    try:
        with duckdb.connect(str(state.published_database), read_only=True) as published:
            row = published.execute("select reporting_timezone from marts.build_info").fetchone()
    except duckdb.Error:
        return None
    return str(row[0]) if row and row[0] else None


def requested(request: BuildRequest, excluded_ids: Collection[str]) -> tuple[str, ...]:
    """Return the customers of `erasure_requests` whose time has come; a placeholder is nobody."""
    if not request.state.raw_database.exists():
        return ()
    with duckdb.connect(str(request.state.raw_database), read_only=True) as raw:
        rows = raw.execute(
            "select distinct customer_id from raw.raw.erasure_requests "
            "where requested_at <= _loaded_at + interval 24 hours order by all"
        ).fetchall()
    return tuple(str(row[0]) for row in rows if str(row[0]).lower() not in excluded_ids)


class _Erasure:
    def __init__(self, request: BuildRequest, tell: Tell) -> None:
        self.request = request
        self.state = request.state
        self.contract: Contract = load_contract()
        self.tell = tell

    def begin(self, asked: Sequence[str], excluded_ids: Collection[str]) -> Journal:
        """Find out who is erased, and write it down."""
        if not self.state.raw_database.exists():
            raise InputError(
                f"{self.state.root} holds no raw.duckdb, so nothing to erase from; "
                "name another state directory with --state-dir."
            )
        receipt = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"
        with self._raw() as connection:
            persons = find_persons(connection, asked, excluded_ids)
            guests = make_guests(
                connection,
                self.contract,
                receipt,
                timezone=self.request.settings.reporting_timezone,
                pending_is_booked=self.request.settings.pending_is_booked,
            )
            journal = Journal(
                receipt=receipt,
                erased_at=datetime.now(UTC).isoformat(timespec="seconds"),
                persons=persons,
                own=own_values(connection),
                guests=guests.orders,
                guest_rows=guests.rows,
                report={
                    "raw_dir": self._origin(connection),
                    "first_seen": first_seen(connection),
                    "records": records_by_file(connection),
                    "left": [],
                },
            )
        journal.write(self.state)
        if unknown := len(set(asked)) - persons.found:
            self.tell(f"{unknown:,} of the ids have no rows here; they are refused from now on.")
        reach("erase.found")
        return journal

    def _origin(self, connection: duckdb.DuckDBPyConnection) -> str:
        """Return where raw was loaded from, whatever directory the request names."""
        row = connection.execute("select raw_dir from raw.ingest_origin").fetchone()
        return str(self.state.root / row[0] if row else self.request.raw_dir)

    def run(self, journal: Journal) -> Receipt:
        """Do what is left of an erasure; return its receipt."""
        steps: Mapping[str, Callable[[Journal], None]] = {
            "bury": self._bury,
            "landing": self._landing,
            "raw": self._raw_rows,
            "fresh": self._fresh,
            "remade": self._remade,
            "versions": self._versions,
            "traces": self._traces,
        }
        try:
            for name, step in steps.items():
                if name not in journal.done:
                    step(journal)
                    journal.done.append(name)
                    journal.write(self.state)
        except (OSError, duckdb.Error) as error:
            raise LifecycleError(
                f"The erasure {journal.receipt} stopped ({type(error).__name__}); "
                "what is gone is gone, run it again to go on."
            ) from error
        return self._end(journal)

    def _bury(self, journal: Journal) -> None:
        bury(self.state, self.request.erasure_key_file, journal.persons.buried)
        keep_guests(self.state, journal.receipt, journal.guest_rows)
        reach("erase.buried")

    def _landing(self, journal: Journal) -> None:
        raw_dir = Path(journal.report["raw_dir"])
        if raw_dir.is_relative_to(self.state.root):
            journal.report["left"].append(
                "The other loader's database was not touched: erase there, too; until then its "
                "rows are refused."
            )
            return
        if not raw_dir.is_dir():
            journal.report["left"].append(f"The landing directory {raw_dir} was not there.")
            return
        if raw_dir.resolve() == SAMPLE_DIR.resolve():
            journal.report["left"].append("The shipped sample was not touched; it is invented.")
            return
        remove_leftovers(raw_dir)
        with self._raw() as connection:
            plan = self._plan(connection, raw_dir)
            files = _files(plan)
            ownership = self._ownership(connection, journal.persons)
            ledger = {
                (str(path), str(sha256))
                for path, sha256 in connection.execute(
                    "select path, sha256 from raw.ingest_files"
                ).fetchall()
            }
            for file, table, encoding in files:
                records = journal.report["records"].get(file.name, [])
                self._rewrite(journal, file, table, encoding, ownership, records, ledger)
        journal.report["mappings"] = _changed_mappings(plan, journal)
        self._look_elsewhere(journal, raw_dir, {file.path for file, _, _ in files})

    def _rewrite(
        self,
        journal: Journal,
        file: LandingFile,
        table: str | None,
        encoding: str | None,
        ownership: Ownership,
        records: Sequence[int],
        ledger: Collection[tuple[str, str]],
    ) -> None:
        before = sha256_of(file.path)
        noted = journal.landing.get(file.name)
        if noted is not None and noted["after"] == before:
            return
        known = (file.name, before) in ledger
        rows = LandingRows(table, frozenset(records if known else ()), ownership, encoding)
        path = file.path.resolve()
        target = path.with_name(f".erasing-{path.name}")
        try:
            count = write_without(file, rows, target)
            if not count:
                return
            journal.landing[file.name] = {
                "before": before,
                "after": sha256_of(target),
                "bytes": target.stat().st_size,
                "rows": count,
            }
            journal.write(self.state)
            reach("erase.file_written")
            put_in_place(target, file.path)
        except (OSError, ValueError, duckdb.Error) as error:
            target.unlink(missing_ok=True) if target.parent.exists() else None
            journal.landing.pop(file.name, None)
            journal.report["left"].append(
                f"{file.name} could not be written anew ({type(error).__name__}): "
                f"{first_line(error) if isinstance(error, OSError) else 'it cannot be read'}."
            )
            return
        reach("erase.file_replaced")

    def _plan(self, connection: duckdb.DuckDBPyConnection, raw_dir: Path) -> Plan:
        adapters = load_adapters()
        entries = read_entries(
            find_sources_file(raw_dir, self.request.sources_file), self.contract, adapters
        )
        landing = discover(raw_dir, self.contract)
        return plan_sources(connection, raw_dir, landing, entries, self.contract, adapters)

    def _look_elsewhere(self, journal: Journal, raw_dir: Path, rewritten: Collection[Path]) -> None:
        """Name files of the landing directory that hold an id and are no landing files."""
        wanted = [name.encode() for name in journal.persons.distinctive]
        for path in sorted(raw_dir.rglob("*")):
            if path in rewritten or not path.is_file():
                continue
            try:
                held = path.read_bytes() if path.stat().st_size < 1 << 30 else b""
            except OSError:
                continue
            if any(name in held for name in wanted):
                name = path.relative_to(raw_dir).as_posix()
                journal.report["left"].append(f"{name} feeds no table and was not touched.")

    def _raw_rows(self, journal: Journal) -> None:
        with self._raw() as connection:
            list_persons(connection, journal.persons)
            ownership = self._ownership(connection, journal.persons)

            def is_theirs(table: str, line: int, landed: Mapping[str, Any]) -> bool:
                del line
                return ownership.is_in_contract(table, landed) or ownership.is_in_any_shape(landed)

            connection.execute("begin")
            removed = remove_rows(connection, journal.persons, is_theirs, self.contract)
            for name, noted in journal.landing.items():
                connection.execute(
                    "update raw.ingest_files set sha256 = ?, bytes = ? "
                    "where path = ? and sha256 = ?",
                    [noted["after"], noted["bytes"], name, noted["before"]],
                )
            for name, old, new in journal.report.get("mappings", ()):
                connection.execute(
                    "update raw.source_files set mapping = ? where mapping = ? "
                    "and file_id in (select file_id from raw.ingest_files where path = ?)",
                    [new, old, name],
                )
            connection.execute(
                "insert into raw.erasures select $receipt, $at, $persons, $rows, $orders "
                "where $receipt not in (select receipt from raw.erasures)",
                {
                    "receipt": journal.receipt,
                    "at": datetime.fromisoformat(journal.erased_at).replace(tzinfo=None),
                    "persons": journal.persons.found,
                    "rows": sum(removed.values()),
                    "orders": len(journal.guests),
                },
            )
            # Before the commit: who is killed behind it finds no rows to count.
            if removed or "raw" not in journal.report:
                journal.report["raw"] = removed
                journal.write(self.state)
            # And this too: a copy that tells of a file as it was would stop the next ingest.
            LedgerCopy(self.state.raw_ledger).sync(connection)
            connection.execute("commit")
            restore_guests(connection, self.state, self.contract)
            check_books(connection, self.contract)
        reach("erase.rows_removed")

    def _fresh(self, journal: Journal) -> None:
        del journal

        def check(fresh: Path) -> None:
            opened = open_raw_database(
                fresh, self.contract, self._spill, lambda cause: _refuse(fresh, cause)
            )
            try:
                check_books(opened.connection, self.contract)
            finally:
                opened.connection.close()

        write_fresh(self.state.raw_database, check)
        reach("erase.raw_rewritten")

    def _remade(self, journal: Journal) -> None:
        removed = [*journal.report.get("removed", ()), *remove_remade(self.state)]
        journal.report["removed"] = sorted(set(removed))
        discard(self.state.working_database)
        reach("erase.working_removed")

    def _versions(self, journal: Journal) -> None:
        clean_up(self.state)
        if "damaged" not in journal.report:
            kept = versions(self.state)
            found = [version for version in kept if damage(self.state.versions / version)]
            journal.report |= {"damaged": found, "versions": {}}
            journal.write(self.state)
        for version in versions(self.state):
            self._rewrite_version(journal, version)

    def _rewrite_version(self, journal: Journal, version: str) -> None:
        told: dict[str, dict[str, int]] = journal.report["versions"]
        directory = self.state.versions / version

        def note(changed: dict[str, int]) -> None:
            told[version] = changed
            journal.write(self.state)

        database, parquet = directory / DATABASE_NAME, directory / PARQUET_DIR
        if not database.is_file():
            self._remove_damaged(journal, version)
            return
        try:
            rewrite_version(database, parquet, journal.persons, journal.own, journal.guests, note)
        except LifecycleError as error:
            if not (isinstance(error.__cause__, duckdb.Error) and is_torn(error.__cause__)):
                raise
            self._remove_damaged(journal, version)
            return
        reach("erase.version_rewritten")
        # One that was damaged before is not declared sound by this.
        manifest = read_manifest(directory)
        if version in journal.report["damaged"] or manifest is None or not damage(directory):
            return
        # What a mart holds now nobody has hashed, so that the next version copies it anew.
        theirs = told.get(version, manifest.marts)
        same = {name: entry for name, entry in manifest.marts.items() if name not in theirs}
        write_manifest(directory, same)
        make_public(directory)

    def _remove_damaged(self, journal: Journal, version: str) -> None:
        """Remove a version that nobody can read, so that nobody can say whom it names."""
        shutil.rmtree(self.state.versions / version)
        journal.report["left"].append(f"The version {version} was damaged; it is removed.")

    def _traces(self, journal: Journal) -> None:
        with self._raw() as connection:
            ownership = self._ownership(connection, journal.persons)
            rows = LandingRows(None, frozenset(), ownership)
            masked = mask_traces(self.state, journal.persons, rows)
        shutil.rmtree(self._spill.parent, ignore_errors=True)
        journal.report["masked"] = journal.report.get("masked", {}) | masked
        reach("erase.traces_masked")

    def _end(self, journal: Journal) -> Receipt:
        stones: Tombstones = bury(self.state, self.request.erasure_key_file, ())
        report = journal.report
        receipt = Receipt(
            receipt=journal.receipt,
            erased_at=journal.erased_at,
            persons=[stones.mark(name) for name in journal.persons.customers],
            found=journal.persons.found,
            first_seen=report["first_seen"],
            raw=report.get("raw", {}),
            landing={name: int(noted["rows"]) for name, noted in journal.landing.items()},
            versions=report.get("versions", {}),
            removed=report.get("removed", []),
            masked=report.get("masked", {}),
            orders_kept=len(journal.guests),
            left=list(dict.fromkeys(report["left"])),
            exports=exports_since(self.state, report["first_seen"]),
        )
        write_receipt(self.state, receipt)
        reach("erase.receipt_written")
        self.state.erasure_journal.unlink(missing_ok=True)
        for sentence in receipt.left:
            self.tell(sentence)
        return receipt

    @property
    def _spill(self) -> Path:
        return self.state.root / "ingest_tmp" / "spill"

    @contextmanager
    def _raw(self) -> Generator[duckdb.DuckDBPyConnection]:
        path = self.state.raw_database
        opened = open_raw_database(
            path, self.contract, self._spill, lambda cause: _refuse(path, cause)
        )
        try:
            define_functions(opened.connection, self.request.identity_salt)
            yield opened.connection
        finally:
            opened.connection.close()

    def _ownership(self, connection: duckdb.DuckDBPyConnection, persons: Persons) -> Ownership:
        def key_of(address: str) -> str:
            row = connection.execute("select person_id(?)", [address]).fetchone()
            return str(row[0]) if row else address

        return Ownership(persons, self.contract, key_of)


def _files(plan: Plan) -> list[tuple[LandingFile, str | None, str | None]]:
    """Return each landing file with its table, if it is in contract shape, and its encoding."""
    found: list[tuple[LandingFile, str | None, str | None]] = [
        (file, file.table, None) for file in plan.contract_files if file.format != "spreadsheet"
    ]
    for placed in plan.source_files:
        entry = placed.source.entry
        found.append((placed.file, None, entry.format.encoding if entry else None))
    return found


def _changed_mappings(plan: Plan, journal: Journal) -> list[tuple[str, str, str]]:
    """Return path, old and new fingerprint of each file beside which another one was replaced."""
    changed: list[tuple[str, str, str]] = []
    for placed in plan.source_files:
        beside = [
            (other.file.name, sha256_of(other.file.path))
            for other in plan.source_files
            if other.source.name == placed.source.name and other.role.name != placed.role.name
        ]
        before = [
            (name, str(journal.landing[name]["before"]) if name in journal.landing else sha256)
            for name, sha256 in beside
        ]
        old, new = mapping_of(placed, before), mapping_of(placed, beside)
        if old != new:
            changed.append((placed.file.name, old, new))
    return changed


def _refuse(path: Path, cause: str) -> str:
    raise LifecycleError(
        f"{path} cannot be read ({cause}); build once, which rebuilds it, then erase."
    )
