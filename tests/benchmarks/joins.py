"""Joins that hold every row of one side against every row of the other.

Belongs here: finding them in what DuckDB did. Does not belong here: which of them may be.

A plan alone says little: nearly every model crosses its rows with the one row of the settings, and
what the planner expects of a side is often one row. So a query is run where the sizes of tables
leave it open, and a join counts when both its sides had many rows.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

_ROW_BY_ROW = re.compile(
    "BLOCKWISE_NL_JOIN|NESTED_LOOP_JOIN|CROSS_PRODUCT|IE_JOIN|PIECEWISE_MERGE_JOIN"
)
# What gives no row more than it takes, and joins that only choose among the rows of the left side.
_NO_MORE = {"PROJECTION", "FILTER", "WINDOW", "STREAMING_WINDOW", "ORDER_BY", "TOP_N", "LIMIT"}
_NO_MORE |= {"STREAMING_LIMIT", "PERFECT_HASH_GROUP_BY"}  # not HASH_GROUP_BY: of sets it gives more
_ONE_ROW = {"UNGROUPED_AGGREGATE", "DUMMY_SCAN"}
_CHOOSING = {"MARK", "SEMI", "ANTI"}


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
    sizes = dict(
        connection.execute(
            "select concat_ws('.', database_name, schema_name, table_name), estimated_size "
            "from duckdb_tables()"
        ).fetchall()
    )
    found: list[RowByRowJoin] = []
    for name, query in queries.items():
        ((_, text),) = connection.execute(f"explain (format json) {query}").fetchall()
        if not _ROW_BY_ROW.search(text) or not _Plan(json.loads(text)[0], sizes).joins(most_rows):
            continue
        done = connection.execute(f"explain (analyze, format json) {query}").fetchall()
        found += [join for join in _joins(name, json.loads(done[0][1])) if join.rows > most_rows]
    return found


class _Plan:
    """What a plan says for certain: more rows than it tells no side can have."""

    def __init__(self, root: Mapping[str, Any], sizes: Mapping[str, float]) -> None:
        self._root = root
        self._sizes = sizes
        self._ctes = {
            operator["extra_info"]["Table Index"]: operator["children"][0]
            for operator in _operators(root)
            if operator["name"].strip() == "CTE"
        }

    def joins(self, most_rows: int) -> bool:
        """Whether a join without an equality may have more rows than that on both sides."""
        return any(
            min(map(self._at_most, operator["children"])) > most_rows
            for operator in _operators(self._root)
            if _ROW_BY_ROW.search(operator["name"]) and len(operator["children"]) > 1
        )

    def _at_most(self, operator: Mapping[str, Any]) -> float:
        kind, sides = operator["name"].strip(), operator["children"]
        told = operator.get("extra_info", {})
        if kind in _ONE_ROW:
            return 1
        if kind == "SEQ_SCAN":
            return self._sizes.get(told.get("Table"), math.inf)
        if kind == "CTE_SCAN" and told["CTE Index"] in self._ctes:
            return self._at_most(self._ctes[told["CTE Index"]])
        if kind in _NO_MORE or told.get("Join Type") in _CHOOSING:
            return self._at_most(sides[0])
        if kind == "CROSS_PRODUCT":
            return math.prod(map(self._at_most, sides))
        if kind == "UNION":
            return sum(map(self._at_most, sides))
        return math.inf


def _operators(operator: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield operator
    for side in operator["children"]:
        yield from _operators(side)


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
