"""What a run of ingest tells: where it stands, what it did, what it had to refuse.

Belongs here: the values that callers show, and their sentences. Does not belong here: doing it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from orchestration.ingest.landing_directory import IgnoredFile
from orchestration.ingest.ledger import FileResult
from orchestration.ingest.reasons import quarantine_sentence

# More sentences than this help nobody; all of them are in raw.quarantine.
_MAX_SENTENCES = 20


@dataclass(frozen=True)
class IngestProgress:
    """Where a run stands, told before each file.

    Attributes:
        files_done: files dealt with, unchanged ones included.
        files_total: files in the landing directory.
        rows_read: rows read so far.
        name: the file that comes next; empty at the end.
    """

    files_done: int
    files_total: int
    rows_read: int
    name: str


@dataclass(frozen=True)
class IngestSummary:
    """What a run did.

    Attributes:
        results: what became of each file that was new, in order.
        files_unchanged: files that the ledger knew already.
        changing: files that changed while they were read; the next run loads them.
        ignored: files that feed no table, with reasons.
        notes: sentences worth a line, for example that a torn database was rebuilt.
        problems: sentences about what was quarantined in this run, files first, then the first
            rows, then how many there are besides.
        seconds: wall time.
    """

    results: tuple[FileResult, ...]
    files_unchanged: int
    changing: tuple[str, ...]
    ignored: tuple[IgnoredFile, ...]
    notes: tuple[str, ...]
    problems: tuple[str, ...]
    seconds: float

    @property
    def rows_read(self) -> int:
        """Rows read in this run."""
        return sum(result.rows_read for result in self.results)

    @property
    def rows_loaded(self) -> int:
        """Rows loaded in this run."""
        return sum(result.rows_loaded for result in self.results)

    @property
    def rows_duplicate(self) -> int:
        """Rows of this run that were exact copies of loaded ones."""
        return sum(result.rows_duplicate for result in self.results)

    @property
    def rows_quarantined(self) -> int:
        """Rows and whole files that went to quarantine in this run."""
        return sum(result.rows_quarantined for result in self.results)


def quarantine_sentences(connection: duckdb.DuckDBPyConnection, run_id: str) -> tuple[str, ...]:
    """Return a sentence for each file, then for the first rows, that a run put in quarantine."""
    rows = connection.execute(
        """
        select
            source_file, line_number, column_name, reason, detail, count(*) over () as refused
        from raw.quarantine
        where run_id = ?
        order by detail is null, source_file, line_number, column_name, reason
        limit ?
        """,
        [run_id, _MAX_SENTENCES],
    ).fetchall()
    sentences = [
        f"{source_file}: {reason}. {detail}"
        if detail is not None
        else quarantine_sentence(source_file, line_number, column_name, reason)
        for source_file, line_number, column_name, reason, detail, _ in rows
    ]
    if rows and rows[0][-1] > len(rows):
        sentences.append(f"{rows[0][-1] - len(rows):,} more are in raw.quarantine.")
    return tuple(sentences)


def changing_sentence(name: str) -> str:
    """Say that a file is left to the next run."""
    return f"{name} was written to while it was read; the next run loads it."


def set_aside_sentence(set_aside: Mapping[str, int]) -> tuple[str, ...]:
    """Say how many rows were read and yield nothing, by reason; nothing if there are none."""
    if not any(set_aside.values()):
        return ()
    counted = ", ".join(f"{rows:,} {reason}" for reason, rows in sorted(set_aside.items()))
    return (f"{sum(set_aside.values()):,} rows were set aside: {counted}.",)
