"""What a file of no known layout may hold, as an entry of sources.yml to look at or to complete.

Belongs here: columns guessed by likely names (`words/likely_columns.csv`) and held against the
first rows. Does not belong here: known layouts, how values are written (guess_format), writing
files.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from orchestration.command.landing.guess_format import (
    could_be_instants,
    dates_format,
    encoding_of,
    has_decimal_comma,
    instant_expression,
    is_any_amount,
    is_plain_amount,
    plain_amount,
)
from orchestration.ingest import words
from orchestration.ingest.column_names import fold_name
from orchestration.ingest.judging.columns import match_columns, require_columns
from orchestration.ingest.landing_directory import LandingFile
from orchestration.ingest.raw_contract import Contract
from orchestration.ingest.reasons import FileRefusedError
from orchestration.ingest.sources.expressions import COPY_NUMBER
from orchestration.ingest.sources.first_rows import NESTED
from orchestration.ingest.sources.recognition import Header, Match
from orchestration.ingest.words import folded_text, read_words
from orchestration.sql_text import identifier, text_literal

_LIKELY = Path(words.__file__).with_name("likely_columns.csv")
# More names than this nobody reads.
_MAX_NAMES = 60
# What an entry cannot do without, alternatives in one row; the first table that has all is taken.
_NEEDED = {
    "events": (("event_name",), ("occurred_at",), ("user_id", "anonymous_id")),
    "orders": (("order_id",), ("created_at",), ("total_price",)),
    "customers": (("customer_id",), ("created_at",), ("email", "first_name", "last_name")),
}
# An id under which two rows say different things of these is none.
_TOLD_BY_ID = {
    "event_id": ("event_name", "occurred_at", "user_id", "anonymous_id"),
    "order_id": ("total_price", "created_at"),
    "customer_id": ("email",),
}
_IDS = {"events": "event_id", "orders": "order_id", "customers": "customer_id"}
_INSTANTS = ("occurred_at", "created_at")
REFUNDED = "refunds.amount"
# A list of subscriptions has amounts and times too, and is nobody's orders.
_TERMS = re.compile(r"^current_(period|term)_|^next_billing|^(subscription_)?interval$")
_IN_BRACKETS = re.compile(r"[(\[](.*?)[)\]]")
_NET = re.compile(r"\b(ex|excl|net|without)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Guess:
    """What may be said of a file.

    Attributes:
        sentence: for the person who asked; blank if the file has no names to guess by.
        entry: lines of sources.yml that may be right as they are.
        draft: lines of it, as comments, that somebody has to complete.
        needs_currency: its orders state none.
    """

    sentence: str
    entry: tuple[str, ...] = ()
    draft: tuple[str, ...] = ()
    needs_currency: bool = False


@dataclass(frozen=True)
class _Given:
    """A column of the file, or what lies within one.

    Attributes:
        name: as the file spells it.
        sql: the expression of its text.
        is_nested: whether it lies within a column.
        values: of the first rows, blank where a row has none.
    """

    name: str
    sql: str
    is_nested: bool
    values: tuple[str, ...]

    @property
    def filled(self) -> list[str]:
        return [value for value in self.values if value]


def guess_layout(
    file: LandingFile,
    header: Header,
    rows: Sequence[Mapping[str, str]],
    contract: Contract,
    currency: str,
    timezone: str,
) -> Guess:
    """Guess what a file holds that no adapter reads.

    Args:
        file: the file.
        header: its column names.
        rows: its first rows as text.
        contract: the tables.
        currency: of orders that state none; blank if unknown.
        timezone: IANA zone of times without an offset; blank for UTC.
    """
    lacks = _what_its_table_lacks(file, header, contract)
    if lacks == "":
        return Guess(f"{file.name}: {file.table} in contract shape, other names understood.")
    given = _given(header, rows)
    if not file.table and any(map(_TERMS.search, given)):
        return Guess(
            f"{file.name}: it looks like a list of subscriptions as they are now, which no table "
            "holds; subscriptions are read from events (Subscription Started, Renewed, Cancelled "
            "with value and subscription_id) or from Fivetran's Stripe tables. It is left out."
        )
    # A file that is called as a table is that table.
    tables = [name for name in _NEEDED if file.table in (name, "")]
    columns = {name: _matched(given, _likely()[name]) for name in tables}
    table = next((name for name in tables if _has(columns[name], _NEEDED[name])), "")
    if table and (said := _rows_are_lines(table, columns[table])):
        return Guess(f"{file.name}: {said}", draft=_draft(file, table, columns[table], header))
    if table:
        return _entry(file, table, columns[table], currency, timezone)
    if lacks is not None and file.table not in _NEEDED:
        return Guess(
            f"{file.name}: {file.table} by its name, and would be refused. {lacks} "
            "Rename the columns, or say in sources.yml which is which."
        )
    table = file.table or max(columns, key=lambda name: len(columns[name]))
    if not columns[table]:
        # What stands there instead of names may be a person's data, and is not repeated.
        sentence = f"{file.name}: its first line has no name that is known; it is left out."
        return Guess(sentence)
    missing = [" or ".join(names) for names in _NEEDED[table] if not _has(columns[table], (names,))]
    sentence = (
        f"{file.name}: no known layout, and nothing in it looks like {' and '.join(missing)}; "
        "sources.yml has a draft of an entry to complete."
    )
    return Guess(sentence, draft=_draft(file, table, columns[table], header))


def format_of_known(file: LandingFile, match: Match, rows: Sequence[Mapping[str, str]]) -> str:
    """Return what sources.yml says of how a file of a known layout is written; mostly nothing."""
    form: dict[str, str] = {}

    def values(columns: Collection[str]) -> list[str]:
        read = {text for name in columns for text in (name, *match.role.columns[name])}
        return [text for row in rows for name, text in row.items() if fold_name(name) in read]

    comma = has_decimal_comma(values(match.adapter.amounts))
    if comma:
        form["decimal"] = '","'
    dates, _ = dates_format(values(match.adapter.instants), is_european=comma)
    if dates:
        form["dates"] = quoted(dates)
    if (encoding := encoding_of(file)) is not None:
        form["encoding"] = encoding
    return _flow(form) if form else ""


def quoted(text: str) -> str:
    """Return a YAML text in quotes."""
    return json.dumps(text, ensure_ascii=False)


def _what_its_table_lacks(file: LandingFile, header: Header, contract: Contract) -> str | None:
    """Say what a file lacks to be the table of its name; None if its name is no table's."""
    if file.table not in contract.table_names:
        return None
    table = contract.table(file.table)
    try:
        require_columns(table, match_columns(table, header.names), header.names)
    except FileRefusedError as refusal:
        return str(refusal)
    return ""


