"""What makes the rows of `event_signals.csv` runnable: names, conditions, signals, agreement.

Belongs here: everything about that one seed, each problem with its line. Does not belong here:
whether a rule may name a signal (`rule_checks`), and what an event feeds, which SQL decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product

from orchestration.errors import nearest, shown
from orchestration.rules.seed_rows import Rows, SeedRow, is_true, name_problems, truth_problems

# Made by the build from orders, sessions, refunds and contracts; no event feeds them.
DERIVED_SIGNALS = frozenset(
    {
        *("visit", "order", "revenue", "open_order", "delivery", "refund"),
        *("reactivation", "purchase", "subscribed", "any"),
    }
)
# The columns of events that can be compared; a test holds them against the raw contract.
TEXT_COLUMNS = (
    *("event_id", "event_name", "anonymous_id", "user_id", "session_id", "cart_id", "order_id"),
    *("product_id", "currency", "page_url", "referrer", "utm_source", "utm_medium"),
    *("utm_campaign", "device_type", "country"),
)
NUMBER_COLUMNS = ("quantity", "value")
OTHER_COLUMNS = ("occurred_at", "received_at", "properties")
_TEXT_OPERATORS = ("equals", "in", "starts_with", "contains")
_NUMBER_OPERATORS = ("at_least", "below")
_IN_PROPERTIES = "properties."
_NUMBER = re.compile(r"[+-]?\d{1,27}(\.\d{1,10})?([eE][+-]?\d{1,2})?", re.ASCII)


def folded_name(name: str) -> str:
    """Return an event name as names are compared: letters and digits, parted by single blanks."""
    kept = (letter if letter.isalpha() or letter.isdecimal() else " " for letter in name.lower())
    return " ".join("".join(kept).split())


def event_signal_problems(event_signals: Rows) -> Iterator[str]:
    """Yield every problem of the rows, each one sentence with file and line."""
    yield from name_problems(tuple(row for row in event_signals if row["signal"]), ("signal",))
    for column in ("is_money", "is_key_event", "is_visit"):
        yield from truth_problems(event_signals, column)
    for row in event_signals:
        yield from _name_problems(row)
        if row["signal"]:
            yield from _condition_problems(row)
        else:
            yield from _blank_signal_problems(row)
        if row["signal"] in DERIVED_SIGNALS:
            text = f"the signal {shown(row['signal'])} is made by the build"
            yield row.problem(f"{text} and cannot come from an event")
    yield from _disagreements(event_signals)


def _name_problems(row: SeedRow) -> Iterator[str]:
    event = row["event_name"]
    if not event or len(event) > 200 or not event.isprintable():
        yield row.problem("event_name must be 1 to 200 printable characters")
    elif not folded_name(event):
        text = f"the event_name {shown(event)} holds no letter and no digit"
        yield row.problem(f"{text}; names are compared by these alone")
    if len(row["value_property"]) > 100 or not row["value_property"].isprintable():
        yield row.problem("value_property must be at most 100 printable characters")


def _blank_signal_problems(row: SeedRow) -> Iterator[str]:
    for column in ("property", "operator", "operand", "value_property"):
        if row[column]:
            text = "a row without a signal says only whether the event is a key event and a visit"
            yield row.problem(f"{text}; leave {column} blank or name a signal")
    if is_true(row["is_money"]):
        yield row.problem("a row without a signal has no value; set is_money to false")


def _condition_problems(row: SeedRow) -> Iterator[str]:
    name, operator, operand = row["property"], row["operator"], row["operand"]
    if not (name or operator or operand):
        return
    if not name:
        yield row.problem("there is an operator or operand but no property to compare")
    elif name == _IN_PROPERTIES:
        yield row.problem("the property names no key; write properties.<key>")
    elif not name.startswith(_IN_PROPERTIES):
        yield from _column_problems(row)
    operators = (*_TEXT_OPERATORS, *_NUMBER_OPERATORS)
    if operator not in operators:
        text = f"the operator {shown(operator)} is unknown{nearest(operator, operators)}"
        yield row.problem(f"{text}; there are {', '.join(operators)}")
    if not operand:
        yield row.problem("the operand is blank, which nothing equals; write what to compare with")
    elif operator in _NUMBER_OPERATORS and not _NUMBER.fullmatch(operand):
        yield row.problem(f"{operator} compares with a number, not {shown(operand)}")
    elif operator == "in" and not all(part.strip() for part in operand.split("|")):
        yield row.problem(f"a part of the operand {shown(operand)} is blank; part values by one |")


def _column_problems(row: SeedRow) -> Iterator[str]:
    name = row["property"]
    comparable = (*TEXT_COLUMNS, *NUMBER_COLUMNS)
    if name in OTHER_COLUMNS:
        text = f"the column {shown(name)} is neither a text nor a number"
        yield row.problem(f"{text}; compare another column or properties.<key>")
    elif name not in comparable:
        text = f"the property {shown(name)} is no column of events{nearest(name, comparable)}"
        yield row.problem(f"{text}; a key of properties is written properties.<key>")
    elif name in NUMBER_COLUMNS and row["operator"] in _TEXT_OPERATORS:
        text = f"the column {name} is a number, which {row['operator']} cannot compare"
        yield row.problem(f"{text}; use at_least or below")


def _disagreements(event_signals: Rows) -> Iterator[str]:
    """Yield a problem for each row that contradicts an earlier one on its name, or its signal."""
    of_the_name = product(("is_key_event", "is_visit"), ((),))
    of_the_signal = product(("value_property", "is_money"), (("signal",),))
    for column, key in (*of_the_name, *of_the_signal):
        said: dict[tuple[str, ...], SeedRow] = {}
        for row in event_signals:
            if key and not row["signal"]:
                continue
            named = (folded_name(row["event_name"]), *(row[name] for name in key))
            other = said.setdefault(named, row)
            if row[column].lower() != other[column].lower():
                text = f"{column} of the event {shown(row['event_name'])} differs from"
                place = other.seen_from(row)
                yield row.problem(f"{text} {place}; all rows of {_rows_of(key)} agree on it")


def _rows_of(key: tuple[str, ...]) -> str:
    return "one event name and signal" if key else "one event name"
