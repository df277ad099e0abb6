"""A landing file that can be selected from, and the SQL that all formats share.

Belongs here: the value that readers hand to ingest, file names as inert SQL, the temporary table of
text files. Does not belong here: anything that knows one format.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.ingest.judging.values import Check, GivenColumn
from orchestration.sql_text import text_literal

LANDED = "landed_lines"


@dataclass(frozen=True)
class LandedFile:
    """A landed file that can be selected from.

    Attributes:
        columns: what the file holds, in its order.
        from_sql: relation to select from.
        record_sql: 1-based number of the row over it.
        line_sql: 1-based line over it; None if only the file itself can tell (`csv_layout`).
        raw_record_sql: the row as it was landed, as text.
        first_checks: conditions over it, judged before all others.
        declared_rows: rows that the file says it has; None if it does not say.
        refused: CSV of lines that never became rows; None if there are none.
        csv_layout: uncompressed file, delimiter and number of columns, for CSV files.
        overruled: names that do not count where another that means the same is filled, with that.
    """

    columns: tuple[GivenColumn, ...]
    from_sql: str
    record_sql: str
    line_sql: str | None
    raw_record_sql: str
    first_checks: tuple[Check, ...] = ()
    declared_rows: int | None = None
    refused: Path | None = None
    csv_layout: tuple[Path, str, int] | None = None
    overruled: tuple[tuple[str, str], ...] = ()


def path_literal(path: Path) -> str:
    """Return a path as SQL literal in which no character acts as a wildcard."""
    return text_literal(re.sub(r"[\[*?]", r"[\g<0>]", str(path)))


def as_json_object(columns: Sequence[GivenColumn]) -> str:
    """Return the expression of a row as a JSON object of texts, under the file's own names."""
    fields = ", ".join(
        f"{text_literal(column.name)}, cast({column.sql} as varchar)" for column in columns
    )
    return f"cast(json_object({fields}) as varchar)"


def create_landed_table(
    connection: duckdb.DuckDBPyConnection, path: Path, columns: Mapping[str, str], options: str
) -> None:
    """Copy a text file into a temporary table, its rows in the file's order.

    Args:
        connection: where the table is made.
        path: an uncompressed file.
        columns: name and type of each column of the file.
        options: further options of DuckDB's read_csv.

    Raises:
        duckdb.Error: a row is not as the options say; the table is then not there.
    """
    # Explicit columns and no detection: DuckDB's sniffer can drop rows without a word.
    types = ", ".join(f"'{name}': '{data_type}'" for name, data_type in columns.items())
    connection.execute(
        f"""
        create temporary table {LANDED} as
        select * from read_csv(
            {path_literal(path)}, columns = {{{types}}}, auto_detect = false,
            hive_partitioning = false, {options}
        )
        """
    )
