"""What a file of no known layout may hold, as an entry of sources.yml to look at or to complete.

Belongs here: columns guessed by likely names (`words/likely_columns.csv`), marks of numbers, dates
and letters guessed by the first rows. Does not belong here: known layouts, writing files.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from orchestration.ingest import words
from orchestration.ingest.column_names import fold_name
from orchestration.ingest.contract import Contract
from orchestration.ingest.judging.columns import match_columns, require_columns
from orchestration.ingest.landing_directory import LandingFile
from orchestration.ingest.reasons import FileRefusedError
from orchestration.ingest.sources.expressions import COPY_NUMBER
from orchestration.ingest.sources.recognition import Header

_LIKELY = Path(words.__file__).with_name("likely_columns.csv")
_SAMPLE_BYTES = 1 << 16
# More names than this nobody reads.
_MAX_NAMES = 60
# What an entry cannot do without, alternatives in one row.
_NEEDED = {
    "events": (("event_name",), ("occurred_at",), ("user_id", "anonymous_id")),
    "orders": (("order_id",), ("created_at",), ("total_price",)),
}
_COMMA = re.compile(r"-?[\d.']*\d,\d{1,2}")
_POINT = re.compile(r"-?[\d,']*\d\.\d{1,2}")
_DAYS = (
    (re.compile(r"\d{1,2}\.\d{1,2}\.\d{4}"), "%d.%m.%Y"),
    (re.compile(r"(1[3-9]|2\d|3[01])/\d{1,2}/\d{4}"), "%d/%m/%Y"),
    (re.compile(r"\d{1,2}/(1[3-9]|2\d|3[01])/\d{4}"), "%m/%d/%Y"),
)
_TIMES = ((r"", ""), (r" \d{1,2}:\d\d", " %H:%M"), (r" \d{1,2}:\d\d:\d\d", " %H:%M:%S"))


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


def guess_layout(
    file: LandingFile, header: Header, contract: Contract, currency: str, timezone: str
) -> Guess:
    """Guess what a file holds that no adapter reads.

    Args:
        file: the file.
        header: its column names.
        contract: the tables.
        currency: of orders that state none; blank if unknown.
        timezone: IANA zone of times without an offset; blank for UTC.
    """
    lacks = _what_its_table_lacks(file, header, contract)
    if lacks == "":
        return Guess(f"{file.name}: {file.table} in contract shape, other names understood.")
    by_fold = {fold_name(name): name for name in header.names}
    columns = {table: _matched(by_fold, likely) for table, likely in _likely().items()}
    table = next((name for name, needed in _NEEDED.items() if _has(columns[name], needed)), "")
    if table:
        entry, needs_currency = _entry(file, table, columns[table], by_fold, currency, timezone)
        sentence = f"{file.name}: no known layout; look at the columns proposed for it."
        return Guess(sentence, entry, needs_currency=needs_currency)
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


def encoding_of(file: LandingFile) -> str | None:
    """Return the encoding of a text file that is no UTF-8, as Western spreadsheets write them."""
    if file.format != "csv" or file.is_gzip:
        return None
    try:
        with file.path.open("rb") as source:
            sample = source.read(_SAMPLE_BYTES)
    except OSError:
        return None
    if sample.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in sample:
        return None
    try:
        # The last character may be cut.
        sample[: sample.rfind(b"\n") + 1].decode()
    except UnicodeDecodeError:
        return "cp1252"
    return None


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


def _matched(by_fold: Mapping[str, str], wanted: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Contract column to the file's column, each of the file's used once."""
    left = dict(by_fold)
    matched: dict[str, str] = {}
    for target, spellings in wanted.items():
        name = next((spelling for spelling in spellings if spelling in left), None)
        if name is not None:
            matched[target] = left.pop(name)
    return matched


def _has(columns: Mapping[str, str], needed: Sequence[Sequence[str]]) -> bool:
    return all(any(name in columns for name in names) for names in needed)


def _entry(
    file: LandingFile,
    table: str,
    columns: Mapping[str, str],
    by_fold: Mapping[str, str],
    currency: str,
    timezone: str,
) -> tuple[tuple[str, ...], bool]:
    """Return the lines of an entry, and whether somebody has to say the currency."""
    constants: dict[str, str] = {}
    if table == "events" and "event_id" not in columns:
        parts = ", ".join(f'"{by_fold[fold_name(name)]}"' for name in columns.values())
        columns = {"event_id": f"= md5(concat_ws('|', {parts}, {COPY_NUMBER}))", **columns}
    if table == "orders" and "status" not in columns:
        constants["status"] = "paid"
    needs_currency = table == "orders" and "currency" not in columns
    if needs_currency and currency:
        constants["currency"] = currency
    lines = [f"  - files: {quoted(file.name)}", f"    table: {table}", "    columns:"]
    lines += [f"      {target}: {quoted(name)}" for target, name in columns.items()]
    if constants:
        listed = ", ".join(f"{name}: {value}" for name, value in constants.items())
        lines.append(f"    constants: {{{listed}}}")
    form = _format(file, columns)
    if timezone and timezone != "UTC":
        form["timezone"] = timezone
    if form:
        listed = ", ".join(f"{name}: {value}" for name, value in form.items())
        lines.append(f"    format: {{{listed}}}")
    return tuple(lines), needs_currency


def _draft(
    file: LandingFile, table: str, columns: Mapping[str, str], header: Header
) -> tuple[str, ...]:
    needed = [names[0] for names in _NEEDED[table]]
    targets = [*needed, *(name for name in columns if name not in needed)]
    lines = [
        f"  - files: {quoted(file.name)}",
        f"    table: {table}",
        "    columns:",
        *(f"      {name}: {quoted(columns[name]) if name in columns else ''}" for name in targets),
    ]
    shown = ", ".join(quoted(name) for name in header.names[:_MAX_NAMES])
    told = f"# {file.name}: fill in what is blank, then take the marks away. Its columns: {shown}."
    return (told, *(f"#{line}" for line in lines))


def _format(file: LandingFile, columns: Mapping[str, str]) -> dict[str, str]:
    """Guess how a CSV file writes numbers, dates and letters by its first rows."""
    if file.format != "csv" or file.is_gzip:
        return {}
    form: dict[str, str] = {}
    encoding = encoding_of(file)
    with file.path.open(encoding=encoding or "utf-8-sig", errors="replace", newline="") as source:
        lines = source.read(_SAMPLE_BYTES).splitlines()[:-1]
    names = set(columns.values())
    rows = max(
        (list(csv.DictReader(lines, delimiter=delimiter)) for delimiter in (",", ";", "\t", "|")),
        key=lambda found: len(names & set(found[0])) if found else 0,
    )
    money = _values(rows, columns.get("total_price"))
    if any(map(_COMMA.fullmatch, money)) and not any(map(_POINT.fullmatch, money)):
        form["decimal"] = '","'
    days = _values(rows, columns.get("created_at") or columns.get("occurred_at"))
    for pattern, day in _DAYS:
        for behind, time in _TIMES:
            whole = re.compile(pattern.pattern + behind)
            if any(map(whole.fullmatch, days)) and "dates" not in form:
                form["dates"] = quoted(day + time)
    if encoding is not None:
        form["encoding"] = encoding
    return form


def _values(rows: Sequence[Mapping[str, str | None]], name: str | None) -> list[str]:
    return [value.strip() for row in rows if name and (value := row.get(name))]
