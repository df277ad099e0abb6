"""What a run of ingest tells: where it stands, what it did, what it had to refuse.

Belongs here: the values that callers show, and their sentences. Does not belong here: doing it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, cast

import duckdb

from orchestration.errors import nearest, sentence, shown
from orchestration.ingest.column_names import fold_name
from orchestration.ingest.judging.columns import match_columns, meant
from orchestration.ingest.judging.rows import Judgement
from orchestration.ingest.landing_directory import IgnoredFile, LandingFile
from orchestration.ingest.ledger import FileResult
from orchestration.ingest.raw_contract import Column, Contract, Table
from orchestration.ingest.reasons import Reason, quarantine_sentence
from orchestration.safe_json import parsed as parsed_json

# More sentences than this help nobody; all of them are in raw.quarantine.
_MAX_SENTENCES = 20
_MAX_NAMES = 20
# Of addresses and the like nobody asks which.
_MAX_PERSONAL = 5
_QUARANTINED = "table_name, source_file, line_number, column_name, reason, detail, raw_record"


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
        stops: sentences that say why a build on these rows would be wrong or come to nothing.
        seconds: wall time.
    """

    results: tuple[FileResult, ...]
    files_unchanged: int
    changing: tuple[str, ...]
    ignored: tuple[IgnoredFile, ...]
    notes: tuple[str, ...]
    problems: tuple[str, ...]
    stops: tuple[str, ...]
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
    def rows_set_aside(self) -> int:
        """Rows of this run that are none of their table's."""
        return sum(result.rows_set_aside for result in self.results)

    @property
    def rows_quarantined(self) -> int:
        """Rows and whole files that went to quarantine in this run."""
        return sum(result.rows_quarantined for result in self.results)


def quarantine_sentences(
    connection: duckdb.DuckDBPyConnection, run_id: str, contract: Contract
) -> tuple[str, ...]:
    """Return a sentence for each file, then for the first rows, that a run put in quarantine."""
    rows = connection.execute(
        f"""
        select {_QUARANTINED}, count(*) over () as refused
        from raw.quarantine
        where run_id = ?
        order by detail is null, source_file, line_number, column_name, reason
        limit ?
        """,
        [run_id, _MAX_SENTENCES],
    ).fetchall()
    sentences = [_refusal_sentence(contract, *row[:-1]) for row in rows]
    if rows and rows[0][-1] > len(rows):
        sentences.append(f"{rows[0][-1] - len(rows):,} more are in raw.quarantine.")
    return tuple(sentences)


def stop_sentences(
    connection: duckdb.DuckDBPyConnection,
    names: Collection[str],
    contract: Contract,
    max_refused_share: float,
) -> tuple[str, ...]:
    """Return a sentence for each file that lies there of which too much was refused.

    A file that was mended or taken away stops nothing; one that still lies there stops every build.
    """
    rows = connection.execute(
        f"""
        with latest_files as (
            select *
            from raw.ingest_files
            qualify row_number() over (partition by table_name, path order by file_id desc) = 1
        ),

        refused_files as (
            select
                file_id, path, status, rows_quarantined as refused,
                rows_read - rows_set_aside as yielding
            from latest_files
            where
                rows_quarantined > $share * (rows_read - rows_set_aside)
                or (
                    table_name in ('events', 'orders')
                    and rows_quarantined > 0
                    and rows_loaded + rows_duplicate = 0
                )
        ),

        first_refusals as (
            select file_id, {_QUARANTINED}
            from raw.quarantine
            where file_id in (select file_id from refused_files)
            qualify row_number() over (partition by file_id order by line_number, column_name) = 1
        )

        select files.path, files.status, files.refused, files.yielding, refusals.* exclude (file_id)
        from refused_files as files
        inner join first_refusals as refusals on files.file_id = refusals.file_id
        order by files.path, files.file_id
        """,
        {"share": max_refused_share},
    ).fetchall()
    told: list[str] = []
    for path, status, refused, yielding, *refusal in rows:
        if path not in names:
            continue
        why = _refusal_sentence(contract, *refusal)
        if status == "loaded":
            told.append(
                f"{path}: {refused:,} of {yielding:,} rows were refused, more than may be; mend "
                "the file, take it away, or allow it with --var max_refused_share. The first: "
                f"{why}"
            )
        else:
            told.append(f"The file was refused as a whole; mend it or take it away. {why}")
    return tuple(told)


def source_column_notes(
    name: str, adapter: str, table: Table, unknown: Sequence[str], personal: Sequence[str]
) -> tuple[str, ...]:
    """Return a sentence for the columns of a file in another shape that were not loaded."""
    told: list[str] = []
    if unknown:
        # Two tables of a tool may have columns of one name, which is no slip.
        hints = {
            one: "" if fold_name(one) in table.column_names else meant(one, table)
            for one in unknown[:_MAX_NAMES]
        }
        hinted = [f"{shown(one)}{_in_brackets(hint)}" for one, hint in hints.items()]
        more = f" and {len(unknown) - _MAX_NAMES:,} more" if len(unknown) > _MAX_NAMES else ""
        told.append(
            f"{name}: columns that {adapter} does not read were not loaded: "
            f"{', '.join(hinted)}{more}."
        )
    return (*told, *_personal_note(name, personal))


