"""The SQL that judges the rows of one landed file: typed values, the first reason, the hash.

Belongs here: the order in which reasons are tried, required values and ranges, extra columns, the
row hash. A row is judged by itself alone: no other row, no clock.
Does not belong here: how one value is read (`values`), reading files, writing tables.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from orchestration.ingest.column_names import fold_name, is_personal
from orchestration.ingest.judging.columns import MAX_COLUMNS, match_columns, require_columns
from orchestration.ingest.judging.values import (
    BLANKS,
    Check,
    GivenColumn,
    as_it_stands,
    canonical_ids_in,
    family_of,
    is_rounded,
    parse_value,
    without_null_words,
    working_type,
)
from orchestration.ingest.raw_contract import Column, Table
from orchestration.ingest.reasons import FileRefusedError, Reason
from orchestration.sql_text import text_literal

# Infinities and later years are nothing that Python, Spark and BI tools can hold.
_LAST_DAY = "9999-12-31"
# Unit separator: ends each value in the text that the row hash is made of.
_END_OF_VALUE = "chr(31)"
# What spreadsheets put into the first column of a row of sums.
_TOTALS = ("total", "totals", "grand total", "sum", "totale", "somma", "gesamt", "summe", "suma")


@dataclass(frozen=True)
class Judgement:
    """How the rows of one file are judged.

    Attributes:
        sql: one row per landed row: `record`, all contract columns typed, `_row_hash`, and
            `verdict`: null, or the 1-based number of the first check that the row fails; and
            `is_rounded`: a number of it has more decimals than its column; and `is_copy`, false
            until somebody compares rows.
        checks: in the order of the verdicts.
        extra_columns: the file's columns that go to properties, or nowhere.
        personal_columns: names of the file's columns that are a person's and go nowhere.
        overruled: the file's columns that do not count, each with the one that does.
        read_as: the file's columns whose names are synonyms, each with the contract's.
    """

    sql: str
    checks: tuple[Check, ...]
    extra_columns: tuple[GivenColumn, ...]
    personal_columns: tuple[str, ...] = ()
    overruled: tuple[tuple[str, str], ...] = ()
    read_as: tuple[tuple[str, str], ...] = ()

    def verdicts(self, *reasons: Reason) -> tuple[int, ...]:
        """The numbers of the checks that have one of these reasons."""
        numbered = enumerate(self.checks, start=1)
        return tuple(number for number, check in numbered if check.reason in reasons)


def judge(
    table: Table,
    given: Sequence[GivenColumn],
    *,
    from_sql: str,
    record_sql: str,
    excluded_ids: Collection[str],
    first_checks: Sequence[Check] = (),
    standing: Collection[str] = (),
) -> Judgement:
    """Build the judgement of a file's rows.

    Args:
        table: the raw table.
        given: the file's columns; `columns` says how names are matched.
        from_sql: relation to select from.
        record_sql: 1-based number of the row over that relation.
        excluded_ids: lower-case ids that count as empty.
        first_checks: conditions over the landed relation itself, tried before all others.
        standing: the table's columns that are known to stand as they are (`standing_columns`).

    Raises:
        FileRefusedError: a column is missing, there twice, or of a type that fits no value.
    """
    if len(given) > MAX_COLUMNS:
        detail = f"The file has {len(given):,} columns; at most {MAX_COLUMNS:,} can be read."
        raise FileRefusedError(Reason.WRONG_TYPE, detail)
    names = [column.name for column in given]
    match = match_columns(table, names)
    if match.tied:
        first, second = (names[place] for place in match.positions[match.tied[0]][:2])
        called = f"called {first}" if first == second else f"for {match.tied[0]}: {first}, {second}"
        detail = f"The file has two columns {called}; remove or rename one."
        raise FileRefusedError(Reason.DUPLICATE_COLUMN, detail, match.tied[0])
    require_columns(table, match, names)
    known = {column: given[places[0]] for column, places in match.positions.items()}
    counting = {places[0] for places in match.positions.values()}
    others = [column for place, column in enumerate(given) if place not in counting]
    _refuse_equal(others)
    extra_columns = tuple(
        sorted(
            (column for column in others if not is_personal(fold_name(column.name))),
            key=lambda column: (column.name.casefold(), column.name),
        )
    )

    # One step each, since a text that an expression names ten times is planned ten times.
    sources = [f"{record_sql} as record"]
    landed = ["record"]
    typed = ["record"]
    checks: list[Check] = []
    for number, check in enumerate(first_checks):
        sources.append(f"{check.condition} as failed_{number}")
        landed.append(f"failed_{number}")
        typed.append(f"failed_{number}")
        checks.append(Check(f"failed_{number}", check.reason, check.column))
    rounded: list[str] = []
    for column in table.columns:
        source = known.get(column.name)
        if source is not None and column.name in standing:
            sources.append(f"{as_it_stands(column, source)} as given_{column.name}")
            landed.append(f"given_{column.name}")
            typed.extend((f"given_{column.name}", f"given_{column.name} as {column.name}"))
            continue
        if source is not None:
            text = source.sql if column.required else without_null_words(source)
            sources.append(f"{text} as source_{column.name}")
            source = replace(source, sql=f"source_{column.name}")
        given_sql, value_sql, parse_checks = (
            parse_value(column, source) if source is not None else ("null", "null", ())
        )
        landed.append(f"{given_sql} as given_{column.name}")
        typed.append(f"given_{column.name}")
        value = f"cast({value_sql} as {working_type(column)})"
        if column.default is not None:
            value = f"coalesce({value}, {text_literal(column.default)})"
        typed.append(f"{value} as {column.name}")
        checks.extend(parse_checks)
        checks.extend(_value_checks(column, excluded_ids))
        if source is not None and (condition := is_rounded(column, source)) is not None:
            rounded.append(condition)
    for group in table.one_of:
        empty = " and ".join(
            _is_absent_anywhere(table, table.column(name), excluded_ids) for name in group
        )
        checks.append(Check(empty, Reason.MISSING_ID, ", ".join(group)))

    # An address is nobody's id as it stands; `person_id` is defined where words are.
    values = {
        column.name: f"person_id({column.name})"
        if column.placeholder_is_absent and column.name in known and column.name not in standing
        else column.name
        for column in table.columns
    }
    if table.merges_extra_columns and extra_columns:
        for number, column in enumerate(extra_columns):
            sources.append(f"{_json_text(column)} as extra_{number}")
            landed.append(f"extra_{number}")
            typed.append(f"extra_{number}")
        values["properties"] = _merged_properties(extra_columns)
    set_aside = _set_aside(table, given, known, extra_columns, standing, sources, landed, typed)
    checks[len(first_checks) : len(first_checks)] = set_aside
    is_whole = "properties" in standing and values["properties"] == "properties"
    last_step = _last_step(is_needed=table.merges_extra_columns and not is_whole)
    sql = _select(table, from_sql, sources, landed, typed, values, checks, rounded, last_step)
    return Judgement(
        sql,
        tuple(checks),
        extra_columns,
        personal_columns=tuple(
            column.name for column in others if is_personal(fold_name(column.name))
        ),
        overruled=tuple(
            (names[place], names[places[0]])
            for places in match.positions.values()
            for place in places[1:]
        ),
        read_as=tuple(
            (names[places[0]], column)
            for column, places in match.positions.items()
            if fold_name(names[places[0]]) != column
        ),
    )


def _refuse_equal(columns: Sequence[GivenColumn]) -> None:
    """Refuse two extra columns of one name.

    Raises:
        FileRefusedError: names it.
    """
    seen: set[str] = set()
    for column in columns:
        if column.name.casefold() in seen:
            detail = f"The file has two columns called {column.name}; remove or rename one."
            raise FileRefusedError(Reason.DUPLICATE_COLUMN, detail, column.name)
        seen.add(column.name.casefold())


def _set_aside(
    table: Table,
    given: Sequence[GivenColumn],
    known: Mapping[str, GivenColumn],
    extra_columns: Sequence[GivenColumn],
    standing: Collection[str],
    sources: list[str],
    landed: list[str],
    typed: list[str],
) -> list[Check]:
    """Return the checks of rows that are no row of the table: blank ones, and sums below it."""
    first = given[0] if given else None
    if first is None or not known:
        return []
    unsummed = [
        column.name
        for column in table.columns
        if column.required
        and known.get(column.name, first) is not first
        and column.kind not in ("decimal", "integer")
        and column.name != "currency"
    ]
    if any(name in standing for name in unsummed):
        return []
    # The first column that is needed rules all but blank rows out.
    needed = [column.name for column in table.columns if column.required and column.name in known]
    names = [*needed, *(name for name in known if name not in needed)]
    blank = " and ".join(f"given_{name} is null" for name in names)
    texts = [f"nullif(trim(cast({column.sql} as varchar)), '')" for column in extra_columns]
    others = f"coalesce({', '.join(texts)})" if len(texts) > 1 else (texts or ["null"])[0]
    sources.append(f"{others} as given_elsewhere")
    sources.append(f"lower(trim(cast({first.sql} as varchar))) as given_first")
    landed.extend(("given_elsewhere", "given_first"))
    typed.extend(("given_elsewhere", "given_first"))
    totals = ", ".join(text_literal(word) for word in _TOTALS)
    checks = [Check(f"{blank} and given_elsewhere is null", Reason.BLANK_ROW, None)]
    if unsummed:
        unfilled = [f"given_{name} is null" for name in unsummed]
        is_total = " and ".join([*unfilled, f"rtrim(given_first, ':') in ({totals})"])
        checks.append(Check(is_total, Reason.TOTAL_ROW, None))
    return checks


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


def _select(
    table: Table,
    from_sql: str,
    sources: Sequence[str],
    landed: Sequence[str],
    typed: Sequence[str],
    values: dict[str, str],
    checks: Sequence[Check],
    rounded: Sequence[str],
    last_step: str,
) -> str:
    numbered = (
        f"            when {check.condition} then {number}"
        for number, check in enumerate(checks, start=1)
    )
    # A case must have a condition, and where all columns stand there may be none.
    verdict = "\n".join(["            when false then 0", *numbered])
    judged = [f"{sql} as {name}" if sql != name else name for name, sql in values.items()]
    columns = ",\n        ".join(judged)
    separator = ",\n        "
    names = ",\n    ".join(table.column_names)
    return f"""
