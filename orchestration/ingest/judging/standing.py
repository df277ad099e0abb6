"""Which texts of a file stand as they are: judging would neither refuse nor change any value.

Belongs here: the proof. It asks the judgement itself, of one column at a time and of each value
once, so that nothing is said twice. Texts repeat, and are what is dear to judge.
Does not belong here: what is made of it, numbers and times.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import duckdb

from orchestration.ingest.judging.columns import match_columns
from orchestration.ingest.judging.rows import judge
from orchestration.ingest.judging.values import GivenColumn, as_it_stands, family_of
from orchestration.ingest.raw_contract import Column, Table

# Judging so many takes less than asking.
_FEW_ROWS = 20_000


def standing_columns(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    given: Sequence[GivenColumn],
    *,
    from_sql: str,
    excluded_ids: Collection[str],
    rows: int | None,
) -> frozenset[str]:
    """Return the table's columns that are texts in a file and all of whose values stand.

    A column that must be filled stands only if it is filled in every row.

    Args:
        connection: where the file can be selected from.
        table: the raw table.
        given: the file's columns, which the table has been found to accept.
        from_sql: relation to select from.
        excluded_ids: lower-case ids that count as empty.
        rows: how many rows it has; None of a text, whose values have to be read in any case.
    """
    if rows is None or rows < _FEW_ROWS:
        return frozenset()
    positions = match_columns(table, [column.name for column in given]).positions
    proofs = {
        column.name: _otherwise(table, column, source, from_sql, excluded_ids)
        for column in table.columns
        if column.name in positions
        and family_of((source := given[positions[column.name][0]]).data_type) == "text"
    }
    if not proofs:
        return frozenset()
    selected = ", ".join(f"not exists ({proof})" for proof in proofs.values())
    answers = connection.execute(f"select {selected}").fetchall()[0]
    return frozenset(name for name, stands in zip(proofs, answers, strict=True) if stands)


def _otherwise(
    table: Table,
    column: Column,
    source: GivenColumn,
    from_sql: str,
    excluded_ids: Collection[str],
) -> str:
    """Return the select of a column's values that judging refuses, rounds or changes."""
    # A key does not repeat.
    distinct = "" if column.name in table.primary_key else "distinct"
    # Empty stays empty, unless it is refused or filled.
    may_be_empty = not column.required and column.default is None
    values = (
        f"select {distinct} {source.sql} as landed_value from {from_sql} "
        f"{f'where {source.sql} is not null' if may_be_empty else ''}"
    )
    value = replace(source, name=column.name, sql="landed_value")
    alone = replace(
        table,
        columns=(column,),
        primary_key=(column.name,),
        one_of=(),
        merges_extra_columns=table.merges_extra_columns and column.name == "properties",
    )
    judgement = judge(
        alone,
        [value],
        from_sql=f"({values}) as landed_values",
        record_sql=as_it_stands(column, value),
        excluded_ids=excluded_ids,
    )
    return (
        f"select 1 from ({judgement.sql}) as judged "
        f"where verdict is not null or is_rounded or record is distinct from {column.name}"
    )
