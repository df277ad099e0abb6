"""How a file writes letters, amounts and times, guessed by its first rows.

Belongs here: marks, orders of day and month, epochs, the expressions that make them plain. Does not
belong here: which column holds what (guess_layout).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from orchestration.ingest.landing_directory import LandingFile

_SAMPLE_BYTES = 1 << 16
_ISO = re.compile(r"\d{4}-\d\d-\d\d")
_EPOCH = re.compile(r"\d{10}(\d{3}|\d{6})?(\.\d+)?")
# A year stands somewhere, so there is more than a time of day.
_DAY = re.compile(r"\d{1,4}[^\d:]\w{1,9}[^\w:]+\d{2,4}|[A-Za-z]{3,9} \d{1,2}\D+\d{4}|\d{8}")
_PLAIN = re.compile(r"-?\d+([.,]\d+)?")
_COMMA = re.compile(r"-?[\d.'\s]*\d,\d{1,2}")
_POINT = re.compile(r"-?[\d,'\s]*\d\.\d+")
# What stands round an amount; brackets mean less than nothing, and are left to be refused.
_MARKED = re.compile(r"[^\d()]*\d[\d.,'\s]*[^\d()]*")
_NO_DIGITS = re.compile(r"[^\d.,-]")
# Day before month where both fit one alike, for `is_european`.
_DAYS = (
    "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d",
    "%d.%m.%y", "%d/%m/%y", "%m/%d/%y", "%d-%b-%Y", "%d %b %Y", "%d %B %Y", "%b %d, %Y",
    "%B %d, %Y",
)  # fmt: skip
# So many tell which forms there are at all.
_FEW = 20
_TIMES = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", ", %H:%M", ", %H:%M:%S")


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


def could_be_instants(values: Sequence[str]) -> bool:
    """Say whether values may be days or times of a day; a time alone is none."""
    return not values or any(
        _EPOCH.fullmatch(value) or _ISO.match(value) or _DAY.match(value) for value in values
    )


def dates_format(values: Sequence[str], *, is_european: bool) -> tuple[str, bool]:
    """Return how days and times are written, and whether month and day could change places.

    Blank for ISO 8601 and epochs, which need no word.
    """
    others = [value for value in values if not _ISO.match(value) and not _EPOCH.fullmatch(value)]
    possible = [
        day + time
        for day in _DAYS
        for time in _TIMES
        if any(_parses(value, day + time) for value in others[:_FEW])
    ]
    if not possible:
        return "", False
    fits = {form: sum(_parses(value, form) for value in others) for form in possible}
    most = max(fits.values())
    best = [form for form, count in fits.items() if count == most]
    is_unclear = len(best) > 1 and not is_european
    return best[0], is_unclear


def instant_expression(sql: str, values: Sequence[str]) -> str:
    """Return the expression of a timestamp where values are seconds since 1970; else blank."""
    if not values or not all(_EPOCH.fullmatch(value) for value in values):
        return ""
    digits = len(values[0].split(".")[0])
    factor = 10 ** (16 - digits)
    number = f"try_cast({sql} as decimal(38, 6))"
    micros = number if factor == 1 else f"{number} * {factor}"
    # It says that it is UTC, whatever zone the other times of the file are in.
    return f"concat(make_timestamp(cast({micros} as bigint)), 'Z')"


def has_decimal_comma(values: Sequence[str]) -> bool:
    """Say whether amounts have a comma before their cents."""
    bare = [_NO_DIGITS.sub("", value) for value in values]
    return any(map(_COMMA.fullmatch, bare)) and not any(map(_POINT.fullmatch, bare))


def is_plain_amount(value: str) -> bool:
    """Say whether an amount is digits and one mark alone."""
    return bool(_PLAIN.fullmatch(value) or re.fullmatch(r"-?\d{1,3}(\.\d{3})+,\d{1,2}", value))


def is_any_amount(value: str) -> bool:
    """Say whether an amount is one number, with a currency or thousands marks perhaps."""
    return bool(_MARKED.fullmatch(value))


def plain_amount(sql: str, *, comma: bool) -> str:
    """Return the expression of an amount without currency and thousands marks."""
    kept = "," if comma else "."
    return f"regexp_replace({sql}, '[^0-9{kept}-]', '', 'g')"


def _parses(value: str, form: str) -> bool:
    try:
        # What the machine speaks is English here, as in DuckDB: the names of months are.
        datetime.strptime(value, form)
    except ValueError:
        return False
    return True
