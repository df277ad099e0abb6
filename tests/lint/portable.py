"""The SQL outside dispatched macros is SQL that Spark reads as well.

Belongs here: what both engines know, and the judgement of compiled models by it. Does not belong
here: how dispatched macros are hidden while dbt compiles (`opaque_project`).

Words are allowed one by one (shared_sql.toml), so that a function nobody thought of is refused
until somebody has looked it up. Types of values are not judged: `date - date` is a number on DuckDB
and an interval on Spark, and both parse it.

    python -m tests.lint.portable MANIFEST
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import ParseError, TokenError

from tests.lint.opaque_project import CLOSE, NEXT, OPEN
from tests.lint.verdict import conclude, manifest

HIDDEN = "dispatched_"
_MARK = re.compile(f"{OPEN}([^{OPEN}{CLOSE}]*){CLOSE}")

_SHARED = tomllib.loads(Path(__file__).with_name("shared_sql.toml").read_text(encoding="utf-8"))
TYPES = frozenset[str](_SHARED["types"])
BEFORE_BRACKETS = TYPES.union(_SHARED["grammar"], _SHARED["functions"])
FOREIGN = frozenset[str](_SHARED["foreign"])
INSTEAD: dict[str, str] = _SHARED["instead"]
# Every word by which DuckDB calls a type.
_TYPE_NAMES = frozenset(
    word.lower()
    for word, kind in DuckDB.Tokenizer.KEYWORDS.items()
    if kind in DuckDB.Parser.TYPE_TOKENS
)


def with_calls(sql: str) -> str:
    """Return the SQL with a call of `dispatched_<macro>` in the place of each mark.

    An argument that is no expression (a table's name, a separator) becomes a literal.
    """

    def call(mark: re.Match[str]) -> str:
        name, *arguments = mark[1].split(NEXT)
        return f"{HIDDEN}{name}({', '.join(map(_argument, arguments))})"

    while _MARK.search(sql):
        sql = _MARK.sub(call, sql)
    return sql


def _argument(text: str) -> str:
    try:
        tree = sqlglot.parse_one(text, dialect="duckdb")
    except (ParseError, TokenError):
        tree = None
    # `catalog.schema.table` parses as a column.
    if tree is None or (isinstance(tree, exp.Column) and tree.args.get("db")):
        return "'" + text.replace("'", "''") + "'"
    return text


def violations(sql: str) -> Counter[str]:
    """Return what Spark cannot read in a statement, and how often it stands there."""
    try:
        tree = sqlglot.parse_one(sql, dialect="duckdb")
    except (ParseError, TokenError) as error:
        return Counter([f"what sqlglot cannot read: {str(error).splitlines()[0]}"])
    # `name (column, …) as (select …)` is no call.
    named = {
        alias.name.lower() for alias in tree.find_all(exp.TableAlias) if alias.args.get("columns")
    }
    syntax = (said for node in tree.walk() for said in _syntax(node))
    return Counter([*_words(sql, named), *syntax])


def _words(sql: str, named: set[str]) -> Iterator[str]:
    """Yield the functions, types and operators of a statement that Spark lacks."""
    tokens = [token for token in DuckDB().tokenize(sql) if "STRING" not in token.token_type.name]
    words = ["", *(token.text.lower() for token in tokens), ""]
    for before, word, after in zip(words, words[1:], words[2:], strict=False):
        if word in FOREIGN:
            yield f"`{word}`"
        elif word == "from" and before in {"", "("}:
            yield "`from` without `select`"
        elif before == "as" and after in {")", "("} and word in _TYPE_NAMES - TYPES:
            yield f"type `{word}`" + _instead(word)
        elif after == "(" and _is_name(word) and word not in BEFORE_BRACKETS | named:
            yield f"`{word}()`" + _instead(word)


def _is_name(word: str) -> bool:
    return word.isidentifier() and not word.startswith(HIDDEN)


def _instead(word: str) -> str:
    return f" (write {INSTEAD[word]})" if word in INSTEAD else ""


def _syntax(node: exp.Expr) -> Iterator[str]:
    """Yield what Spark's grammar, or its planner, refuses of one node."""
    given = node.args
    match node:
        case exp.Qualify():
            yield "`qualify` (number the rows in a CTE, then filter them)"
        case exp.Star() if given.get("except_"):
            yield "`* exclude`"
        case exp.Star() if given.get("replace") or given.get("rename"):
            yield "`* replace` or `* rename`"
        case exp.Join() if node.method in {"ASOF", "POSITIONAL"}:
            yield f"`{node.method.lower()} join`"
        case exp.Join() if node.kind in {"SEMI", "ANTI"} and node.side != "LEFT":
            yield f"`{node.kind.lower()} join` (Spark wants `left {node.kind.lower()} join`)"
        case exp.TableSample() | exp.Pivot():
            yield f"`{type(node).__name__.lower()}`"
        case exp.Distinct() if given.get("on"):
            yield "`distinct on`"
        case exp.WindowSpec() if given.get("exclude"):
            yield "`exclude` in a window"
        case exp.Window() if isinstance(node.this, exp.Filter):
            yield "`filter` in a window (put a case into the aggregate)"
        case exp.Window() if node.this.find(exp.Distinct):
            yield "`distinct` in a window"
        case exp.Order() if isinstance(node.parent, exp.Func):
            yield "`order by` in a function"
        case exp.IgnoreNulls():
            yield "`ignore nulls` (Spark has it behind the bracket)"
        case exp.Column() if node.name.lower() == "rowid":
            yield "`rowid`"
        case exp.CTE() if given.get("materialized") is not None:
            yield "`materialized`"
        case exp.SetOperation() if given.get("by_name"):
            yield "`by name`"
        case exp.Interval() if not isinstance(node.this, exp.Literal):
            yield "`interval` of an expression"
        case exp.Identifier() if given.get("quoted") and not isinstance(node.parent, exp.Table):
            yield f'`"{node.this}"` (Spark reads a text there)'
        case exp.Glob() | exp.SimilarTo():
            yield f"`{'glob' if isinstance(node, exp.Glob) else 'similar to'}`"
        case _:
            return


def findings(parsed: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each compiled model of a manifest that Spark could not read."""
    found: list[str] = []
    models = [
        node
        for node in parsed["nodes"].values()
        if node["resource_type"] == "model" and node.get("language") != "python"
    ]
    for model in sorted(models, key=lambda model: model["original_file_path"]):
        refused = violations(with_calls(model["compiled_code"]))
        if refused:
            listed = ", ".join(f"{what} × {times}" for what, times in sorted(refused.items()))
            found.append(
                f"dbt_project/{model['original_file_path']}: Spark cannot read {listed}. Say it in "
                "words that both engines know, or in a macro that dispatches."
            )
    return found


def main(arguments: Sequence[str]) -> int:
    """Judge every model of a manifest that dbt compiled from an opaque project."""
    return conclude(findings(manifest(arguments)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
