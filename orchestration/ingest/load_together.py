"""Loading many small files of one table and shape in one pass: a statement costs more than a file.

Belongs here: which files may go together, proof that nothing in them needs a word of its own, their
rows and lines in the ledger. Does not belong here: files with anything to refuse, to round or to
set aside; those, and all that could be read in two ways, are loaded by themselves (`load_file`),
with the same outcome.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path

import duckdb

from orchestration.failpoints import reach
from orchestration.ingest.erased.tombstones import Tombstones, set_erased_aside
from orchestration.ingest.formats.landed_file import LandedFile
from orchestration.ingest.formats.open_file import read_landing_file
from orchestration.ingest.formats.read_parquet import read_parquets, small_parquet
from orchestration.ingest.formats.small_text import SmallText, small_text, unpacked, write_as_one
from orchestration.ingest.judging.rows import Judgement, judge
from orchestration.ingest.landing_directory import LandingFile, is_readable
from orchestration.ingest.ledger import (
    STATUS_LOADED,
    FileIdentity,
    FileResult,
    close_books_of_many,
    count_of,
)
from orchestration.ingest.load_file import drop_temporary, find_copies, insert_rows
from orchestration.ingest.quarantine import log_extra_columns
from orchestration.ingest.raw_contract import Table
from orchestration.ingest.reasons import FileRefusedError
from orchestration.ingest.summary import column_notes, left_out_notes

# So many share the cost of the statements; more of them gain nothing that can be measured.
_MAX_FILES = 256
_MAX_FILE_BYTES = 100_000
_MAX_BYTES = 8 << 20
# A small Parquet file may repeat one row for ever.
_MAX_FILE_ROWS = 10_000


@dataclass(frozen=True)
class SmallFile:
    """A landing file that was read, and what tells this delivery from another."""

    file: LandingFile
    text: SmallText
    before: os.stat_result
    sha256: str

    def goes_with(self, others: Sequence[SmallFile]) -> bool:
        """Say whether the file may be read together with others."""
        return (
            len(others) < _MAX_FILES
            and self.file.table == others[0].file.table
            and self.text.shape == others[0].text.shape
            and sum(other.text.size for other in others) + self.text.size <= _MAX_BYTES
        )


def read_small_file(
    connection: duckdb.DuckDBPyConnection, file: LandingFile, table: Table
) -> SmallFile | None:
    """Read a file that may be one of many; None if it must be loaded by itself."""
    try:
        before = file.path.stat()
        if before.st_size > _MAX_FILE_BYTES or not is_readable(file.path):
            return None
        content = file.path.read_bytes()
    except OSError:
        return None
    text = _small_parquet(connection, file, content) if file.format == "parquet" else None
    if file.format in ("csv", "jsonl"):
        plain = unpacked(content, _MAX_FILE_BYTES) if file.is_gzip else content
        text = None if plain is None else small_text(plain, file.format, table)
    if text is None:
        return None
    return SmallFile(file, text, before, hashlib.sha256(content).hexdigest())


def _small_parquet(
    connection: duckdb.DuckDBPyConnection, file: LandingFile, content: bytes
) -> SmallText | None:
    told = small_parquet(connection, file.path, _MAX_FILE_ROWS)
    if told is None:
        return None
    schema, rows = told
    return SmallText(("parquet", *schema), b"", content, rows, rows)


def load_together(
    connection: duckdb.DuckDBPyConnection,
    files: Sequence[tuple[SmallFile, FileIdentity]],
    table: Table,
    *,
    excluded_ids: Collection[str],
    folder: Path,
    are_same: Callable[[], bool],
    tombstones: Tombstones | None,
) -> tuple[FileResult, ...] | None:
    """Load files of one shape and commit them with their lines in the ledger.

    Args:
        connection: the raw database, outside any transaction.
        files: two or more, in the order in which they count, each with its line in the ledger;
            the ids of those follow each other.
        table: the raw table that they feed.
        excluded_ids: lower-case ids that count as empty.
        folder: empty folder for files made on the way.
        are_same: says whether the files are still those that the identities were taken from.
        tombstones: of persons whose rows are refused.

    Returns:
        What became of each; None, and nothing is kept, if one of them must be read by itself.

    Raises:
        RawAccountingError: rows read and rows accounted for differ; nothing is kept.
    """
    drop_temporary(connection)
    judged = _judge_as_one(connection, files, table, excluded_ids, folder)
    if judged is None or set_erased_aside(connection, table, tombstones):
        return None
    judgement, overruled = judged
    copies = find_copies(connection, table)
    repeated = _rows_by_file(connection, "where record in (select record from repeated_rows)")
    if not are_same():
        return None
    connection.execute("begin")
    insert_rows(
        connection,
        table,
        files[0][1],
        copies=copies,
        line_sql="placed_line",
        file_id_sql="placed_file",
    )
    results: list[tuple[FileIdentity, FileResult]] = []
    for small, identity in files:
        log_extra_columns(connection, small.file, table, identity, judgement)
        duplicate = repeated.get(identity.file_id, 0)
        result = FileResult(
            table=table.name,
            name=small.file.name,
            status=STATUS_LOADED,
            rows_read=small.text.rows,
            rows_loaded=small.text.rows - duplicate,
            rows_duplicate=duplicate,
            rows_quarantined=0,
            notes=column_notes(small.file, judgement, overruled),
            left_out=left_out_notes(small.file, table, judgement),
        )
        results.append((identity, result))
    reach("ingest.rows_written")
    close_books_of_many(connection, table, results)
    return tuple(result for _, result in results)


def _judge_as_one(
    connection: duckdb.DuckDBPyConnection,
    files: Sequence[tuple[SmallFile, FileIdentity]],
    table: Table,
    excluded_ids: Collection[str],
    folder: Path,
) -> tuple[Judgement, tuple[tuple[str, str], ...]] | None:
    """Make `judged_rows` of all rows, each with its file and its number in it.

    Return how they were judged and the names that do not count; None if any row or file is not as
    it should be.
    """
    texts = [small.text for small, _ in files]
    ids = [identity.file_id for _, identity in files]
    try:
        landed = _land_as_one(connection, [small for small, _ in files], table, folder)
        if landed is None or landed.refused is not None:
            return None
        judgement = judge(
            table,
            landed.columns,
            from_sql=landed.from_sql,
            record_sql=landed.record_sql,
            excluded_ids=excluded_ids,
            first_checks=landed.first_checks,
        )
    except (FileRefusedError, duckdb.InvalidInputException):
        return None
    ends = accumulate(text.records for text in texts)
    before = {
        file_id: end - text.records
        for file_id, text, end in zip(ids, texts, ends, strict=True)
        if text.records
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
    told = count_of(
        connection,
        "select count(*) from judged_rows where verdict is not null or is_rounded",
    )
    read = _rows_by_file(connection, "")
    if told or [read.get(file_id, 0) for file_id in ids] != [text.rows for text in texts]:
        return None
    return judgement, landed.overruled


def _land_as_one(
    connection: duckdb.DuckDBPyConnection,
    files: Sequence[SmallFile],
    table: Table,
    folder: Path,
) -> LandedFile | None:
    first = files[0].file
    if first.format == "parquet":
        return read_parquets(connection, [small.file.path for small in files])
    whole = folder / f"small.{first.format}"
    write_as_one([small.text for small in files], whole)
    plain = replace(first, path=whole, is_gzip=False)
    return read_landing_file(connection, plain, table, folder)


def _rows_by_file(connection: duckdb.DuckDBPyConnection, where: str) -> dict[int, int]:
    rows = connection.execute(
        f"select placed_file, count(*) from judged_rows {where} group by placed_file"
    ).fetchall()
    return {int(file_id): int(count) for file_id, count in rows}
