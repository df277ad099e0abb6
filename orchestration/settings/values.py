"""The kinds of value a setting can have: from a text to a date, a zone, a currency.

Belongs here: the types that fields are annotated with, and what a text must be to become one.
Does not belong here: single settings, or where a text comes from.

Texts never reach SQL as they were typed: each is parsed into a date, number, truth value or one of
a closed list of names first, and written out again from the parsed value.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated
from urllib.parse import urlparse
from zoneinfo import available_timezones

from pydantic import BeforeValidator
from pydantic_settings import NoDecode

from orchestration.errors import SettingsError, first_line, nearest, shown
from orchestration.settings.currencies import CURRENCIES

EARLIEST, LATEST = date(1990, 1, 1), date(2199, 12, 31)
NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TIMESTAMP = re.compile(
    r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:?\d{2})?)?",
    re.ASCII,
)
_DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_INTEGER = re.compile(r"\d{1,6}", re.ASCII)
_SALT = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_SHARE = re.compile(r"0(\.\d{1,6})?|1(\.0{1,6})?", re.ASCII)
_MEMORY = re.compile(r"[1-9]\d*(MB|GB)")
_TRUTH = {"true": True, "false": False}
# Machine-dependent or meaningless zones that the IANA database lists beside the real ones.
_NOT_ZONES = frozenset({"localtime", "Factory", "posixrules"})


def refusal(origin: str, reason: str, text: str | None) -> str:
    """Return the sentence on a value that cannot be taken; a text of None is not repeated."""
    return f"{origin} {reason}." if text is None else f"{origin} {reason}, not {shown(text)}."


def read_date(origin: str, text: str) -> date:
    """Return the date a text means.

    Raises:
        SettingsError: names the origin of the text and what it must be.
    """
    try:
        return _parse_date(text.strip())
    except ValueError as error:
        raise SettingsError(refusal(origin, str(error), text)) from None


def _parse_date(text: str) -> date:
    expected = f"must be a date from {EARLIEST} to {LATEST} written as YYYY-MM-DD"
    if not _DATE.fullmatch(text):
        raise ValueError(expected)
    try:
        parsed = date.fromisoformat(text)
    except ValueError:
        raise ValueError(expected) from None
    if not EARLIEST <= parsed <= LATEST:
        raise ValueError(expected)
    return parsed


def _parse_timestamp(text: str) -> datetime:
    expected = (
        f"must be a timestamp from {EARLIEST} to {LATEST} written as YYYY-MM-DDTHH:MM:SS, "
        "with an offset or in UTC"
    )
    if not _TIMESTAMP.fullmatch(text):
        raise ValueError(expected)
    try:
        parsed = datetime.fromisoformat(text)
        if parsed.tzinfo is not None:
            parsed = parsed.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        raise ValueError(expected) from None
    if not EARLIEST <= parsed.date() <= LATEST:
        raise ValueError(expected)
    return parsed


def _parse_timezone(text: str) -> str:
    known = available_timezones() - _NOT_ZONES
    if text not in known:
        hint = nearest(text, known, cutoff=0.75).rstrip("?")
        raise ValueError(f"must be an IANA time zone such as Europe/Rome{hint}")
    return text


def _parse_currency(text: str) -> str:
    if text not in CURRENCIES:
        raise ValueError("must be an ISO 4217 code, three capital letters such as EUR")
    return text


def _parse_frameworks(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(","))
    if not all(NAME.fullmatch(name) for name in names):
        raise ValueError("must be `all` or framework names joined by commas")
    if "all" in names and names != ("all",):
        raise ValueError("must be `all` alone or framework names joined by commas")
    if len(set(names)) < len(names):
        raise ValueError("must name each framework once")
    return names


def _parse_domains(text: str) -> tuple[str, ...]:
    domains = tuple(domain.strip().lower() for domain in text.split(","))
    if not all(_DOMAIN.fullmatch(domain) for domain in domains):
        raise ValueError("must be hosts such as shop.example joined by commas")
    return domains


def _parse_integer(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise ValueError("must be a whole number")
    return int(text)


def _parse_share(text: str) -> float:
    if not _SHARE.fullmatch(text):
        raise ValueError("must be a number from 0 to 1 such as 0.5")
    return float(text)


def _parse_salt(text: str) -> str:
    if not _SALT.fullmatch(text):
        raise ValueError("must be 1 to 64 letters, digits, dashes and underscores")
    return text


def _parse_truth(text: str) -> bool:
    if text.lower() not in _TRUTH:
        raise ValueError("must be true or false")
    return _TRUTH[text.lower()]


def _parse_memory(text: str) -> str:
    if not _MEMORY.fullmatch(text):
        raise ValueError("must be like 512MB or 2GB")
    return text


def _parse_cron(text: str) -> str:
    # Dagster takes seconds to import, and nobody else asks for a cron.
    from dagster import DagsterInvalidDefinitionError, ScheduleDefinition

    expected = "must be five cron fields such as 0 5 * * *"
    if len(text.split()) != 5:
        raise ValueError(expected)
    try:
        ScheduleDefinition(name="probe", job_name="probe", cron_schedule=text)
    except DagsterInvalidDefinitionError:
        raise ValueError(expected) from None
    return text


def _parse_address(text: str) -> str:
    if not text:
        return ""
    parsed = urlparse(text)
    if parsed.scheme not in {"http", "https"} or not parsed.hostname:
        raise ValueError("must be an address that begins with https:// or http://")
    return text.rstrip("/")


def _parse_path(text: str) -> Path:
    try:
        return Path(text).expanduser().resolve()
    except (RuntimeError, ValueError, OSError) as error:  # No such user, a NUL, a circle of links.
        raise ValueError(f"must be a path that leads somewhere ({first_line(error)})") from None


def _kind(parse: Callable[[str], object]) -> BeforeValidator:
    """Return what reads a text as `parse` does and leaves a value that is none to its type."""

    def read(value: object) -> object:
        return parse(value.strip()) if isinstance(value, str) else value

    return BeforeValidator(read)


Day = Annotated[date | None, _kind(_parse_date)]
Instant = Annotated[datetime | None, _kind(_parse_timestamp)]
Zone = Annotated[str, _kind(_parse_timezone)]
Currency = Annotated[str, _kind(_parse_currency)]
Frameworks = Annotated[tuple[str, ...], NoDecode, _kind(_parse_frameworks)]
Domains = Annotated[tuple[str, ...], NoDecode, _kind(_parse_domains)]
Whole = Annotated[int, _kind(_parse_integer)]
Salt = Annotated[str, _kind(_parse_salt)]
Share = Annotated[float, _kind(_parse_share)]
Truth = Annotated[bool, _kind(_parse_truth)]
Memory = Annotated[str, _kind(_parse_memory)]
Cron = Annotated[str, _kind(_parse_cron)]
Address = Annotated[str, _kind(_parse_address)]
Place = Annotated[Path, _kind(_parse_path)]