@cache
def _likely() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Table to column to what people call it, the likeliest first."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    with _LIKELY.open(encoding="utf-8", newline="") as source:
        for row in csv.DictReader(source):
            found.setdefault(row["table"], {})[row["column"]] = tuple(row["words"].split())
    return found


def _given(header: Header, rows: Sequence[Mapping[str, str]]) -> dict[str, _Given]:
    """Folded name to column: as it stands, then without what it says in brackets, then nested."""
    found: dict[str, _Given] = {}

    def add(folded: str, name: str, sql: str, key: str, *, is_nested: bool = False) -> None:
        if folded and folded not in found:
            values = tuple(row.get(key, "") for row in rows)
            found[folded] = _Given(name, sql, is_nested, values)

    for name in header.names:
        add(fold_name(name), name, identifier(name), name)
    for name in header.names:
        in_brackets = _IN_BRACKETS.search(name)
        if in_brackets and not _NET.search(in_brackets[1]):
            add(fold_name(_IN_BRACKETS.sub("", name)), name, identifier(name), name)
    for key in dict.fromkeys(key for row in rows for key in row if NESTED in key):
        outer, _, inner = key.partition(NESTED)
        if outer in header.names:
            # A key that begins with a dollar sign would be a path.
            path = inner if inner.isidentifier() else f'$."{inner}"'
            sql = f"{identifier(outer)} ->> {text_literal(path)}"
            add(fold_name(inner), key, sql, key, is_nested=True)
    return found


