"""The SQL that reads one landed value as the type the contract wants, and why it cannot.

Belongs here: one expression per kind of column and type found in a file, and the checks that tell
why a value came to nothing. Does not belong here: required values and ranges, other columns.

Names come from the contract; names from a file are quoted by whoever made a GivenColumn.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from orchestration.ingest.raw_contract import Column
from orchestration.ingest.reasons import FileRefusedError, Reason
from orchestration.ingest.words import mapped_word
from orchestration.sql_text import text_literal

# What Python's str.strip removes: the same blanks in ids, numbers and dates, whatever the format.
BLANKS = (
    " \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005"
    "\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
# Above 2^53 a float no longer tells neighbouring whole numbers apart.
_EXACT_FLOATS = "9007199254740992"
_NUMBER = r"[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?"
_THOUSANDS = r"[+-]?[0-9]{1,3}([.][0-9]{3})+"
_NOT_FINITE = r"(?i)[+-]?(nan|inf|infinity)"
_DAY = r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_TIME = r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,9})?)?"
_UTC_TIMESTAMP = f"{_DAY}([T ]{_TIME} ?(Z|z|UTC)?)?"
_OFFSET = r"[+-](0[0-9]|1[0-5])(:?[0-5][0-9])?"
_OFFSET_TIMESTAMP = f"{_DAY}[T ]{_TIME} ?{_OFFSET}"
# What other tools write for nothing, in any case; NaN and dates of zeros besides.
_NULL_WORDS = ("null", "\\n", "nan", "nat", "n/a", "none")
# How a spreadsheet writes a long number: digits of it are lost.
_SCIENTIFIC = r"[+-]?[0-9]+([.,][0-9]+)?[eE][+][0-9]+"
_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ]00:00(:00([.]0+)?)?Z?)?"

Family = Literal[
    "text", "integer", "decimal", "float", "timestamp", "timestamptz", "date", "boolean", "nested"
]


@dataclass(frozen=True)
class GivenColumn:
    """One column of a landed file.

    Attributes:
        name: as the file spells it.
        sql: expression for its value over the landed relation.
        data_type: DuckDB's name of the type it has there.
        has_decimal_comma: its numbers may be written `12,50`.
    """

    name: str
    sql: str
    data_type: str
    has_decimal_comma: bool = False


@dataclass(frozen=True)
class Check:
    """A condition that refuses a row.

    Attributes:
        condition: SQL over the typed rows; a row is refused where it is true.
        reason: why.
        column: the column concerned, if one is.
    """

    condition: str
    reason: Reason
    column: str | None


def family_of(data_type: str) -> Family | None:
    """Return the family of a DuckDB type; None for one that no contract column can hold."""
    base = re.split(r"[(]", data_type, maxsplit=1)[0]
    if data_type.endswith("]") or base in ("STRUCT", "MAP", "UNION", "JSON"):
        return "nested"
    families: dict[str, Family] = {
        "VARCHAR": "text", "ENUM": "text", "UUID": "text",
        "FLOAT": "float", "DOUBLE": "float", "DECIMAL": "decimal", "BOOLEAN": "boolean",
        "DATE": "date", "TIMESTAMP": "timestamp", "TIMESTAMP_S": "timestamp",
        "TIMESTAMP_MS": "timestamp", "TIMESTAMP_NS": "timestamp",
        "TIMESTAMP WITH TIME ZONE": "timestamptz",
        '"NULL"': "text",
    }  # fmt: skip
    if re.fullmatch(r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?", base):
        return "integer"
    return families.get(base)


def working_type(column: Column) -> str:
    """Return the type in which a column is judged."""
    # JSON is text until it is inserted: the hash and the merge work on text.
    return "varchar" if column.kind == "json" else column.data_type


def as_it_stands(column: Column, source: GivenColumn) -> str:
    """Return the landed value in the column's type, nothing else done to it."""
    return f"try_cast({source.sql} as {working_type(column)})"


