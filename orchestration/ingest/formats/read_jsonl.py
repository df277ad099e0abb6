"""JSON Lines landing files.

Belongs here: lines as text, the keys found in them, values by key. A line that is no JSON object is
refused like any other row. Does not belong here: what a value means.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb

from orchestration.ingest.contract import Table
from orchestration.ingest.formats.landed_file import LANDED, LandedFile, create_landed_table
from orchestration.ingest.formats.text_repair import (
    LINE_SEPARATOR,
    MAX_ROW_BYTES,
    REPAIRED_ROW_BYTES,
    repair_jsonl,
)
from orchestration.ingest.judging.values import Check, GivenColumn
from orchestration.ingest.reasons import FileRefusedError, Reason
from orchestration.sql_text import text_literal

# More keys than this at the top level are data, not columns (an id used as a key, say).
_MAX_KEYS = 500


def read_jsonl(
    connection: duckdb.DuckDBPyConnection, path: Path, table: Table, folder: Path
) -> LandedFile:
    """Make an uncompressed JSON Lines file selectable.

    Raises:
        FileRefusedError: it has more keys than a table has columns.
    """
    refused: Path | None = None
    line_sql = "rowid + 1"
    options = f"header = false, delim = '{LINE_SEPARATOR}', quote = '', escape = ''"
    try:
        create_landed_table(
            connection,
            path,
            {"text": "VARCHAR"},
            f"{options}, strict_mode = true, max_line_size = {MAX_ROW_BYTES}",
        )
    except (duckdb.InvalidInputException, duckdb.ConversionException):
        repair = repair_jsonl(path, folder)
        create_landed_table(
            connection,
            repair.good,
            {"line": "BIGINT", "text": "VARCHAR"},
            f"{options}, max_line_size = {REPAIRED_ROW_BYTES}",
        )
        line_sql = "line"
        refused = repair.refused if repair.refused_lines else None
    is_object = "json_valid(text) and json_type(text) = 'OBJECT'"
    documents = f"""(
        select {line_sql} as line, text, case when {is_object} then text end as document
        from {LANDED} where trim(text) <> ''
    )"""
    keys = [
        str(row[0])
        for row in connection.execute(
            f"select distinct unnest(json_keys(document)) as key from {documents} order by key"
        ).fetchall()
    ]
    if len(keys) > _MAX_KEYS:
        detail = (
            f"The lines have {len(keys)} different keys at the top level; put what is not a "
            "column under one key, for events under properties."
        )
        raise FileRefusedError(Reason.WRONG_TYPE, detail)
    columns, checks = _columns(keys, table)
    paths = ", ".join(text_literal("/" + key.replace("~", "~0").replace("/", "~1")) for key in keys)
    extracted = f"json_extract(document, [{paths}])" if keys else "null"
    from_sql = f"(select line, text, document, {extracted} as fields from {documents})"
    twice = "len(json_keys(document)) > list_unique(json_keys(document))"
    return LandedFile(
        columns=columns,
        from_sql=from_sql,
        record_sql="line",
        line_sql="line",
        raw_record_sql="text",
        first_checks=(
            Check("document is null", Reason.MALFORMED_ROW, None),
            Check(twice, Reason.DUPLICATE_COLUMN, None),
            *checks,
        ),
        refused=refused,
    )


def _columns(
    keys: Sequence[str], table: Table
) -> tuple[tuple[GivenColumn, ...], tuple[Check, ...]]:
    """Return a column per key, spellings of one name taken together, and checks against both."""
    spellings: dict[str, list[int]] = {}
    for number, key in enumerate(keys, start=1):
        spellings.setdefault(key.casefold(), []).append(number)
    columns: list[GivenColumn] = []
    checks: list[Check] = []
    for name, numbers in spellings.items():
        fields = [f"fields[{number}]" for number in numbers]
        value = fields[0] if len(fields) == 1 else f"coalesce({', '.join(fields)})"
        if name in table.column_names:
            # The text of a string without its quotes, of anything else as it stands.
            columns.append(GivenColumn(keys[numbers[0] - 1], f"({value} ->> '$')", "VARCHAR"))
        else:
            columns.append(GivenColumn(keys[numbers[0] - 1], value, "JSON"))
        if len(fields) > 1:
            filled = " + ".join(f"cast({field} is not null as integer)" for field in fields)
            checks.append(Check(f"{filled} > 1", Reason.DUPLICATE_COLUMN, name))
    return tuple(columns), tuple(checks)