def column_notes(
    file: LandingFile, judgement: Judgement, overruled: Sequence[tuple[str, str]] = ()
) -> tuple[str, ...]:
    """Return a sentence for each thing worth knowing about which columns were loaded as what."""
    told: list[str] = []
    if judgement.read_as:
        pairs = ", ".join(f"{shown(name)} as {column}" for name, column in judgement.read_as)
        told.append(f"{file.name}: read {pairs}.")
    if overruled := (*judgement.overruled, *overruled):
        pairs = ", ".join(
            f"{shown(name)} does not count beside {shown(counting)}" for name, counting in overruled
        )
        told.append(f"{file.name}: {pairs}.")
    return tuple(told)


def left_out_notes(file: LandingFile, table: Table, judgement: Judgement) -> tuple[str, ...]:
    """Return a sentence for the columns of a file that its table does not have."""
    told: list[str] = []
    names = [column.name for column in judgement.extra_columns]
    hints = {name: meant(name, table) for name in names}
    if table.merges_extra_columns:
        names = [name for name in names if hints[name]]
    if names:
        listed = ", ".join(
            f"{shown(name)}{_in_brackets(hints[name])}" for name in names[:_MAX_NAMES]
        )
        more = f" and {len(names) - _MAX_NAMES:,} more" if len(names) > _MAX_NAMES else ""
        became = "went to properties" if table.merges_extra_columns else "were not loaded"
        told.append(
            f"{file.name}: columns that {table.name} does not have {became}: {listed}{more}."
        )
    return (*told, *_personal_note(file.name, judgement.personal_columns))


def _personal_note(name: str, personal: Sequence[str]) -> tuple[str, ...]:
    if not personal:
        return ()
    more = f" and {len(personal) - _MAX_PERSONAL:,} more" if len(personal) > _MAX_PERSONAL else ""
    listed = ", ".join(map(shown, personal[:_MAX_PERSONAL]))
    return (f"{name}: not kept, since it is personal: {listed}{more}.",)


def _in_brackets(hint: str) -> str:
    return f" ({hint.removeprefix('; ')})" if hint else ""


def _refusal_sentence(
    contract: Contract,
    table_name: str,
    source_file: str,
    line_number: int | None,
    column_name: str | None,
    reason: str,
    detail: str | None,
    raw_record: str | None,
) -> str:
    if detail is not None:
        return f"{source_file}: {reason}. {detail}"
    said = quarantine_sentence(source_file, line_number, column_name, reason)
    if column_name is None or column_name not in contract.table(table_name).column_names:
        return said
    column = contract.table(table_name).column(column_name)
    value = None if column.is_pii else _value_of(contract.table(table_name), column, raw_record)
    if value:
        said = f"{said.removesuffix('.')} but {shown(value)}."
    if column.accepted_values:
        hint = nearest(value or "", column.accepted_values).removeprefix("; d")
        said += f" Accepted are {', '.join(column.accepted_values)}."
        said += f" D{hint}" if hint and value else ""
    elif reason == Reason.OUT_OF_RANGE.value:
        said += _bounds(column)
    return said


def _bounds(column: Column) -> str:
    bounds = [f"at least {column.minimum}"] if column.minimum is not None else []
    bounds += [f"more than {column.greater_than}"] if column.greater_than is not None else []
    bounds += [f"at most {int(column.maximum):,}"] if column.maximum is not None else []
    return f" It must be {' and '.join(bounds)}." if bounds else ""


def _value_of(table: Table, column: Column, raw_record: str | None) -> str | None:
    """The refused value as the file has it; None where it may be an address or cannot be told."""
    try:
        record: Any = parsed_json(raw_record or "")
    except ValueError:
        return None
    if not isinstance(record, dict):
        return None
    values = cast("dict[str, Any]", record)
    names = list(values)
    places = match_columns(table, names).positions.get(column.name, ())
    found = [values[names[place]] for place in places if values[names[place]] not in (None, "")]
    text = str(found[0]) if found else ""
    return None if "@" in text else text


def changing_sentence(name: str) -> str:
    """Say that a file is left to the next run."""
    return f"{name} was written to while it was read; the next run loads it."


def ignored_sentences(ignored: Sequence[IgnoredFile]) -> tuple[str, ...]:
    """Say of each file that feeds nothing why it does not, the first ones by name."""
    told = [f"{shown(entry.name)} is ignored because {entry.reason}" for entry in ignored]
    if len(told) > _MAX_NAMES:
        told[_MAX_NAMES:] = [f"{len(told) - _MAX_NAMES:,} more files are ignored"]
    return tuple(sentence(text) for text in told)


def set_aside_sentence(connection: duckdb.DuckDBPyConnection, run_id: str) -> tuple[str, ...]:
    """Say how many rows of a run yield nothing, by reason; nothing if there are none."""
    rows = connection.execute(
        """
        select set_aside.reason, sum(set_aside.rows)::bigint
        from raw.set_aside as set_aside
        inner join raw.ingest_files as files on set_aside.file_id = files.file_id
        where files.run_id = ?
        group by set_aside.reason
        order by set_aside.reason
        """,
        [run_id],
    ).fetchall()
    if not rows:
        return ()
    counted = ", ".join(f"{count:,} {reason}" for reason, count in rows)
    return (f"{sum(count for _, count in rows):,} rows were set aside: {counted}.",)
