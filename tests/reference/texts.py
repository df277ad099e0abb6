"""How texts are compared: folded names, canonical ids, numbers, dates written in properties.

Belongs here: the reading of one text by itself (docs/raw_contract.md#values,
docs/lifecycle_semantics.md#signals). Does not belong here: what the text says about anybody.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any

NULL_WORDS = frozenset({"", "null", "\\n", "nan", "nat", "n/a", "none"})
ASCII_WHITE_SPACE = " \t\n\r\x0b\x0c"
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,5})?")
_SCIENTIFIC = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?[eE]\+[0-9]+")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.[0-9]+)?)?"
    r"(?:(Z)|([+-])([0-9]{2}):?([0-9]{2}))?"
)


@cache
def folded(name: str) -> str:
    """A name as it is compared: lower case, all but letters and digits one blank, trimmed."""
    kept = (
        letter if unicodedata.category(letter)[0] == "L" or letter.isdecimal() else " "
        for letter in name.lower()
    )
    return " ".join("".join(kept).split())


def is_null_word(text: str) -> bool:
    """Whether a text in an optional column stands for no value."""
    return text.strip().lower() in NULL_WORDS


@cache
def canonical_id(text: str) -> str | None:
    """An id without text mark and trailing zeros, None when it is a number beyond repair."""
    plain = re.sub(r"^'(?=[0-9=+@-])", "", unicodedata.normalize("NFC", text).strip())
    if _SCIENTIFIC.fullmatch(plain):
        return None
    return re.sub(r"^([0-9]+)\.0+$", r"\1", plain)


def number(text: str | None) -> Decimal | None:
    """The number a text states to 10 decimals, None when it states none."""
    plain = (text or "").strip(ASCII_WHITE_SPACE)
    if not _NUMBER.fullmatch(plain):
        return None
    exact = Fraction(plain)
    if abs(exact) >= 10**28:
        return None
    return rounded(exact, 10)


def rounded(exact: Fraction, places: int) -> Decimal:
    """Round half away from zero."""
    units = int(abs(exact) * 10**places + Fraction(1, 2))
    return Decimal(f"{'' if exact >= 0 else '-'}{units}e-{places}")


def properties_of(text: str | None) -> dict[str, Any]:
    """The object in a ``properties`` column; numbers as ``Decimal`` or ``int``."""
    found = json.loads(text, parse_float=Decimal) if text else {}
    return found if isinstance(found, dict) else {}


def told(value: Any) -> str | None:
    """The text of a JSON string or number, None of anything else."""
    if isinstance(value, str):
        return value
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        return str(value)
    return None


def stated_date(value: Any, date_of: Callable[[datetime], date]) -> date | None:
    """The date that ``paid_until`` or ``ends_on`` states, None when it is unusable.

    Args:
        value: the property.
        date_of: the reporting date of a naive UTC instant.
    """
    if not isinstance(value, str):
        return None
    try:
        if _DAY.fullmatch(value):
            return date.fromisoformat(value)
        found = _INSTANT.fullmatch(value)
        if not found:
            return None
        day, hours, minutes, seconds, _, sign, ahead, ahead_minutes = found.groups()
        instant = datetime.combine(date.fromisoformat(day), datetime.min.time()).replace(
            hour=int(hours), minute=int(minutes), second=int(seconds or 0)
        )
        if sign:
            offset = timedelta(hours=int(ahead), minutes=int(ahead_minutes))
            zone = timezone(offset if sign == "+" else -offset)
            instant = instant.replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None)
        return date_of(instant)
    except (ValueError, OverflowError):
        return None