def parse_value(column: Column, source: GivenColumn) -> tuple[str, str, tuple[Check, ...]]:
    """Return how a column is read.

    Returns:
        The landed expression (called `given_<name>` from then on), the typed expression over that
        name, and the checks that refuse a value which was given and could not be read.

    Raises:
        FileRefusedError: the type in the file fits no value of the column.
    """
    family = family_of(source.data_type)
    parsers = {
        "text": _parse_text,
        "timestamp": _parse_timestamp,
        "date": _parse_date,
        "decimal": _parse_decimal,
        "integer": _parse_integer,
        "boolean": _parse_boolean,
        "json": _parse_json,
    }
    parsed = None if family is None else parsers[column.kind](column, source, family)
    if parsed is None:
        detail = f"The column {column.name} has the type {source.data_type}, not {column.kind}."
        raise FileRefusedError(Reason.WRONG_TYPE, detail, column.name)
    return parsed


def _trimmed(text: str, composed: str | None = None) -> str:
    """Without blanks around it.

    Trimming a set of characters takes longer than all else that happens to a row, so it is kept
    for texts that do not begin and end with a visible ASCII character.
    """
    composed = composed or text
    visible = f"{text} >= '!' and {text} < chr(127) and ({text})[-1] between '!' and '~'"
    trimmed = f"trim({composed}, {text_literal(BLANKS)})"
    return f"case when {visible} then {composed} else {trimmed} end"


def _blank_is_null(sql: str) -> str:
    return f"nullif({_trimmed(f'cast({sql} as varchar)')}, '')"


def _failed(column: Column, *reasons: tuple[str, Reason]) -> tuple[Check, ...]:
    """Checks for a value that was given and came to nothing; the last reason takes the rest."""
    failed = f"given_{column.name} is not null and {column.name} is null"
    return tuple(Check(f"{failed}{extra}", reason, column.name) for extra, reason in reasons)


def _matches(column: Column, pattern: str) -> str:
    return f"regexp_full_match(given_{column.name}, {text_literal(pattern)})"


def _parse_text(
    column: Column, source: GivenColumn, family: Family
) -> tuple[str, str, tuple[Check, ...]] | None:
    given = f"given_{column.name}"
    sql = source.sql
    if family == "nested":
        return None
    if family == "float":
        # pandas makes floats of integer ids with gaps: 17850.0 is the id 17850.
        exact = f"{given} = trunc({given}) and abs({given}) < {_EXACT_FLOATS}"
        value = f"case when {exact} then cast(cast({given} as bigint) as varchar) end"
        if not column.trimmed:
            value = f"cast({given} as varchar)"
        return sql, value, _failed(column, ("", Reason.INVALID_ID))
    text = f"cast({sql} as varchar)"
    if column.trimmed:
        text = _trimmed(text, f"nfc_normalize({text})")
    value = given
    checks: tuple[Check, ...] = ()
    if column.words is not None:
        accepted = ", ".join(text_literal(word) for word in column.accepted_values)
        known = mapped_word(given, column.words)
        value = (
            f"case when {given} not in ({accepted}) and {known} in ({accepted}) "
            f"then {known} else {given} end"
        )
    elif column.name.endswith("_id"):
        value = _canonical_id(given)
        checks = _failed(column, ("", Reason.INVALID_ID))
    return f"nullif({text}, '')", value, checks


def _canonical_id(sql: str) -> str:
    """An id as the shop wrote it, whatever a spreadsheet made of it; null if it is lost."""
    marked = f"{sql}[1] = chr(39) and regexp_matches({sql}, '^.[0-9=+@-]')"
    plain = f"case when {marked} then {sql}[2:] else {sql} end"
    # Letters come after digits, marks and signs: most ids are looked at once.
    return (
        f"case when {sql} >= ':' then {sql} "
        f"when contains({sql}, '+') and regexp_full_match({plain}, {text_literal(_SCIENTIFIC)}) "
        f"then null "
        f"when contains({sql}, '.0') then regexp_replace({plain}, '^([0-9]+)[.]0+$', '\\1') "
        f"else {plain} end"
    )


def canonical_ids_in(properties: str) -> str:
    """Return the expression of properties whose ids are written as columns of ids are."""
    key = '("[a-z_]*_id"\\s*:\\s*)'
    number = f"'{key}(\"?)([0-9]+)[.]0+(\"?\\s*[,}}])'"
    whole = f"regexp_replace({properties}, {number}, '\\1\\2\\3\\4', 'g')"
    unmarked = f"regexp_replace({whole}, '{key}\"''([0-9=+@-])', '\\1\"\\2', 'g')"
    may_need = f"regexp_matches({properties}, '_id\"\\s*:\\s*\"?([0-9]+[.]0|'')')"
    return (
        f"case when contains({properties}, '_id\"') and {may_need} then {unmarked} "
        f"else {properties} end"
    )


