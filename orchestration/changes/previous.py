"""What a build compares itself with, placed into the working database before dbt runs.

Belongs here: the schema `previous`: the version that readers see, and what has arrived since. Does
not belong here: the comparison, which is the business of the marts `restatements` and
`rule_changes`.

Data flows one way: dbt reads a copy of a version that is finished and never changes. Marts are not
copied but read where they lie, as Parquet.
"""

from __future__ import annotations

from contextlib import closing
from datetime import date
from pathlib import Path

import duckdb

from orchestration.changes.arrivals import causes_of_rows, find_arrivals, span_between
from orchestration.changes.causes import BY_ROWS, Cause, Maker, causes_between
from orchestration.changes.version import Version, read_version
from orchestration.database_files import WORKING, open_quietly
from orchestration.errors import PublishError, first_line
from orchestration.sql_text import date_literal, identifier, text_literal

SCHEMA = "previous"
# What the models read of each; a version that lacks a column is too old to be compared with.
_KPI_CELLS = (
    "kpi, period_grain, period_start, period_end, dimension, dimension_value, value, status"
)
_INTERVALS = "framework, subject_id, valid_from, valid_to, stage, health"
_LEDGER = (
    "rules_hash, previous_rules_hash, first_build_id, as_of_date, subjects, subjects_moved, "
    "subjects_unclear, moved_share"
)


def place_previous(
    working: Path, raw: Path, version: Path | None, maker: Maker, as_of: date | None
) -> str | None:
    """Make the schema `previous` of the working database anew.

    Args:
        working: the working database; made if it is not there.
        raw: the raw database, after ingest.
        version: directory of the version that readers see; None on a first build.
        maker: what the build computes by.
        as_of: the build's as-of date, if it was told one.

    Returns:
        One sentence if the version cannot be compared with, damaged or too old as it is; a build
        is the way out of that, and so is not stopped by it.
    """
    with closing(open_quietly(working, config=WORKING)) as connection:
        _empty(connection)
        if version is None:
            return None
        try:
            before = read_version(version)
            for name, path in (("raw_db", raw), ("before", before.database)):
                connection.execute(f"attach {text_literal(str(path))} as {name} (read_only)")
            find_arrivals(connection, span_between(before, as_of))
            _place(connection, before, causes_between(before, maker, causes_of_rows(connection)))
        except (PublishError, duckdb.Error) as error:
            _empty(connection)
            return (
                f"What changed since {version.name} is not told, for it cannot be compared with "
                f"({first_line(error)})."
            )
    return None


def _empty(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(f"drop schema if exists {SCHEMA} cascade")
    connection.execute(f"create schema {SCHEMA}")


def _place(
    connection: duckdb.DuckDBPyConnection, before: Version, causes: dict[Cause, date]
) -> None:
    days = ", ".join(
        f"cast({date_literal(day) if (day := causes.get(cause)) else 'null'} as date) "
        f"as {cause}_from"
        for cause in (Cause.RULES, Cause.SETTINGS, *BY_ROWS)
    )
    connection.execute(
        f"create table {SCHEMA}.build as select {text_literal(before.build_id)} as build_id, "
        f"{text_literal(before.rules_hash)} as rules_hash, "
        f"{date_literal(before.as_of)} as as_of_date, {days}"
    )
    _show(connection, before, "kpi_values", _KPI_CELLS)
    _show(connection, before, "rule_changes", _LEDGER)
    if Cause.RULES in causes:
        # Only then is there anything to hold them against.
        _show(connection, before, "lifecycle_history", _INTERVALS)
        connection.execute(
            f"create table {SCHEMA}.touched_subjects as select subject_id from arrivals "
            "where subject_id is not null group by subject_id"
        )


def _show(connection: duckdb.DuckDBPyConnection, before: Version, mart: str, columns: str) -> None:
    path = before.path / "parquet" / f"{mart}.parquet"
    if path.is_file():
        connection.execute(
            f"create view {SCHEMA}.{identifier(mart)} as "
            f"select {columns} from read_parquet({text_literal(str(path))})"
        )
        # Read to the end, for dbt would stumble over a damaged page.
        connection.execute(f"select bit_xor(hash({columns})) from {SCHEMA}.{identifier(mart)}")
