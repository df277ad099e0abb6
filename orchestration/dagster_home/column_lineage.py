"""Which columns of its parents a column of a model is computed from, read from the compiled SQL.

Belongs here: the tracing, by sqlglot, of one query or of all models of a run. Does not belong here:
how Dagster shows it (`dbt_events`).

Lineage is of values: the columns that an expression names, windows and filters of aggregates
included, through every CTE; what only joins or filters rows is left out. It is never guessed: a
column counts as unknown unless each of its traces ends in a constant or in a column that a parent
of the model really has.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

# A table as database, schema and name, and its columns with their types.
Relation = tuple[str, str, str]
Tables = Mapping[Relation, Mapping[str, str]]

_DIALECT = "duckdb"
# 170 models take two seconds; a pathological one must not hold up a build.
MOST_SECONDS = 30.0


@dataclass(frozen=True)
class Source:
    """A column of a parent.

    Attributes:
        node: unique id of the parent, a model, seed or source.
        column: its column.
    """

    node: str
    column: str


@dataclass(frozen=True)
class Lineage:
    """Where the columns of one model come from.

    Attributes:
        sources: by column; a column of constants has none.
        unknown: columns whose traces ended nowhere.
        problem: why nothing is known at all, one sentence; else blank.
    """

    sources: Mapping[str, Sequence[Source]] = field(default_factory=dict[str, Sequence[Source]])
    unknown: tuple[str, ...] = ()
    problem: str = ""


def trace_models(
    manifest: Mapping[str, Any], tables: Tables, most_seconds: float = MOST_SECONDS
) -> dict[str, Lineage]:
    """Return the lineage of every model with compiled SQL, by unique id."""
    deadline = time.monotonic() + most_seconds
    relations = {
        unique_id: relation_of(node)
        for nodes in (manifest.get("nodes", {}), manifest.get("sources", {}))
        for unique_id, node in nodes.items()
    }
    found: dict[str, Lineage] = {}
    for unique_id, node in manifest.get("nodes", {}).items():
        if node["resource_type"] != "model" or not node.get("compiled_code"):
            continue
        if node.get("language") == "python":
            found[unique_id] = Lineage(problem="It is computed by Python, which is not traced.")
            continue
        if time.monotonic() > deadline:
            found[unique_id] = Lineage(problem="There was no time left to trace it.")
            continue
        parents = {relations[parent]: parent for parent in node["depends_on"]["nodes"]}
        columns = tables.get(relations[unique_id], {})
        found[unique_id] = trace(str(node["compiled_code"]), columns, parents, tables)
    return found


def relation_of(node: Mapping[str, Any]) -> Relation:
    """Return the table that a node of a manifest is."""
    name = node.get("alias") or node.get("identifier") or node["name"]
    return (str(node["database"]), str(node["schema"]), str(name))


def trace(
    sql: str, columns: Mapping[str, str], parents: Mapping[Relation, str], tables: Tables
) -> Lineage:
    """Return the lineage of one query.

    Args:
        sql: the query, every table written with database and schema.
        columns: what it makes, as the database says.
        parents: unique id by table that the query may read.
        tables: columns of all tables, those of the parents included.
    """
    # The import takes a quarter of a second, which only a finished build has to spare.
    from sqlglot.errors import SqlglotError

    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    known = {parent: tables[parent] for parent in parents if parent in tables}
    try:
        return _trace(sql, columns, parents, known)
    except (SqlglotError, AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        return Lineage(problem=f"sqlglot cannot read it ({type(error).__name__}).")


def _trace(
    sql: str, columns: Mapping[str, str], parents: Mapping[Relation, str], known: Tables
) -> Lineage:
    from sqlglot import exp, parse_one
    from sqlglot.lineage import lineage  # pyright: ignore[reportUnknownVariableType]
    from sqlglot.optimizer.qualify import qualify
    from sqlglot.optimizer.scope import build_scope

    schema: dict[str, Any] = {}
    for (database, schema_name, table), types in known.items():
        schema.setdefault(database, {}).setdefault(schema_name, {})[table] = dict(types)
    parsed = parse_one(sql, dialect=_DIALECT)
    # Matched by position where DuckDB matches by name, and counted as one column.
    misread = [*parsed.find_all(exp.Columns, exp.Pivot)]
    misread += [union for union in parsed.find_all(exp.SetOperation) if union.args.get("by_name")]
    if misread:
        return Lineage(problem=f"sqlglot misreads {type(misread[0]).__name__} by name.")
    query = qualify(
        parsed,
        schema=schema,
        dialect=_DIALECT,
        validate_qualify_columns=False,
        identify=False,
    )
    if not isinstance(query, exp.Query) or set(query.named_selects) != set(columns):
        return Lineage(problem="sqlglot reads other columns than the table has.")
    scope = build_scope(query)
    # Its types ask for a schema, which a query with its scope does not need.
    trace_column = cast("Callable[..., Any]", lineage)
    sources: dict[str, Sequence[Source]] = {}
    unknown: list[str] = []
    for column in columns:
        root = trace_column(
            column, query, None, scope=scope, dialect=_DIALECT, trim_selects=False, copy=False
        )
        found: set[Source | None] = set()
        for node in root.walk():
            if not node.downstream:
                found |= set(_ends(node, parents, known))
        if None in found:
            unknown.append(column)
        else:
            ends = [source for source in found if source is not None]
            sources[column] = sorted(ends, key=lambda source: (source.node, source.column))
    return Lineage(sources, tuple(unknown))


def _ends(leaf: Any, parents: Mapping[Relation, str], known: Tables) -> Iterator[Source | None]:
    """Yield the column that a trace ends in, nothing for a constant, None for nowhere."""
    from sqlglot import exp

    end = leaf.expression
    if isinstance(end, exp.Table):
        relation = (end.catalog, end.db, end.name)
        column = str(leaf.name).rpartition(".")[2].strip('"')
        is_real = relation in parents and column in known.get(relation, {})
        yield Source(parents[relation], column) if is_real else None
    elif isinstance(end, exp.Placeholder) or any(
        # Counting rows names no column.
        not isinstance(part.parent, exp.Count)
        for part in end.find_all(exp.Column, exp.Star)
    ):
        yield None
