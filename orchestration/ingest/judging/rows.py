"""The SQL that judges the rows of one landed file: typed values, the first reason, the hash.

Belongs here: the order in which reasons are tried, required values and ranges, extra columns, the
row hash. A row is judged by itself alone: no other row, no clock.
Does not belong here: how one value is read (`values`), reading files, writing tables.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from orchestration.ingest.contract import Column, Table
from orchestration.ingest.judging.values import BLANKS, Check, GivenColumn, family_of, parse_value
from orchestration.ingest.reasons import FileRefusedError, Reason
from orchestration.sql_text import text_literal

# Infinities and later years are nothing that Python, Spark and BI tools can hold.
_LAST_DAY = "9999-12-31"
# Unit separator: ends each value in the text that the row hash is made of.
_END_OF_VALUE = "chr(31)"


@dataclass(frozen=True)
class Judgement:
    """How the rows of one file are judged.

    Attributes:
        sql: one row per landed row: `record`, all contract columns typed, `_row_hash`, and
            `verdict`: null, or the 1-based number of the first check that the row fails.
        checks: in the order of the verdicts.
        extra_columns: the file's columns that the contract does not know.
    """

    sql: str
    checks: tuple[Check, ...]
    extra_columns: tuple[GivenColumn, ...]


def judge(
    table: Table,
    given: Sequence[GivenColumn],
    *,
    from_sql: str,
    record_sql: str,
    excluded_ids: Collection[str],
    first_checks: Sequence[Check] = (),
) -> Judgement:
    """Build the judgement of a file's rows.

    Args:
        table: the raw table.
        given: the file's columns; names are matched without case.
        from_sql: relation to select from.
        record_sql: 1-based number of the row over that relation.
        excluded_ids: lower-case ids that count as empty.
        first_checks: conditions over the landed relation itself, tried before all others.

    Raises:
        FileRefusedError: a column is missing, there twice, or of a type that fits no value.
    """
    by_name: dict[str, GivenColumn] = {}
    for column in given:
        if column.name.casefold() in by_name:
            detail = f"The file has two columns called {column.name}; remove or rename one."
            raise FileRefusedError(Reason.DUPLICATE_COLUMN, detail, column.name)
        by_name[column.name.casefold()] = column
    _require_columns(table, by_name)
    known = {name: by_name.pop(name) for name in table.column_names if name in by_name}
    extra_columns = tuple(by_name[name] for name in sorted(by_name))

    landed = [f"{record_sql} as record"]
    typed = ["record"]
    checks: list[Check] = []
    for number, check in enumerate(first_checks):
        landed.append(f"{check.condition} as failed_{number}")
        typed.append(f"failed_{number}")
        checks.append(Check(f"failed_{number}", check.reason, check.column))
    for column in table.columns:
        source = known.get(column.name)
        given_sql, value_sql, parse_checks = (
            parse_value(column, source) if source is not None else ("null", "null", ())
        )
        landed.append(f"{given_sql} as given_{column.name}")
        typed.append(f"given_{column.name}")
        value = f"cast({value_sql} as {_working_type(column)})"
        if column.default is not None:
            value = f"coalesce({value}, {text_literal(column.default)})"
        typed.append(f"{value} as {column.name}")
        checks.extend(parse_checks)
        checks.extend(_value_checks(column, excluded_ids))
    for group in table.one_of:
        empty = " and ".join(_is_absent(table.column(name), excluded_ids) for name in group)
        checks.append(Check(empty, Reason.MISSING_ID, ", ".join(group)))

    values = {column.name: column.name for column in table.columns}
    if table.merges_extra_columns and extra_columns:
        for number, column in enumerate(extra_columns):
            landed.append(f"{_json_text(column)} as extra_{number}")
            typed.append(f"extra_{number}")
        values["properties"] = _merged_properties(extra_columns)
    sql = _select(table, from_sql, landed, typed, values, checks)
    return Judgement(sql, tuple(checks), extra_columns)


def row_hash(table: Table) -> str:
    """Return the expression of the row hash over the typed values, the same in every format.

    Names stand before values and empty values are left out, so that a column added to the contract
    leaves the hashes of rows without it as they are.
    """
    parts: list[str] = []
    for column in table.columns:
        value = f"epoch_us({column.name})" if column.kind == "timestamp" else column.name
        parts.append(f"'{column.name}=' || cast({value} as varchar) || {_END_OF_VALUE}")
    return f"md5_number_lower(concat({', '.join(parts)}))"


def _require_columns(table: Table, by_name: dict[str, GivenColumn]) -> None:
    found = ", ".join(column.name for column in by_name.values()) or "none"
    for column in table.columns:
        if column.required and column.name not in by_name:
            detail = f"The required column {column.name} is missing; the file has: {found}."
            raise FileRefusedError(Reason.MISSING_COLUMN, detail, column.name)
    for group in table.one_of:
        if not any(name in by_name for name in group):
            names = " and ".join(group)
            detail = f"One of the columns {names} is needed; the file has: {found}."
            raise FileRefusedError(Reason.MISSING_COLUMN, detail, ", ".join(group))


def _select(
    table: Table,
    from_sql: str,
    landed: Sequence[str],
    typed: Sequence[str],
    values: dict[str, str],
    checks: Sequence[Check],
) -> str:
    verdict = "\n".join(
        f"            when {check.condition} then {number}"
        for number, check in enumerate(checks, start=1)
    )
    judged = [f"{sql} as {name}" if sql != name else name for name, sql in values.items()]
    columns = ",\n        ".join(judged)
    separator = ",\n        "
    names = ",\n    ".join(table.column_names)
    return f"""