with source_rows as (
    select
        {separator.join(sources)}
    from {from_sql}
),

landed_rows as (
    select
        {separator.join(landed)}
    from source_rows
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
        end as usmallint) as verdict,
        {" or ".join(rounded) or "false"} as is_rounded
    from typed_rows
),

{last_step}

select
    record,
    {names},
    {row_hash(table)} as _row_hash,
    verdict,
    is_rounded,
    false as is_copy
from written_rows
"""


def _last_step(*, is_needed: bool) -> str:
    if not is_needed:
        return "written_rows as (\n    select * from judged_rows\n)"
    # One after the other, since each names the text several times.
    return f"""canonical_rows as (
    select * replace ({canonical_ids_in("properties")} as properties) from judged_rows
),

written_rows as (
    select * replace (without_addresses(properties) as properties) from canonical_rows
)"""


def _is_absent(column: Column, excluded_ids: Collection[str]) -> str:
    if not (column.placeholder_is_absent and excluded_ids):
        return f"{column.name} is null"
    ids = ", ".join(text_literal(excluded) for excluded in sorted(excluded_ids))
    return f"({column.name} is null or lower({column.name}) in ({ids}))"


def _is_absent_anywhere(table: Table, column: Column, excluded_ids: Collection[str]) -> str:
    """Whether neither the column nor, if it is null, the key of its name in properties has it."""
    absent = _is_absent(column, excluded_ids)
    if not table.merges_extra_columns:
        return absent
    key = text_literal(f'"{column.name}"')
    told = f"trim(json_extract_string(properties, {text_literal('/' + column.name)}))"
    ids = ", ".join(text_literal(excluded) for excluded in ("", *sorted(excluded_ids)))
    kept = f"{column.name} is null and contains(properties, {key}) and lower({told}) not in ({ids})"
    return f"({absent} and not coalesce({kept}, false))"


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
    if column.maximum is not None:
        too_great = f"abs({name}) > {column.maximum}"
        checks.append(Check(too_great, Reason.OUT_OF_RANGE, name))
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
