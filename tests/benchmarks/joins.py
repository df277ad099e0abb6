"""Joins that hold every row of one side against every row of the other.

Belongs here: finding them in what DuckDB did. Does not belong here: which of them may be.

A plan alone says little: nearly every model crosses its rows with the one row of the settings, and
what the planner expects of a side is often one row. So the queries are run, and a join counts when
both its sides had many rows.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

_ROW_BY_ROW = re.compile(
    "BLOCKWISE_NL_JOIN|NESTED_LOOP_JOIN|CROSS_PRODUCT|IE_JOIN|PIECEWISE_MERGE_JOIN"
)


@dataclass(frozen=True)
class RowByRowJoin:
    """One join without an equality.

    Attributes:
        query: the name of the query.
        kind: DuckDB's word for how it joins.
        rows: the rows of the smaller side.
        condition: what it compares.
    """

    query: str
    kind: str
    rows: int
    condition: str

    def told(self) -> str:
        """Return a line for people."""
        return f"{self.query}: {self.kind} of {self.rows:,} rows or more a side, {self.condition}"


def row_by_row_joins(
    connection: duckdb.DuckDBPyConnection, queries: Mapping[str, str], most_rows: int
) -> list[RowByRowJoin]:
    """Run the queries; return the joins without an equality whose sides both exceed `most_rows`."""
    found: list[RowByRowJoin] = []
    for name, query in queries.items():
        planned = connection.execute(f"explain (format json) {query}").fetchall()
        if not _ROW_BY_ROW.search(planned[0][1]):
            continue
        done = connection.execute(f"explain (analyze, format json) {query}").fetchall()
        found += [join for join in _joins(name, json.loads(done[0][1])) if join.rows > most_rows]
    return found


def _joins(query: str, operator: Mapping[str, Any]) -> Iterator[RowByRowJoin]:
    kind = str(operator.get("operator_type") or operator.get("operator_name") or "").strip()
    sides = operator.get("children", [])
    if _ROW_BY_ROW.search(kind) and len(sides) > 1:
        told = operator.get("extra_info", {})
        condition = str(told.get("Conditions") or told.get("Condition") or "everything")
        rows = min(int(side.get("operator_cardinality", 0)) for side in sides)
        yield RowByRowJoin(query, kind, rows, condition[:200])
    for side in sides:
        yield from _joins(query, side)
