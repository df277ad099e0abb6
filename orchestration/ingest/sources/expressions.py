"""Expressions that a user writes into sources.yml: one scalar over the columns of one file.

Belongs here: parsing them and refusing whatever could read anything else than the row.
Does not belong here: where they are written and what is done with the result.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache

import duckdb
import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from orchestration.errors import nearest, shown
from orchestration.ingest.column_names import fold_name

# Columns that every landed relation has beside those of the file.
RECORD = "record"
COPY_NUMBER = "copy_number"
ROW_COLUMNS = (RECORD, COPY_NUMBER)
# Nodes that can stand in an expression of one row; anything else is refused by name.
_REFUSED = (
    exp.Query,
    exp.Subquery,
    exp.Table,
    exp.Window,
    exp.AggFunc,
    exp.Star,
    exp.Placeholder,
    exp.Parameter,
    exp.Command,
    exp.Lambda,
)
# What the parser calls functions although SQL has words of its own for it.
_REACHING_IN = (exp.JSONExtract, exp.JSONExtractScalar)
_SYNTAX = (
    exp.Cast, exp.Case, exp.If, exp.Connector, exp.Coalesce, exp.Extract, *_REACHING_IN,
)  # fmt: skip


class ExpressionError(ValueError):
    """The expression is not one scalar over the file's columns; the message ends a sentence."""


def read_expression(text: str, columns: Collection[str]) -> str:
    """Return a checked expression as SQL over the folded columns of a file.

    Args:
        text: what stands behind the equals sign.
        columns: folded names that it may use, `ROW_COLUMNS` included.

    Raises:
        ExpressionError: says what is not accepted.
    """
    tree = _parsed(text)
    for node in tree.walk():
        if isinstance(node, _REFUSED):
            raise ExpressionError(
                f"may not hold {shown(node.sql('duckdb'))}, only values of the row"
            )
        if isinstance(node, exp.Func):
            _check_function(node)
    for column in tree.find_all(exp.Column):
        name = fold_name(column.name)
        if column.table or name not in columns:
            hint = nearest(name, columns)
            raise ExpressionError(f"names {shown(column.name)}, which the file lacks{hint}")
        column.replace(exp.column(name, quoted=True))
    for reaching in tree.find_all(*_REACHING_IN):
        # Of a text that is no JSON nothing is taken; DuckDB would stop.
        text = reaching.this.sql("duckdb")
        guarded = f"(case when json_valid({text}) then {text} end)"
        reaching.set("this", sqlglot.parse_one(guarded, read="duckdb"))
    return tree.sql("duckdb")


def _parsed(text: str) -> exp.Paren:
    try:
        statements = sqlglot.parse(f"select {text}", read="duckdb")
    except SqlglotError as error:
        raise ExpressionError("cannot be read as SQL") from error
    tree = statements[0] if len(statements) == 1 else None
    if not isinstance(tree, exp.Select) or len(tree.expressions) != 1:
        raise ExpressionError("must be one expression")
    if any(value for key, value in tree.args.items() if key != "expressions"):
        raise ExpressionError("must be one expression, without clauses")
    found = tree.expressions[0]
    if isinstance(found, exp.Alias):
        raise ExpressionError("must have no alias")
    # A node of its own, so that the expression itself can be replaced.
    return exp.Paren(this=found.copy())


def _check_function(node: exp.Func) -> None:
    if isinstance(node, _SYNTAX):
        return
    name = node.name if isinstance(node, exp.Anonymous) else node.sql("duckdb").split("(")[0]
    if name.casefold() not in _pure_functions():
        hint = nearest(name.casefold(), _pure_functions(), cutoff=0.7)
        raise ExpressionError(f"calls {shown(name)}, which is no function of values{hint}")


@cache
def _pure_functions() -> frozenset[str]:
    """Functions of DuckDB that depend on their arguments alone."""
    with duckdb.connect() as connection:
        rows: list[tuple[str]] = connection.execute(
            "select distinct function_name from duckdb_functions() "
            "where function_type = 'scalar' and stability = 'CONSISTENT'"
        ).fetchall()
    # Of these the arguments alone do not decide what comes back.
    denied = ("getenv", "current_", "getvariable", "error", "query", "in_search_path")
    pure = {name for (name,) in rows if not name.startswith(denied)}
    # Macros of DuckDB's own, made of the others.
    return frozenset(pure | {"nullif", "split_part"})