with landed_rows as (
    select
        {separator.join(landed)}
    from {from_sql}
),

typed_rows as (
    select
        {separator.join(typed)}
    from landed_rows
),

judged_rows as (
    select
        record,
        {columns},
        cast(case
{verdict}
        end as usmallint) as verdict
    from typed_rows
)

select
    record,
    {names},
    {row_hash(table)} as _row_hash,
    verdict
from judged_rows
"""


def _working_type(column: Column) -> str:
    # JSON is text until it is inserted: the hash and the merge work on text.
    return "varchar" if column.kind == "json" else column.data_type


def _is_absent(column: Column, excluded_ids: Collection[str]) -> str:
    if not (column.placeholder_is_absent and excluded_ids):
        return f"{column.name} is null"
    ids = ", ".join(text_literal(excluded) for excluded in sorted(excluded_ids))
    return f"({column.name} is null or lower({column.name}) in ({ids}))"


def _value_checks(column: Column, excluded_ids: Collection[str]) -> list[Check]:
    name = column.name
    checks: list[Check] = []
    if column.required:
        absent = _is_absent(column, excluded_ids)
        if column.kind == "text" and not column.trimmed:
            absent = f"({name} is null or trim({name}, {text_literal(BLANKS)}) = '')"
        checks.append(Check(absent, Reason.MISSING_VALUE, name))
    if column.accepted_values:
        accepted = ", ".join(text_literal(value) for value in column.accepted_values)
        checks.append(Check(f"{name} not in ({accepted})", Reason.UNKNOWN_VALUE, name))
    if column.minimum is not None:
        too_small = f"{name} < cast('{column.minimum}' as {column.data_type})"
        dated = column.kind in ("timestamp", "date")
        reason = Reason.TOO_EARLY if dated else Reason.OUT_OF_RANGE
        checks.append(Check(too_small, reason, name))
    if column.greater_than is not None:
        too_small = f"{name} <= cast('{column.greater_than}' as {column.data_type})"
        checks.append(Check(too_small, Reason.OUT_OF_RANGE, name))
    if column.kind in ("timestamp", "date"):
        outside = f"(cast({name} as date) > date '{_LAST_DAY}' or {name} < date '0001-01-01')"
        checks.append(Check(outside, Reason.OUT_OF_RANGE, name))
    return checks


def _json_text(column: GivenColumn) -> str:
    """A value as JSON text; scalars are strings, as they are in CSV, so that formats agree."""
    if column.data_type == "JSON":
        return (
            f"case when cast({column.sql} as varchar)[1] in ('{{', '[') "
            f"then cast({column.sql} as varchar) "
            f"else cast(to_json(nullif({column.sql} ->> '$', '')) as varchar) end"
        )
    if family_of(column.data_type) == "nested":
        return f"cast(to_json({column.sql}) as varchar)"
    return f"cast(to_json(nullif(cast({column.sql} as varchar), '')) as varchar)"


def _merged_properties(extra_columns: Sequence[GivenColumn]) -> str:
    """Properties with the extra columns behind them; a key that is there already stays."""
    parts = ["nullif(properties[2:-2], '')"]
    for number, column in enumerate(extra_columns):
        key = column.name.replace("~", "~0").replace("/", "~1")
        there = f"coalesce(json_exists(properties, {text_literal('/' + key)}), false)"
        # to_json escapes the name whatever it holds.
        name = f"cast(to_json({text_literal(column.name)}) as varchar)"
        parts.append(f"case when not {there} then {name} || ':' || extra_{number} end")
    given = " or ".join(f"extra_{number} is not null" for number in range(len(extra_columns)))
    merged = f"'{{' || concat_ws(',', {', '.join(parts)}) || '}}'"
    return f"case when {given} then {merged} else properties end"
