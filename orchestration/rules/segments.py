"""What makes the rows of `segments.csv` and `segment_conditions.csv` runnable.

Belongs here: the checks of those two seeds, which need to know the columns of `customers`. Does not
belong here: who is in a segment, which SQL decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache

from orchestration.errors import nearest, shown
from orchestration.rules.missing_names import Lack
from orchestration.rules.seed_rows import Rows, SeedRow, duplicate_problems, name_problems
from orchestration.safe_yaml import parsed as parsed_yaml
from orchestration.settings.paths import DBT_PROJECT_DIR

_CUSTOMERS = DBT_PROJECT_DIR / "models/marts/customers/customers.yml"
_OPERATORS = ("equals", "in", "at_least", "below", "is_known", "is_unknown")
_WITHOUT_OPERAND = frozenset({"is_known", "is_unknown"})
_COMPARING = frozenset({"at_least", "below"})
_NUMBERS = ("bigint", "integer", "decimal", "double")
_WHOLE = re.compile(r"[1-9]\d{0,5}", re.ASCII)
# As SQL writes a number once it has dropped the zeros behind: two texts are one number or not.
_PLAIN = re.compile(r"-?(0|[1-9]\d{0,13})(\.\d{0,9}[1-9])?", re.ASCII)
_TRUTHS = ("true", "false")


@cache
def customer_columns() -> Mapping[str, str]:
    """Return the type of each column of `customers`, as its contract says."""
    (model,) = parsed_yaml(_CUSTOMERS.read_text(encoding="utf-8"))["models"]
    return {str(column["name"]): str(column["data_type"]) for column in model["columns"]}


def segment_problems(segments: Rows, conditions: Rows) -> Iterator[str | Lack]:
    """Yield every problem of the rows, each one sentence with file and line."""
    yield from name_problems(segments, ("segment",))
    yield from duplicate_problems(segments, ("segment",))
    yield from duplicate_problems(conditions, ("segment", "condition_no"))
    known = {row["segment"] for row in segments}
    for row in segments:
        if row["segment"] not in {condition["segment"] for condition in conditions}:
            text = f"the segment {shown(row['segment'])} has no condition"
            yield row.problem(f"{text}; add one to segment_conditions.csv")
    for row in conditions:
        if row["segment"] not in known:
            name = shown(row["segment"])
            text = f"the segment {name} is unknown{nearest(row['segment'], known)}"
            yield Lack(row, "segment", name, "segments.csv", text)
        yield from _condition_problems(row)


def _condition_problems(row: SeedRow) -> Iterator[str]:
    if not _WHOLE.fullmatch(row["condition_no"]):
        yield row.problem(
            f"condition_no must be a whole number from 1, not {shown(row['condition_no'])}"
        )
    operator, column = row["operator"], row["column_name"]
    if operator not in _OPERATORS:
        yield row.problem(
            f"the operator {shown(operator)} is unknown{nearest(operator, _OPERATORS)}; "
            f"use one of {', '.join(_OPERATORS)}"
        )
        return
    if column not in customer_columns():
        hint = nearest(column, customer_columns())
        yield row.problem(f"customers has no column {shown(column)}{hint}")
        return
    kind = customer_columns()[column]
    if kind in ("date", "timestamp"):
        yield row.problem(
            f"{column} is a {kind}; take a column that counts days, such as days_since_last_order"
        )
    elif operator in _WITHOUT_OPERAND:
        if row["operand"]:
            yield row.problem(f"{operator} takes no operand; leave {shown(row['operand'])} out")
    else:
        yield from _operand_problems(row, kind)


def _operand_problems(row: SeedRow, kind: str) -> Iterator[str]:
    operator, operand = row["operator"], row["operand"]
    is_number = kind.startswith(_NUMBERS)
    if operator in _COMPARING and not is_number:
        yield row.problem(f"{operator} needs a number, and {row['column_name']} is a {kind}")
        return
    for each in operand.split("|") if operator == "in" else (operand,):
        if not each:
            yield row.problem(f"{operator} needs an operand; use is_unknown for what is not known")
        elif is_number and not _PLAIN.fullmatch(each):
            yield row.problem(f"{shown(each)} is no plain number, such as 12 or 0.5")
        elif kind == "boolean" and each not in _TRUTHS:
            yield row.problem(f"{row['column_name']} is true or false, not {shown(each)}")