def without_null_words(source: GivenColumn) -> str:
    """The value of an optional column, null where the file has a word for nothing."""
    sql, family = source.sql, family_of(source.data_type)
    if family == "float":
        return f"case when not isnan({sql}) then {sql} end"
    if family != "text":
        return sql
    text = f"cast({sql} as varchar)"
    words = ", ".join(text_literal(word) for word in _NULL_WORDS)
    # The length first: it rules most values out for nothing.
    return (
        f"case when length({text}) < 8 and lower(trim({text})) in ({words}) then null "
        f"when starts_with({text}, '0000-00-00') then null else {text} end"
    )


def _parse_decimal(
    column: Column, source: GivenColumn, family: Family
) -> tuple[str, str, tuple[Check, ...]] | None:
    given = f"given_{column.name}"
    sql = source.sql
    if family in ("integer", "decimal"):
        value = f"try_cast({given} as {column.data_type})"
        return sql, value, _failed(column, ("", Reason.OUT_OF_RANGE))
    if family not in ("text", "float"):
        return None
    # The shortest text of a float is what its maker wrote; a cast of the float itself is not.
    # try_cast rounds half away from zero; it also takes 1_000, which is a separator.
    number = _with_decimal_point(given) if source.has_decimal_comma else given
    thousands = f" and {_matches(column, _THOUSANDS)}" if source.has_decimal_comma else " and false"
    value = (
        f"case when not contains({given}, '_') then try_cast({number} as {column.data_type}) end"
    )
    checks = _failed(
        column,
        (thousands, Reason.INVALID_NUMBER),
        (f" and {_matches(column, _NOT_FINITE)}", Reason.NOT_FINITE),
        (f" and {_matches(column, _NUMBER)}", Reason.OUT_OF_RANGE),
        ("", Reason.INVALID_NUMBER),
    )
    return _blank_is_null(sql), value, checks


def _with_decimal_point(sql: str) -> str:
    """A number of a file in which `12,50` is one; `1.250` may be either and so is none."""
    return (
        f"case when regexp_full_match({sql}, '[+-]?[0-9]+,[0-9]+') then replace({sql}, ',', '.') "
        f"when not regexp_full_match({sql}, '{_THOUSANDS}') then {sql} end"
    )


def _scale(data_type: str) -> int:
    return int(re.split("[,)]", data_type)[1])


def is_rounded(column: Column, source: GivenColumn) -> str | None:
    """The condition under which a number has more decimals than its column; None if it cannot."""
    family = family_of(source.data_type)
    if column.kind != "decimal" or family in (None, "integer", "nested"):
        return None
    if family == "decimal" and _scale(source.data_type) <= _scale(column.data_type):
        return None
    given = f"given_{column.name}"
    return (
        f"coalesce(length(cast({given} as varchar)) > 5 "
        f"and abs(try_cast({given} as double) - {column.name}) > 1e-9, false)"
    )


def _parse_integer(
    column: Column, source: GivenColumn, family: Family
) -> tuple[str, str, tuple[Check, ...]] | None:
    given = f"given_{column.name}"
    sql = source.sql
    if family == "integer":
        value = f"try_cast({given} as bigint)"
        return sql, value, _failed(column, ("", Reason.OUT_OF_RANGE))
    if family not in ("text", "float", "decimal"):
        return None
    # A plain cast rounds 12.5 to 13.
    exact = f"try_cast({given} as decimal(38,15))"
    whole = r"[+-]?[0-9]+([.]0*)?|[+-]?[0-9]([.][0-9]+)?[eE][+]?[0-9]+"
    # Whole numbers of 38 digits are slow to divide, and most are plain and short.
    value = (
        f"case when {_matches(column, '[0-9]{1,18}')} then try_cast({given} as bigint) "
        f"when not contains({given}, '_') and {exact} = trunc({exact}) "
        f"then try_cast({exact} as bigint) end"
    )
    checks = _failed(
        column,
        (f" and {_matches(column, _NOT_FINITE)}", Reason.NOT_FINITE),
        (f" and {_matches(column, whole)}", Reason.OUT_OF_RANGE),
        ("", Reason.INVALID_INTEGER),
    )
    return _blank_is_null(sql), value, checks


