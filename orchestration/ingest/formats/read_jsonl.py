"""JSON Lines landing files.

Belongs here: lines as text, the keys found in them, values by key. A line that is no JSON object is
refused like any other row. Does not belong here: what a value means.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb

from orchestration.ingest.formats.json_text import is_json_text, repair_json_text
from orchestration.ingest.formats.landed_file import LANDED, LandedFile, create_landed_table
from orchestration.ingest.formats.text_repair import (
    LINE_SEPARATOR,
    MAX_ROW_BYTES,
    REPAIRED_ROW_BYTES,
    Repair,
    has_long_line,
    repair_jsonl,
)
from orchestration.ingest.judging.columns import MAX_COLUMNS, match_columns
from orchestration.ingest.judging.values import Check, GivenColumn
from orchestration.ingest.raw_contract import Table
from orchestration.ingest.reasons import FileRefusedError, Reason
from orchestration.sql_text import text_literal


def read_jsonl(
    connection: duckdb.DuckDBPyConnection, path: Path, table: Table, folder: Path
) -> LandedFile:
    """Make an uncompressed JSON Lines file selectable.

    Raises:
        FileRefusedError: it has more keys than a table has columns.
    """
    refused: Path | None = None
    record_sql, line_sql = "rowid + 1", "rowid + 1"
    options = f"header = false, delim = '{LINE_SEPARATOR}', quote = '', escape = ''"
    is_text = is_json_text(path, table.name)
    repair: Repair | None = None
    if is_text:
        repair = repair_json_text(path, table.name, folder)
    elif not _load_lines(connection, path, options):
        repair = repair_jsonl(path, folder)
    if repair is not None:
        create_landed_table(
            connection,
            repair.good,
            {"line": "BIGINT", "text": "VARCHAR"},
            f"{options}, max_line_size = {REPAIRED_ROW_BYTES}",
        )
        # Several objects of one text may begin on one line.
        record_sql, line_sql = "rowid + 1" if is_text else "line", "line"
        refused = repair.refused if repair.refused_lines else None
    is_object = "json_valid(text) and json_type(text) = 'OBJECT'"
    documents = f"""(
        select
            {record_sql} as record, {line_sql} as line, text,
            case when {is_object} then text end as document
        from {LANDED} where trim(text) <> ''
    )"""
    keys = [
        str(row[0])
        for row in connection.execute(
            f"select distinct unnest(json_keys(document)) as key from {documents} order by key"
        ).fetchall()
    ]
    if len(keys) > MAX_COLUMNS:
        detail = (
            f"The lines have {len(keys):,} different keys at the top level; put what is not a "
            "column under one key, for events under properties."
        )
        raise FileRefusedError(Reason.WRONG_TYPE, detail)
    readable = f"select 1 from {documents} where document is not null limit 1"
    if not keys and connection.execute(readable).fetchone() is None:
        # Where no line can be read no column is missing: each line is refused for itself.
        keys = list(table.column_names)
    columns, checks, overruled = _columns(keys, table)
    paths = ", ".join(text_literal("/" + key.replace("~", "~0").replace("/", "~1")) for key in keys)
    extracted = f"json_extract(document, [{paths}])" if keys else "null"
    from_sql = f"(select record, line, text, document, {extracted} as fields from {documents})"
    twice = "len(json_keys(document)) > list_unique(json_keys(document))"
    return LandedFile(
        columns=columns,
        from_sql=from_sql,
        record_sql="record",
        line_sql="line",
        raw_record_sql="text",
        first_checks=(
            Check("document is null", Reason.MALFORMED_ROW, None),
            Check(twice, Reason.DUPLICATE_COLUMN, None),
            *checks,
        ),
        refused=refused,
        overruled=overruled,
    )


def _load_lines(connection: duckdb.DuckDBPyConnection, path: Path, options: str) -> bool:
    """Load all lines in one go; return False if one of them is too long or no text."""
    if path.stat().st_size >= MAX_ROW_BYTES and has_long_line(path):
        return False
    try:
        create_landed_table(
            connection,
            path,
            {"text": "VARCHAR"},
            f"{options}, strict_mode = true, max_line_size = {MAX_ROW_BYTES}",
        )
    except (duckdb.InvalidInputException, duckdb.ConversionException):
        return False
    return True


def _columns(
    keys: Sequence[str], table: Table
) -> tuple[tuple[GivenColumn, ...], tuple[Check, ...], tuple[tuple[str, str], ...]]:
    """Return a column per key, spellings of one name taken together, and checks against both.

    Lines may spell a column differently; within one line the contract's spelling counts, which is
    returned too: the spelling that does not, and the one that does.
    """
    match = match_columns(table, keys)
    meaning = {place: name for name, places in match.positions.items() for place in places}
    spellings: dict[str, list[int]] = {}
    for places in match.positions.values():
        for place in places:
            spellings.setdefault(meaning[place], []).append(place)
    for place, key in enumerate(keys):
        if place not in meaning:
            spellings.setdefault(f" {key.casefold()}", []).append(place)
    columns: list[GivenColumn] = []
    checks: list[Check] = []
    for name, places in spellings.items():
        fields = [f"fields[{place + 1}]" for place in places]
        value = fields[0] if len(fields) == 1 else f"coalesce({', '.join(fields)})"
        if name in table.column_names:
            # The text of a string without its quotes, of anything else as it stands.
            columns.append(GivenColumn(keys[places[0]], f"({value} ->> '$')", "VARCHAR"))
        else:
            columns.append(GivenColumn(keys[places[0]], value, "JSON"))
        # Equal but for case, neither is the contract's spelling more than the other.
        alike = [
            field
            for place, field in zip(places, fields, strict=True)
            if keys[place].casefold() == keys[places[0]].casefold()
        ]
        if len(alike) > 1:
            filled = " + ".join(f"cast({field} is not null as integer)" for field in alike)
            checks.append(Check(f"{filled} > 1", Reason.DUPLICATE_COLUMN, name.strip()))
    overruled = tuple(
        (keys[place], keys[places[0]])
        for name, places in spellings.items()
        for place in places[1:]
        if name in table.column_names
    )
    return tuple(columns), tuple(checks), overruled