def _matched(
    given: Mapping[str, _Given], wanted: Mapping[str, tuple[str, ...]]
) -> dict[str, _Given]:
    """Contract column to the file's, each of the file's used once; times look like times."""
    left: dict[str, _Given] = dict(given)
    matched: dict[str, _Given] = {}
    for target, spellings in wanted.items():
        for spelling in spellings:
            column = left.get(spelling)
            # A column without a value in all first rows tells nothing.
            if column is None or (column.values and not column.filled):
                continue
            if target in _INSTANTS and not could_be_instants(column.filled):
                continue
            matched[target] = column
            # A name in brackets stands for the column under both names.
            left = {name: one for name, one in left.items() if one.name != column.name}
            break
    identity = next((name for name in _TOLD_BY_ID if name in matched), None)
    if identity == "event_id":
        _replace_counter(matched, given, wanted[identity])
    if identity == "customer_id" and "email" in wanted and "email" not in matched:
        email = next((given[name] for name in wanted["email"] if name in given), None)
        return matched | ({"email": email} if email else {})
    return matched


def _replace_counter(
    matched: dict[str, _Given], given: Mapping[str, _Given], spellings: Sequence[str]
) -> None:
    """Take another id for events, or none, where one stands on events that differ."""
    told = [matched[name] for name in _TOLD_BY_ID["event_id"] if name in matched]
    used = {column.name for name, column in matched.items() if name != "event_id"}
    candidates = [given[name] for name in spellings if name in given]
    fitting = [column for column in candidates if column.name not in used and _tells(column, told)]
    if fitting:
        matched["event_id"] = fitting[0]
    else:
        del matched["event_id"]


def _tells(identity: _Given, told: Sequence[_Given]) -> bool:
    """Say whether rows of one id say the same of other columns, and each row has an id."""
    said: dict[str, tuple[str, ...]] = {}
    for place, key in enumerate(identity.values):
        row = tuple(column.values[place] for column in told)
        if not key or said.setdefault(key, row) != row:
            return False
    return True


def _rows_are_lines(table: str, columns: Mapping[str, _Given]) -> str:
    """Say that an order stands in several rows that each have a total of their own; else blank."""
    if table != "orders" or not columns["order_id"].filled:
        return ""
    told = [columns[name] for name in _TOLD_BY_ID["order_id"]]
    if _tells(columns["order_id"], told):
        return ""
    return (
        f"one {shown_name(columns['order_id'])} stands in several rows that differ in "
        f"{' or '.join(shown_name(column) for column in told)}, so its rows are lines or copies "
        "and no orders; call its columns as sales_lines reads them (order_id, date, quantity, "
        "unit_price, product), or land a file with one row per order. sources.yml has a draft."
    )


def shown_name(column: _Given) -> str:
    """Return a column's name as messages quote it."""
    return quoted(column.name)


def _has(columns: Mapping[str, _Given], needed: Sequence[Sequence[str]]) -> bool:
    return all(any(name in columns for name in names) for names in needed)