def _parse_timestamp(
    column: Column, source: GivenColumn, family: Family
) -> tuple[str, str, tuple[Check, ...]] | None:
    given = f"given_{column.name}"
    sql = source.sql
    if family == "timestamptz":
        return sql, f"timezone('UTC', {given})", ()
    if family in ("timestamp", "date"):
        value = f"try_cast({given} as timestamp)"
        return sql, value, _failed(column, ("", Reason.OUT_OF_RANGE))
    if family in ("integer", "float", "decimal"):
        return sql, "null", _failed(column, ("", Reason.EPOCH_TIMESTAMP))
    if family != "text":
        return None
    # A cast to timestamp drops the offset of the text without a word; timestamptz applies it.
    value = (
        f"case when {_matches(column, _UTC_TIMESTAMP)} "
        f"then coalesce(try_cast({given} as timestamp), "
        f"try_cast({_spelled_out(given)} as timestamp)) "
        f"when {_matches(column, _OFFSET_TIMESTAMP)} "
        f"then timezone('UTC', try_cast({_spelled_out(given)} as timestamptz)) end"
    )
    epoch = _matches(column, r"[+-]?[0-9]{9,19}([.][0-9]*)?|[0-9][.][0-9]+[eE][+]?[0-9]+")
    checks = _failed(
        column, (f" and {epoch}", Reason.EPOCH_TIMESTAMP), ("", Reason.INVALID_TIMESTAMP)
    )
    return _blank_is_null(sql), value, checks


def _spelled_out(sql: str) -> str:
    """A timestamp with seconds and with hours and minutes of its offset, as DuckDB wants them."""
    time = f"regexp_extract({sql}[12:], '^[0-9]{{2}}:[0-9]{{2}}(:[0-9]{{2}}([.][0-9]{{1,6}})?)?')"
    offset = f"regexp_extract({sql}[12:], '([+-][0-9]{{2}}):?([0-9]{{2}})?$', ['hours', 'minutes'])"
    return (
        f"{sql}[1:10] || ' ' || case when length({time}) = 5 then {time} || ':00' else {time} end "
        f"|| case when {offset}.hours = '' then '' "
        f"when {offset}.minutes = '' then {offset}.hours || ':00' "
        f"else {offset}.hours || ':' || {offset}.minutes end"
    )


def _parse_date(
    column: Column, source: GivenColumn, family: Family
) -> tuple[str, str, tuple[Check, ...]] | None:
    given = f"given_{column.name}"
    sql = source.sql
    if family == "date":
        return sql, given, ()
    failed = _failed(column, ("", Reason.INVALID_DATE))
    if family in ("timestamp", "timestamptz"):
        instant = f"timezone('UTC', {sql})" if family == "timestamptz" else sql
        # A time of day says that the value is an instant, whose date depends on a zone.
        value = f"case when {given} = date_trunc('day', {given}) then cast({given} as date) end"
        return f"cast({instant} as timestamp)", value, failed
    if family != "text":
        return None
    # The first ten characters: the pattern allows midnight behind them and nothing else.
    value = f"case when {_matches(column, _DATE)} then try_cast({given}[1:10] as date) end"
    return _blank_is_null(sql), value, failed


def _parse_boolean(
    column: Column, source: GivenColumn, family: Family
) -> tuple[str, str, tuple[Check, ...]] | None:
    given = f"given_{column.name}"
    sql = source.sql
    if family == "boolean":
        return sql, given, ()
    if family not in ("text", "integer", "float", "decimal"):
        return None
    value = (
        f"case when lower({given}) in ('true', 't', 'yes', 'y', '1', '1.0') then true "
        f"when lower({given}) in ('false', 'f', 'no', 'n', '0', '0.0') then false end"
    )
    return _blank_is_null(sql), value, _failed(column, ("", Reason.INVALID_BOOLEAN))


def _parse_json(
    column: Column, source: GivenColumn, family: Family
) -> tuple[str, str, tuple[Check, ...]] | None:
    given = f"given_{column.name}"
    sql = source.sql
    text = f"cast(to_json({sql}) as varchar)" if family == "nested" else _blank_is_null(sql)
    value = f"case when json_valid({given}) then cast(json({given}) as varchar) end"
    checks = _failed(column, ("", Reason.INVALID_JSON))
    if column.json_type == "object":
        no_object = Check(f"{column.name}[1] <> '{{'", Reason.INVALID_JSON, column.name)
        checks = (*checks, no_object)
    return f"nullif({text}, 'null')", value, checks
