"""`lifecycle check`: what a build would load, refuse and ignore, told in seconds.

Belongs here: ingest into a scratch state and the questions asked of it.
Does not belong here: printing, and anything that dbt would have to decide.
"""

from __future__ import annotations

import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.ingest.loader_tables import landing_of
from orchestration.ingest.quarantine import MERGED
from orchestration.ingest.raw_contract import Column, load_contract
from orchestration.ingest.run import IngestSummary, ingest
from orchestration.rules.rule_set import RuleSet, read_rules
from orchestration.settings.paths import StateDir
from orchestration.settings.request import BuildRequest
from orchestration.sql_text import text_literal

# Longer examples hide the column beside them.
_SHOWN = 40


@dataclass(frozen=True)
class ColumnReport:
    """What a contract column was filled with.

    Attributes:
        name: the contract's name.
        filled: rows in which it is filled.
        example: a value as text; empty where values are a person's.
    """

    name: str
    filled: int
    example: str


@dataclass(frozen=True)
class FileReport:
    """What became of one file in one table.

    Attributes:
        name: path below the landing directory.
        table: the contract table.
        adapter: what read it; empty for contract shape.
        loaded: rows that would be loaded.
        duplicate: exact copies.
        quarantined: rows refused.
        columns: the filled columns.
        merged: the file's columns that went to properties.
        left_out: sentences on those that went nowhere.
    """

    name: str
    table: str
    adapter: str
    loaded: int
    duplicate: int
    quarantined: int
    columns: tuple[ColumnReport, ...]
    merged: tuple[str, ...]
    left_out: tuple[str, ...]


@dataclass(frozen=True)
class CheckReport:
    """Everything that `check` tells.

    Attributes:
        summary: what ingest did, with what would stop a build.
        files: what became of each file.
        period: from when to when events and orders are, as a sentence; none without any.
    """

    summary: IngestSummary
    files: tuple[FileReport, ...]
    period: tuple[str, ...]


@contextmanager
def scratch_ingest(
    request: BuildRequest, rules: RuleSet
) -> Generator[tuple[IngestSummary, duckdb.DuckDBPyConnection]]:
    """Ingest into a state that is thrown away, and open its raw database."""
    with tempfile.TemporaryDirectory(prefix="lifecycle-check-") as folder:
        state = StateDir.at(Path(folder) / "state")
        with landing_of(request, state) as raw_dir:
            summary = ingest(
                raw_dir,
                state.root,
                run_id="check",
                excluded_ids=rules.excluded_ids,
                event_names=rules.event_names,
                sources_file=request.sources_file,
                identity_salt=request.identity_salt,
                settings=request.settings,
            )
        with duckdb.connect() as connection:
            connection.execute(
                f"attach {text_literal(str(state.raw_database))} as state (read_only)"
            )
            connection.execute("use state")
            yield summary, connection


def check(request: BuildRequest) -> CheckReport:
    """Ingest into a scratch state and report on it.

    Raises:
        LifecycleError: what would stop a build at its ingest.
    """
    with scratch_ingest(request, read_rules(request.rules_dir)) as (summary, connection):
        return CheckReport(summary, tuple(_files(connection, summary)), _period(connection))


def _files(connection: duckdb.DuckDBPyConnection, summary: IngestSummary) -> list[FileReport]:
    left_out = {(result.name, result.table): result.left_out for result in summary.results}
    rows = connection.execute(
        """
        select
            ledger.file_id, ledger.path, ledger.table_name, coalesce(sources.adapter, ''),
            ledger.rows_loaded, ledger.rows_duplicate, ledger.rows_quarantined
        from raw.ingest_files as ledger
        left join raw.source_files as sources on ledger.file_id = sources.file_id
        order by ledger.path, ledger.file_id
        """
    ).fetchall()
    return [
        FileReport(
            name=path,
            table=table,
            adapter=adapter,
            loaded=loaded,
            duplicate=duplicate,
            quarantined=quarantined,
            columns=_columns(connection, table, file_id) if loaded else (),
            merged=_merged(connection, file_id),
            left_out=left_out.get((path, table), ()),
        )
        for file_id, path, table, adapter, loaded, duplicate, quarantined in rows
    ]


def _columns(
    connection: duckdb.DuckDBPyConnection, table: str, file_id: int
) -> tuple[ColumnReport, ...]:
    columns = load_contract().table(table).columns
    asked = ", ".join(f"count({column.name}), {_example_sql(column)}" for column in columns)
    row = connection.execute(
        f"select {asked} from raw.{table} where _file_id = ?", [file_id]
    ).fetchall()[0]
    return tuple(
        ColumnReport(column.name, int(row[2 * place]), str(row[2 * place + 1] or "")[:_SHOWN])
        for place, column in enumerate(columns)
        if row[2 * place]
    )


def _example_sql(column: Column) -> str:
    """The least value: always the same one; of a person's column, or one of any keys, none."""
    if column.is_pii or column.kind == "json":
        return "null"
    return f"cast(min({column.name}) as varchar)"


def _merged(connection: duckdb.DuckDBPyConnection, file_id: int) -> tuple[str, ...]:
    rows = connection.execute(
        "select column_name from raw.schema_log where file_id = ? and action = ? order by rowid",
        [file_id, MERGED],
    ).fetchall()
    return tuple(str(row[0]) for row in rows)


def _period(connection: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    row = connection.execute(
        """
        select cast(min(happened_at) as date), cast(max(happened_at) as date)
        from (
            select occurred_at as happened_at from raw.events
            union all
            select created_at as happened_at from raw.orders
        ) as happenings
        """
    ).fetchall()[0]
    return () if row[0] is None else (f"Events and orders lie between {row[0]} and {row[1]}.",)