def _entry(
    file: LandingFile, table: str, columns: dict[str, _Given], currency: str, timezone: str
) -> Guess:
    """Return the entry that may be right as it is, with what somebody has to look at."""
    asked: list[str] = []
    constants: dict[str, str] = {}
    form: dict[str, str] = {}
    refunded = columns.pop(REFUNDED, None)
    instant = "occurred_at" if table == "events" else "created_at"
    comma = has_decimal_comma(columns["total_price"].filled) if table == "orders" else False
    if comma:
        form["decimal"] = '","'
    dates, is_unclear = dates_format(columns[instant].filled, is_european=comma)
    if dates:
        form["dates"] = quoted(dates)
    if is_unclear:
        asked.append(
            f"{shown_name(columns[instant])} may begin with the day or the month: look at "
            f"dates: {form['dates']} in it"
        )
    if (encoding := encoding_of(file)) is not None:
        form["encoding"] = encoding
    if timezone and timezone != "UTC":
        form["timezone"] = timezone
    written = {target: _written(target, column, comma=comma) for target, column in columns.items()}
    if table == "events" and "event_id" not in columns:
        parts = ", ".join(column.sql for column in columns.values())
        made = quoted(f"= md5(concat_ws('|', {parts}, {COPY_NUMBER}))")
        written = {"event_id": made, **written}
    if table == "orders" and "status" not in columns:
        constants["status"] = "paid"
        asked.append("no column of it says what became of an order, and each is taken as paid")
    needs_currency = table == "orders" and "currency" not in columns
    if needs_currency and currency:
        constants["currency"] = currency
    if refunded is not None:
        written |= _refunds(columns, refunded, comma=comma)
    lines = [f"  - files: {quoted(file.name)}", f"    table: {table}", "    columns:"]
    lines += [f"      {target}: {text}" for target, text in written.items()]
    if unknown := _unknown_statuses(columns):
        asked.append(f"{len(unknown)} of its statuses are unknown: complete values: in it")
        pairs = ", ".join(f"{quoted(word)}: " for word in unknown)
        lines.append(f"    # values: {{status: {{{pairs}}}}}  # each paid, pending, failed, …")
    if constants:
        lines.append(f"    constants: {_flow(constants)}")
    if form:
        lines.append(f"    format: {_flow(form)}")
    sentence = f"{file.name}: no known layout; look at the columns proposed for it."
    if asked:
        sentence = f"{sentence.removesuffix('.')}; {'; '.join(asked)}."
    return Guess(sentence, tuple(lines), needs_currency=needs_currency)


def _written(target: str, column: _Given, *, comma: bool) -> str:
    """Return what stands in the entry: the column's name, or an expression that mends its text."""
    if target == "total_price" and not all(map(is_plain_amount, column.filled)):
        if all(map(is_any_amount, column.filled)):
            return quoted(f"= {plain_amount(column.sql, comma=comma)}")
    elif target in _INSTANTS and (made := instant_expression(column.sql, column.filled)):
        return quoted(f"= {made}")
    return quoted(f"= {column.sql}") if column.is_nested else quoted(column.name)


def _refunds(columns: Mapping[str, _Given], refunded: _Given, *, comma: bool) -> dict[str, str]:
    """Return the columns of the refund that an order's own row states; without one, no row."""
    amount = plain_amount(refunded.sql, comma=comma)
    amount = f"replace({amount}, ',', '.')" if comma else amount
    is_refunded = f"try_cast({amount} as decimal(18, 4)) > 0"
    order = columns["order_id"]
    refund = f"= case when {is_refunded} then concat({order.sql}, ':refunded') end"
    return {
        "refunds.refund_id": quoted(refund),
        "refunds.order_id": _written("order_id", order, comma=comma),
        "refunds.created_at": _written("created_at", columns["created_at"], comma=comma),
        "refunds.amount": _written("total_price", refunded, comma=comma),
    }


def _unknown_statuses(columns: Mapping[str, _Given]) -> list[str]:
    if "status" not in columns:
        return []
    known = read_words("statuses")
    return sorted({word for word in columns["status"].filled if folded_text(word) not in known})


def _flow(pairs: Mapping[str, str]) -> str:
    return f"{{{', '.join(f'{name}: {value}' for name, value in pairs.items())}}}"


def _draft(
    file: LandingFile, table: str, columns: Mapping[str, _Given], header: Header
) -> tuple[str, ...]:
    needed = [names[0] for names in _NEEDED[table]]
    targets = [*needed, *(name for name in columns if name not in (*needed, REFUNDED))]
    lines = [
        f"  - files: {quoted(file.name)}",
        f"    table: {table}",
        "    columns:",
        *(
            f"      {name}: {_written(name, columns[name], comma=False) if name in columns else ''}"
            for name in targets
        ),
    ]
    shown = ", ".join(quoted(name) for name in header.names[:_MAX_NAMES])
    told = f"# {file.name}: fill in what is blank, then take the marks away. Its columns: {shown}."
    return (told, *(f"#{line}" for line in lines))
