"""Loading files of one table and shape in one pass: a statement costs more than a small file.

A Parquet file goes this way even where no other goes with it: its rows are not copied before they
are known to be good, but read a second time and written where they stay.

Belongs here: which files may go together, proof that nothing in them needs a word of its own, their
rows and lines in the ledger. Does not belong here: files with anything to refuse, to round or to
set aside; those, and all that could be read in two ways, are loaded by themselves (`load_file`),
with the same outcome.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path

import duckdb

from orchestration.checksums import sha256_of
from orchestration.failpoints import reach
from orchestration.ingest.erased.tombstones import Tombstones, told_of_erased
from orchestration.ingest.formats.landed_file import LandedFile
from orchestration.ingest.formats.open_file import read_landing_file
from orchestration.ingest.formats.read_parquet import file_and_row, parquet_shape, read_parquets
from orchestration.ingest.formats.small_text import SmallText, small_text, unpacked, write_as_one
from orchestration.ingest.judging.rows import Judgement
from orchestration.ingest.landing_directory import LandingFile, is_readable
from orchestration.ingest.ledger import (
    STATUS_LOADED,
    FileIdentity,
    FileResult,
    close_books_of_many,
)
from orchestration.ingest.load_file import drop_temporary, find_copies, insert_rows, judge_landed
from orchestration.ingest.quarantine import log_extra_columns
from orchestration.ingest.raw_contract import Table
from orchestration.ingest.reasons import FileRefusedError
from orchestration.ingest.summary import column_notes, left_out_notes

# So many share the cost of the statements; more of them gain nothing that can be measured.
_MAX_FILES = 256
# Of texts, which are put behind each other.
_MAX_FILE_BYTES = 100_000
_MAX_BYTES = 8 << 20
# Twenty seconds' work, all of it lost with a process that is killed; the hashes of so many rows fit
# into memory. A Parquet file of more is loaded by itself.
_MAX_ROWS = 4_000_000


@dataclass(frozen=True)
class LotFile:
    """A landing file that may be one of many, and what tells this delivery from another."""

    file: LandingFile
    text: SmallText
    before: os.stat_result
    sha256: str

    @property
    def may_be_alone(self) -> bool:
        """Whether it is loaded this way even where no other goes with it."""
        return self.file.format == "parquet"

    def goes_with(self, others: Sequence[LotFile]) -> bool:
        """Say whether the file may be read together with others."""
        return (
            len(others) < _MAX_FILES
            and self.file.table == others[0].file.table
            and self.text.shape == others[0].text.shape
            and sum(other.text.size for other in others) + self.text.size <= _MAX_BYTES
            and sum(other.text.rows for other in others) + self.text.rows <= _MAX_ROWS
        )


def delivery_of(file: LandingFile) -> tuple[os.stat_result, str] | None:
    """Return what tells a file that may be one of many from another; None of any other file."""
    try:
        before = file.path.stat()
        is_small = before.st_size <= _MAX_FILE_BYTES and file.format in ("csv", "jsonl")
        if not (is_small or file.format == "parquet") or not is_readable(file.path):
            return None
        return before, sha256_of(file.path)
    except OSError:
        return None


def read_lot_file(
    connection: duckdb.DuckDBPyConnection,
    file: LandingFile,
    table: Table,
    delivery: tuple[os.stat_result, str],
) -> LotFile | None:
    """Read what a file can be put together with others by; None if it must be loaded by itself."""
    if file.format == "parquet":
        text = _parquet(connection, file)
    else:
        try:
            content = file.path.read_bytes()
        except OSError:
            return None
        plain = unpacked(content, _MAX_FILE_BYTES) if file.is_gzip else content
        text = None if plain is None else small_text(plain, file.format, table)
    return None if text is None else LotFile(file, text, *delivery)


def _parquet(connection: duckdb.DuckDBPyConnection, file: LandingFile) -> SmallText | None:
    told = parquet_shape(connection, file.path)
    if told is None or told[1] > _MAX_ROWS:
        return None
    shape, rows = told
    return SmallText(("parquet", *shape), b"", b"", rows, rows)


def load_together(
    connection: duckdb.DuckDBPyConnection,
    files: Sequence[tuple[LotFile, FileIdentity]],
    table: Table,
    *,
    excluded_ids: Collection[str],
    folder: Path,
    are_same: Callable[[], bool],
    tombstones: Tombstones | None,
) -> tuple[FileResult, ...] | frozenset[int]:
    """Load files of one shape and commit them with their lines in the ledger.

    Args:
        connection: the raw database, outside any transaction.
        files: in the order in which they count, each with its line in the ledger; the ids of those
            follow each other.
        table: the raw table that they feed.
        excluded_ids: lower-case ids that count as empty.
        folder: empty folder for files made on the way.
        are_same: says whether the files are still those that the identities were taken from.
        tombstones: of persons whose rows are refused.

    Returns:
        What became of each. If some must be loaded by themselves, nothing is kept: the places of
        those among the files, none where that cannot be told.

    Raises:
        RawAccountingError: rows read and rows accounted for differ; nothing is kept.
    """
    drop_temporary(connection)
    try:
        lot = _write_as_one(
            connection,
            files,
            table,
            excluded_ids=excluded_ids,
            folder=folder,
            are_same=are_same,
            tombstones=tombstones,
        )
    except (FileRefusedError, duckdb.Error):
        # Loaded by itself, the file says what is wrong.
        lot = frozenset[int]()
    if not isinstance(lot, _Lot):
        with contextlib.suppress(duckdb.TransactionException):
            connection.execute("rollback")
        return lot
    repeated = _rows_by_file(connection, "where is_copy")
    results: list[tuple[FileIdentity, FileResult]] = []
    for landing, identity in files:
        log_extra_columns(connection, landing.file, table, identity, lot.judgement)
        duplicate = repeated.get(identity.file_id, 0)
        result = FileResult(
            table=table.name,
            name=landing.file.name,
            status=STATUS_LOADED,
            rows_read=landing.text.rows,
            rows_loaded=landing.text.rows - duplicate,
            rows_duplicate=duplicate,
            rows_quarantined=0,
            notes=column_notes(landing.file, lot.judgement, lot.overruled),
            left_out=left_out_notes(landing.file, table, lot.judgement),
        )
        results.append((identity, result))
    reach("ingest.rows_written")
    close_books_of_many(connection, table, results)
    return tuple(result for _, result in results)


@dataclass(frozen=True)
class _Lot:
    """The rows of several files, of which `judged_rows` has the record, the file, the verdict.

    Attributes:
        judgement: how they were judged.
        overruled: names that do not count, as a landed file has them.
        rows_sql: relation of all their columns, with `placed_file` and `placed_line`.
        loaded_sql: the same, with the hashes of `judged_rows`.
    """

    judgement: Judgement
    overruled: tuple[tuple[str, str], ...]
    rows_sql: str
    loaded_sql: str


def _write_as_one(
    connection: duckdb.DuckDBPyConnection,
    files: Sequence[tuple[LotFile, FileIdentity]],
    table: Table,
    *,
    excluded_ids: Collection[str],
    folder: Path,
    are_same: Callable[[], bool],
    tombstones: Tombstones | None,
) -> _Lot | frozenset[int]:
    """Write the rows in a transaction that stays open, or return what `load_together` does."""
    lot = _judge_as_one(connection, files, table, excluded_ids, folder)
    if lot is None:
        return frozenset()
    if apart := _files_apart(connection, files, table, lot, tombstones):
        return apart
    copies = find_copies(connection, table)
    connection.execute("begin")
    insert_rows(
        connection,
        table,
        files[0][1],
        copies=copies,
        line_sql="placed_line",
        file_id_sql="placed_file",
        from_sql=lot.loaded_sql,
    )
    # After the rows were read for the last time.
    return lot if are_same() else frozenset()


def _judge_as_one(
    connection: duckdb.DuckDBPyConnection,
    files: Sequence[tuple[LotFile, FileIdentity]],
    table: Table,
    excluded_ids: Collection[str],
    folder: Path,
) -> _Lot | None:
    """Make `judged_rows` of all rows; None if a line never became a row."""
    landed = _land_as_one(connection, [landing for landing, _ in files], table, folder)
    if landed is None or landed.refused is not None:
        return None
    judgement = judge_landed(connection, landed, table, excluded_ids)
    if landed.declared_rows is None:
        return _text_lot(connection, files, judgement, landed)
    return _parquet_lot(connection, files, table, judgement, landed)


def _parquet_lot(
    connection: duckdb.DuckDBPyConnection,
    files: Sequence[tuple[LotFile, FileIdentity]],
    table: Table,
    judgement: Judgement,
    landed: LandedFile,
) -> _Lot:
    """Keep of a row no more than tells whether and where it is loaded: its columns lie in the file.

    Reading them twice costs less than one more copy of them.
    """
    number, row = file_and_row("record")
    rows_sql = (
        f"(select *, {files[0][1].file_id} + {number} as placed_file, {row} as placed_line "
        f"from ({judgement.sql})) as placed_rows"
    )
    keys = ", ".join(table.primary_key)
    connection.execute(
        f"create or replace temporary table judged_rows as select record, {keys}, _row_hash, "
        f"verdict, is_rounded, is_copy, placed_file, placed_line from {rows_sql}"
    )
    # Row by row, since a hash join would neither keep the order nor be as cheap. Should they ever
    # lie in another order, rows are missing and the books do not balance.
    loaded_sql = f"""(
        select landed.*, placed.* exclude (placed_record)
        from (select record, {", ".join(table.column_names)} from ({judgement.sql})) as landed
        positional join (
            select record as placed_record, _row_hash, verdict, is_copy, placed_file, placed_line
            from judged_rows
        ) as placed
        where landed.record = placed.placed_record
    ) as loaded_rows"""
    return _Lot(judgement, landed.overruled, rows_sql, loaded_sql)


def _text_lot(
    connection: duckdb.DuckDBPyConnection,
    files: Sequence[tuple[LotFile, FileIdentity]],
    judgement: Judgement,
    landed: LandedFile,
) -> _Lot:
    ends = accumulate(landing.text.records for landing, _ in files)
    before = {
        identity.file_id: end - landing.text.records
        for (landing, identity), end in zip(files, ends, strict=True)
        if landing.text.records
    }
    connection.execute(
        f"""
        create or replace temporary table judged_rows as
        with places as (
            select unnest($files) as placed_file, unnest($before) as before
        )

        select judged.*, places.placed_file, judged.record - places.before as placed_line
        from ({judgement.sql}) as judged
        asof join places on judged.record > places.before
        order by judged.record
        """,
        {"files": list(before), "before": list(before.values())},
    )
    return _Lot(judgement, landed.overruled, "judged_rows", "judged_rows")


def _files_apart(
    connection: duckdb.DuckDBPyConnection,
    files: Sequence[tuple[LotFile, FileIdentity]],
    table: Table,
    lot: _Lot,
    tombstones: Tombstones | None,
) -> frozenset[int]:
    """Return the places of the files of which a row, or how many there are, is not as it should."""
    told = {*_rows_by_file(connection, "where verdict is not null or is_rounded")}
    if of_erased := told_of_erased(connection, table, tombstones, lot.rows_sql):
        told |= {*_rows_by_file(connection, f"where {of_erased}", lot.rows_sql)}
    read = _rows_by_file(connection, "")
    return frozenset(
        place
        for place, (landing, identity) in enumerate(files)
        if identity.file_id in told or read.get(identity.file_id, 0) != landing.text.rows
    )


def _land_as_one(
    connection: duckdb.DuckDBPyConnection,
    files: Sequence[LotFile],
    table: Table,
    folder: Path,
) -> LandedFile | None:
    first = files[0].file
    if first.format == "parquet":
        rows = sum(landing.text.rows for landing in files)
        return read_parquets(connection, [landing.file.path for landing in files], rows)
    whole = folder / f"lot.{first.format}"
    write_as_one([landing.text for landing in files], whole)
    plain = replace(first, path=whole, is_gzip=False)
    return read_landing_file(connection, plain, table, folder)


def _rows_by_file(
    connection: duckdb.DuckDBPyConnection, where: str, from_sql: str = "judged_rows"
) -> dict[int, int]:
    rows = connection.execute(
        f"select placed_file, count(*) from {from_sql} {where} group by placed_file"
    ).fetchall()
    return {int(file_id): int(count) for file_id, count in rows}
