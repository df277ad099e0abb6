"""Parquet landing files.

Belongs here: columns as the file's own schema has them, and finding out what is wrong with a file.
Does not belong here: what a value means.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import duckdb

from orchestration.ingest.formats.landed_file import (
    LANDED,
    LandedFile,
    as_json_object,
    path_literal,
)
from orchestration.ingest.judging.values import GivenColumn
from orchestration.ingest.reasons import FileRefusedError, Reason
from orchestration.sql_text import identifier

# What DuckDB calls the numbers of files and rows; the rows of a file are fewer than this has bits.
_NUMBERS = {"file_index", "file_row_number"}
_ROW_BITS = 40


def read_parquet(connection: duckdb.DuckDBPyConnection, path: Path) -> LandedFile:
    """Make a Parquet file selectable.

    Raises:
        duckdb.Error: its footer cannot be read; `parquet_error` says why.
        FileRefusedError: its schema contradicts itself.
    """
    relation = _parquet_relation(path)
    described = connection.execute(f"describe from {relation}").fetchall()
    literal = path_literal(path)
    declared = connection.execute(
        f"select num_rows from parquet_file_metadata({literal})"
    ).fetchone()
    schema = connection.execute(
        f"select name, num_children from parquet_schema({literal})"
    ).fetchall()
    try:
        # DuckDB renames the second of two equal names; the schema has both as they are.
        columns = tuple(
            GivenColumn(name, identifier(row[0]), row[1])
            for name, row in zip(top_level_names(schema), described, strict=True)
        )
    except (ValueError, IndexError, RecursionError) as error:
        detail = "The schema of the Parquet file contradicts itself; deliver it again."
        raise FileRefusedError(Reason.UNREADABLE_FILE, detail) from error
    numbered = _parquet_relation(path, options=", file_row_number = true")
    record = "file_row_number + 1"
    if any(column.name.casefold() == "file_row_number" for column in columns):
        connection.execute(f"create temporary table {LANDED} as select * from {relation}")
        numbered, record = LANDED, "rowid + 1"
    return LandedFile(
        columns=columns,
        from_sql=numbered,
        record_sql=record,
        line_sql=record,
        raw_record_sql=as_json_object(columns),
        declared_rows=None if declared is None else int(declared[0]),
    )


def parquet_shape(
    connection: duckdb.DuckDBPyConnection, path: Path
) -> tuple[tuple[str, ...], int] | None:
    """Return the schema of a file, as one text per column, and how many rows it has.

    None if it cannot be asked, or has a column that would hide the numbers of its rows.
    """
    literal = path_literal(path)
    try:
        schema = connection.execute(
            "select name, type, type_length, repetition_type, num_children, converted_type, scale, "
            f"precision, logical_type from parquet_schema({literal})"
        ).fetchall()
        rows = connection.execute(
            f"select sum(num_rows) from parquet_file_metadata({literal})"
        ).fetchall()[0][0]
    except duckdb.Error:
        return None
    if rows is None or {str(row[0]).casefold() for row in schema} & _NUMBERS:
        return None
    # The root is called as its writer likes.
    return tuple(map(str, schema[1:])), int(rows)


def read_parquets(
    connection: duckdb.DuckDBPyConnection, paths: Sequence[Path], declared_rows: int
) -> LandedFile:
    """Make files of one schema selectable as one; `file_and_row` takes their records apart."""
    first = read_parquet(connection, paths[0])
    return replace(
        first,
        from_sql=_parquet_relation(*paths, options=", file_row_number = true"),
        record_sql=f"(file_index << {_ROW_BITS}) + file_row_number + 1",
        declared_rows=declared_rows,
    )


def file_and_row(record: str) -> tuple[str, str]:
    """Return the 0-based number of the file that a record of `read_parquets` is of, and its row."""
    return f"({record} >> {_ROW_BITS})", f"({record} & {(1 << _ROW_BITS) - 1})"


def parquet_error(path: Path) -> str | None:
    """Read every value of a Parquet file; return what is wrong with it, None if nothing is."""
    with duckdb.connect(config={"threads": 1}) as connection:
        try:
            # All that read_parquet asks, then every value.
            read_parquet(connection, path)
            relation = _parquet_relation(path)
            names = [row[0] for row in connection.execute(f"describe from {relation}").fetchall()]
            # The names are as DuckDB gave them, so they are unique here.
            columns = ", ".join(identifier(name) for name in names)
            connection.execute(f"select max(hash({columns})) from {relation}").fetchall()
        except duckdb.Error as error:
            return str(error).splitlines()[0].replace(str(path), path.name)[:500]
        except FileRefusedError as error:
            return str(error)
    return None


def _parquet_relation(*paths: Path, options: str = "") -> str:
    # Old Spark and Impala write text as plain bytes. A folder called month=2024-03 is no column.
    fixed = "binary_as_string = true, hive_partitioning = false"
    listed = ", ".join(map(path_literal, paths))
    return f"read_parquet([{listed}], {fixed}{options})"


def top_level_names(schema: Sequence[tuple[str, int | None]]) -> list[str]:
    """Return the names of the root's children from the depth-first listing of a schema."""

    def end_of(position: int) -> int:
        end = position + 1
        for _ in range(schema[position][1] or 0):
            end = end_of(end)
        return end

    names: list[str] = []
    position = 1
    for _ in range(schema[0][1] or 0):
        names.append(schema[position][0])
        position = end_of(position)
    return names
