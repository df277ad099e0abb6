"""What the user told a build: texts in, checked settings out.

Belongs here: the parsers of options, vars and environment variables, and the pure step from
checked settings to dbt vars. Does not belong here: which settings there are (`declarations`),
rules, or what a setting means in SQL.

Texts never reach SQL as they were typed: each is parsed into a date, number, truth value or one of
a closed list of names first, and written out again from the parsed value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import available_timezones

from orchestration.errors import SettingsError, nearest, sentence, shown
from orchestration.settings.currencies import CURRENCIES
from orchestration.settings.declarations import (
    BY_NAME,
    VARIABLES,
    Value,
    Variable,
    known_environment,
)

EARLIEST, LATEST = date(1990, 1, 1), date(2199, 12, 31)
NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TIMESTAMP = re.compile(
    r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:?\d{2})?)?",
    re.ASCII,
)
_INTEGER = re.compile(r"\d{1,6}", re.ASCII)
_MEMORY = re.compile(r"[1-9]\d*(MB|GB)")
_TRUTH = {"true": True, "false": False}
# Machine-dependent or meaningless zones that the IANA database lists beside the real ones.
_NOT_ZONES = frozenset({"localtime", "Factory", "posixrules"})
_PREFIX = "LIFECYCLE_"


def check_environment(environment: Mapping[str, str]) -> None:
    """Refuse unknown LIFECYCLE_ variables and engine values out of their range.

    Raises:
        SettingsError: names the variable and the nearest known one.
    """
    known = known_environment()
    for name in sorted(environment):
        if name.upper().startswith(_PREFIX) and name not in known:
            message = f"The environment variable {shown(name)} is unknown{nearest(name, known)}"
            raise SettingsError(sentence(message))
    threads = environment.get("LIFECYCLE_THREADS", "")
    if threads and not (_INTEGER.fullmatch(threads) and 1 <= int(threads) <= 64):
        message = f"LIFECYCLE_THREADS must be a whole number from 1 to 64, not {shown(threads)}."
        raise SettingsError(message)
    memory = environment.get("LIFECYCLE_MEMORY_LIMIT", "")
    if memory and not _MEMORY.fullmatch(memory):
        message = f"LIFECYCLE_MEMORY_LIMIT must be like 512MB or 2GB, not {shown(memory)}."
        raise SettingsError(message)


@dataclass(frozen=True)
class BuildSettings:
    """Checked settings of one build; a blank or None is decided from the data by dbt.

    Attributes are the dbt vars of VARIABLES; `frameworks` is empty for the default framework and
    `("all",)` for every one.
    """

    as_of_date: date | None = None
    known_at: datetime | None = None
    reporting_timezone: str = "UTC"
    reporting_currency: str = ""
    frameworks: tuple[str, ...] = ()
    identity_as_of: date | None = None
    fulfilment_sla_days: int = 14
    session_timeout_minutes: int = 30
    allow_missing_rates: bool = False
    pending_is_booked: bool = False
    subscription_grace_days: int = 45

    def dbt_vars(self) -> dict[str, Value]:
        """Return the dbt vars, all of them, as JSON can carry them.

        `known_at` is written as UTC without an offset, as the raw tables hold it.
        """
        return {
            "as_of_date": self.as_of_date.isoformat() if self.as_of_date else "",
            "known_at": self.known_at.isoformat(sep=" ") if self.known_at else "",
            "identity_as_of": self.identity_as_of.isoformat() if self.identity_as_of else "",
            "reporting_timezone": self.reporting_timezone,
            "reporting_currency": self.reporting_currency,
            "frameworks": ",".join(self.frameworks),
            "fulfilment_sla_days": self.fulfilment_sla_days,
            "session_timeout_minutes": self.session_timeout_minutes,
            "allow_missing_rates": self.allow_missing_rates,
            "pending_is_booked": self.pending_is_booked,
            "subscription_grace_days": self.subscription_grace_days,
        }


def read_settings(
    options: Mapping[str, str | None],
    extra_vars: Sequence[str],
    environment: Mapping[str, str],
) -> BuildSettings:
    """Check what the user gave and return the settings of the build.

    Args:
        options: text of each option by var name (`as_of_date`, ...); None when not given.
        extra_vars: the texts of `--var`, each `NAME=VALUE`.
        environment: the process environment; an option wins over its twin there.

    Raises:
        SettingsError: for an unknown name or a value out of its range.
    """
    check_environment(environment)
    given: dict[str, tuple[str, str]] = {}
    for variable in VARIABLES:
        option = options.get(variable.name)
        twin = environment.get(variable.environment, "") if variable.environment else ""
        if option is not None:
            given[variable.name] = (variable.option, option)
        elif twin:
            given[variable.name] = (variable.environment, twin)
    for text in extra_vars:
        name, value = _read_extra_var(text)
        if name in given:
            raise SettingsError(f'The var "{name}" is given twice; give it once.')
        given[name] = (f"--var {name}", value)
    parsed = {name: _parse(BY_NAME[name], *origin) for name, origin in given.items()}
    return replace(BuildSettings(), **parsed)


def read_directory(option: Path | None, twin: str, environment: Mapping[str, str]) -> Path | None:
    """Return the directory that an option, else its environment twin, names."""
    if option is not None:
        return option
    return Path(environment[twin]) if environment.get(twin) else None


def read_date(origin: str, text: str) -> date:
    """Return the date a text means.

    Raises:
        SettingsError: names the origin of the text and what it must be.
    """
    try:
        return _parse_date(text.strip(), BY_NAME["as_of_date"])
    except ValueError as error:
        raise SettingsError(f"{origin} {error}, not {shown(text)}.") from None


def check_frameworks(settings: BuildSettings, known: Sequence[str]) -> None:
    """Refuse a framework that is not one of `known`.

    Raises:
        SettingsError: names the unknown framework and the nearest known one.
    """
    if settings.frameworks == ("all",):
        return
    for framework in settings.frameworks:
        if framework not in known:
            message = f'The framework "{framework}" is unknown{nearest(framework, known)}'
            listed = ", ".join(known)
            raise SettingsError(f"{sentence(message)} Known are all, {listed}.")


def _read_extra_var(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    name = name.strip()
    if not equals:
        raise SettingsError(f"--var takes NAME=VALUE, not {shown(text)}.")
    if name not in BY_NAME:
        known = [variable.name for variable in VARIABLES]
        raise SettingsError(sentence(f"The var {shown(name)} is unknown{nearest(name, known)}"))
    variable = BY_NAME[name]
    if variable.by_hand_only:
        message = f'The var "{name}" belongs to a dbt build by hand, where another loader fills raw'
        raise SettingsError(f"{message}; lifecycle build always reads what its ingest loaded.")
    if variable.option:
        raise SettingsError(f'The var "{name}" is given with {variable.option}, not with --var.')
    return name, value.strip()


def _parse(variable: Variable, origin: str, text: str) -> object:
    text = text.strip()
    if not text and variable.default == "":
        return getattr(BuildSettings(), variable.name)
    try:
        return _PARSERS[variable.kind](text, variable)
    except ValueError as error:
        raise SettingsError(f"{origin} {error}, not {shown(text)}.") from None


def _parse_date(text: str, _: Variable) -> date:
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


def _parse_timestamp(text: str, _: Variable) -> datetime:
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


def _parse_timezone(text: str, _: Variable) -> str:
    known = available_timezones() - _NOT_ZONES
    if text not in known:
        hint = nearest(text, known, cutoff=0.75).rstrip("?")
        raise ValueError(f"must be an IANA time zone such as Europe/Rome{hint}")
    return text


def _parse_currency(text: str, _: Variable) -> str:
    if text not in CURRENCIES:
        raise ValueError("must be an ISO 4217 code, three capital letters such as EUR")
    return text


def _parse_frameworks(text: str, _: Variable) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(","))
    if not all(NAME.fullmatch(name) for name in names):
        raise ValueError("must be `all` or framework names joined by commas")
    if "all" in names and names != ("all",):
        raise ValueError("must be `all` alone or framework names joined by commas")
    if len(set(names)) < len(names):
        raise ValueError("must name each framework once")
    return names


def _parse_integer(text: str, variable: Variable) -> int:
    low, high = variable.minimum, variable.maximum
    if not _INTEGER.fullmatch(text) or not low <= int(text) <= high:
        raise ValueError(f"must be a whole number from {low} to {high}")
    return int(text)


def _parse_truth(text: str, _: Variable) -> bool:
    if text.lower() not in _TRUTH:
        raise ValueError("must be true or false")
    return _TRUTH[text.lower()]


_PARSERS: Mapping[str, Callable[[str, Variable], object]] = {
    "date": _parse_date,
    "timestamp": _parse_timestamp,
    "timezone": _parse_timezone,
    "currency": _parse_currency,
    "frameworks": _parse_frameworks,
    "integer": _parse_integer,
    "truth": _parse_truth,
}
