"""CSV landing files.

Belongs here: delimiter and header, the fast way through DuckDB with proof that no row was dropped,
the slow way for files with damaged lines. Does not belong here: what a value means.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import duckdb

from orchestration.ingest.formats.landed_file import (
    LANDED,
    LandedFile,
    as_json_object,
    create_landed_table,
)
from orchestration.ingest.formats.plain_csv import plain_csv, without_backslashes
from orchestration.ingest.formats.text_repair import (
    MAX_ROW_BYTES,
    REPAIRED_ROW_BYTES,
    count_csv_rows,
    is_utf8,
    repair_csv,
)
from orchestration.ingest.judging.columns import MAX_COLUMNS, match_columns
from orchestration.ingest.judging.values import GivenColumn
from orchestration.ingest.raw_contract import Table
from orchestration.ingest.reasons import FileRefusedError, Reason
from orchestration.sql_text import text_literal

_DELIMITERS = (",", ";", "\t", "|")
# A header longer than this is no header.
_MAX_HEADER_CHARACTERS = 1 << 20


def read_csv(
    connection: duckdb.DuckDBPyConnection, path: Path, table: Table, folder: Path
) -> LandedFile:
    """Make an uncompressed CSV file selectable.

    Raises:
        FileRefusedError: its first line is no header of the table.
    """
    path, told = _plain(path, folder)
    delimiter, header = _csv_header(path, table, told)
    if len(header) > MAX_COLUMNS:
        detail = f"The file has {len(header):,} columns; at most {MAX_COLUMNS:,} can be read."
        raise FileRefusedError(Reason.WRONG_TYPE, detail, rows=count_csv_rows(path))
    names = [f"c{number}" for number in range(len(header))]
    columns = tuple(
        GivenColumn(name, column, "VARCHAR", has_decimal_comma=delimiter == ";")
        for name, column in zip(header, names, strict=True)
    )
    layout = (path, delimiter, len(header))
    raw_record = as_json_object(columns)
    if _load_csv(connection, path, delimiter, names):
        return LandedFile(columns, LANDED, "rowid + 1", None, raw_record, csv_layout=layout)
    repair = repair_csv(path, delimiter, len(header), folder)
    if repair.refused_lines and (unescaped := without_backslashes(path, folder)) is not None:
        second = folder / "unescaped"
        second.mkdir()
        other = repair_csv(unescaped, delimiter, len(header), second)
        if other.refused_lines < repair.refused_lines:
            repair = other
    create_landed_table(
        connection,
        repair.good,
        {"record": "BIGINT", "line": "BIGINT"} | dict.fromkeys(names, "VARCHAR"),
        f"""header = false, delim = ',', quote = '"', escape = '"',
        max_line_size = {REPAIRED_ROW_BYTES}""",
    )
    refused = repair.refused if repair.refused_lines else None
    return LandedFile(
        columns, LANDED, "record", "line", raw_record, refused=refused, csv_layout=layout
    )


def _load_csv(
    connection: duckdb.DuckDBPyConnection, path: Path, delimiter: str, names: Sequence[str]
) -> bool:
    """Load a CSV file in one go; return False if any row of it is not as it should be."""
    with path.open("rb") as source:
        rows = count_rows(source)
    if rows is None:
        return False
    try:
        create_landed_table(
            connection,
            path,
            dict.fromkeys(names, "VARCHAR"),
            f"""header = true, delim = {text_literal(delimiter)}, quote = '"', escape = '"',
            strict_mode = true, null_padding = false, max_line_size = {MAX_ROW_BYTES}""",
        )
    except (duckdb.InvalidInputException, duckdb.ConversionException):
        return False
    loaded = connection.execute(f"select count(*) from {LANDED}").fetchone()
    # A reader that drops a row without a word, or takes a blank first line for the header, is
    # caught here.
    if loaded != (rows,):
        connection.execute(f"drop table {LANDED}")
        return False
    return True


def _plain(path: Path, folder: Path) -> tuple[Path, str | None]:
    try:
        return plain_csv(path, folder)
    except UnicodeError as error:
        detail = "The file begins as UTF-16 and is none; save it as UTF-8 CSV."
        raise FileRefusedError(Reason.UNREADABLE_FILE, detail) from error


def _csv_header(path: Path, table: Table, told: str | None) -> tuple[str, list[str]]:
    """Return the delimiter under which most column names are known, and the names."""
    first = ""
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as source:
        while not first.strip("\r\n"):
            first = source.readline(_MAX_HEADER_CHARACTERS)
    if "\0" in first or not is_utf8(first):
        detail = "The first line is not UTF-8 text (Latin-1?); save the file as UTF-8 CSV."
        raise FileRefusedError(Reason.UNREADABLE_FILE, detail, rows=count_csv_rows(path))
    best: tuple[int, str, list[str]] | None = None
    for delimiter in (told,) if told else _DELIMITERS:
        try:
            fields = next(csv.reader([first], delimiter=delimiter, skipinitialspace=True))
        except (csv.Error, StopIteration):
            continue
        names = [field.strip() for field in fields]
        known = len(match_columns(table, names).positions)
        if best is None or known > best[0]:
            best = (known, delimiter, names)
    if best is None or best[0] == 0:
        # What stands there instead may be a person's data, and is not repeated.
        detail = (
            f"The first line names no column of {table.name}; the first line of a CSV file must "
            "hold the column names, parted by comma, semicolon, tab or bar."
        )
        raise FileRefusedError(Reason.MISSING_COLUMN, detail, rows=count_csv_rows(path) + 1)
    _, delimiter, names = best
    return delimiter, [name or f"column_{number}" for number, name in enumerate(names, start=1)]


def count_rows(source: BinaryIO) -> int | None:
    """Count the rows behind the header; None if a row is too long or a quote does not close.

    A row ends at the line end before which all quotes are closed: a doubled quote closes and opens
    again, so counting them is enough.
    """
    rows = quotes = size = 0
    while line := source.readline(MAX_ROW_BYTES):
        size += len(line)
        if size >= MAX_ROW_BYTES:
            return None
        quotes += line.count(b'"')
        if quotes % 2 == 0:
            rows += size > 2 or bool(line.strip(b"\r\n"))
            size = 0
    return rows - 1 if quotes % 2 == 0 else None
