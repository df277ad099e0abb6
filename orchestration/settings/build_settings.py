"""What a build is told about its results: the vars of dbt.

Belongs here: every var there is, what a build may be told of them, and the step from checked
settings to what dbt gets. Does not belong here: where files lie (`directories`), rules, or what a
setting means in SQL.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from orchestration.errors import SettingsError, nearest, sentence, shown
from orchestration.settings.setting import Given, Settings, setting
from orchestration.settings.values import (
    Currency,
    Day,
    Domains,
    Frameworks,
    Instant,
    Salt,
    Share,
    Truth,
    Whole,
    Zone,
)

Var = str | int | float | bool

# Settings that say which days, periods and frameworks are told, or when a build stops.
NO_MEANING = frozenset(
    {
        "as_of_date",
        "frameworks",
        "kpi_history_days",
        "allow_missing_rates",
        "max_refused_share",
        "max_unpacked_ratio",
        "max_rule_movement",
    }
)

# Where dbt finds the raw tables when another loader fills them: vars of a dbt build by hand.
BY_HAND: Mapping[str, str] = {"raw_database": "raw_db", "raw_schema": "raw"}


class BuildSettings(Settings):
    """Checked settings of one build; each is a dbt var of its name.

    What is None or empty is decided from the data, by dbt.
    """

    as_of_date: Day = setting(
        None,
        "Last day that counts, YYYY-MM-DD.",
        option="--as-of",
        twin="LIFECYCLE_AS_OF",
        otherwise="the data's last day",
        in_launchpad=True,
    )
    known_at: Instant = setting(
        None,
        "Rows received after this timestamp (UTC unless it has an offset) are ignored, "
        "to rebuild a past belief.",
        option="--known-at",
        twin="LIFECYCLE_KNOWN_AT",
        otherwise="none",
        in_launchpad=True,
    )
    reporting_timezone: Zone = setting(
        "UTC",
        "IANA time zone in which days begin.",
        option="--timezone",
        twin="LIFECYCLE_TIMEZONE",
    )
    reporting_currency: Currency = setting(
        "",
        "ISO 4217 code that money is reported in.",
        option="--currency",
        twin="LIFECYCLE_CURRENCY",
        otherwise="the only currency present, else EUR",
    )
    frameworks: Frameworks = setting(
        (),
        "Frameworks to build, `all` or names joined by commas.",
        option="--frameworks",
        twin="LIFECYCLE_FRAMEWORKS",
        otherwise="the default framework, which is always built",
        in_launchpad=True,
    )
    identity_as_of: Day = setting(
        None,
        "Identity is built from events and merges up to this day.",
        otherwise="the as-of date",
    )
    fulfilment_sla_days: Whole = setting(
        14, "Days after which an order no longer counts as open.", limits=(1, 3650)
    )
    session_timeout_minutes: Whole = setting(
        30, "A pause longer than this many minutes starts a new session.", limits=(1, 1440)
    )
    allow_missing_rates: Truth = setting(
        False, "Publish although an order has no exchange rate; its value is then null."
    )
    pending_is_booked: Truth = setting(
        False, "Count orders of status `pending` as booked in the money KPIs."
    )
    subscription_grace_days: Whole = setting(
        45,
        "Days after its paid period on which a subscription without a renewal ends.",
        limits=(0, 3650),
    )
    renewal_slack_days: Whole = setting(
        3,
        "Days after its paid period on which a subscription without a renewal is at risk.",
        limits=(0, 3650),
    )
    kpi_history_days: Whole = setting(
        1827,
        "Days before the as-of date from which KPIs are written; the period that holds that day is "
        "whole.",
        limits=(1, 36500),
    )
    fiscal_year_start_month: Whole = setting(
        1, "Month in which years and quarters of the KPIs begin.", limits=(1, 12)
    )
    rfm_window_days: Whole = setting(
        0,
        "Days before a scoring date from which orders count in frequency and value; 0 counts all.",
        limits=(0, 36500),
    )
    play_salt: Salt = setting(
        "play",
        "Text that the arms of plays are dealt by; another one deals them anew.",
    )
    global_control_share: Share = setting(
        0.05, "Share of subjects that get no marketing play at all, for comparison, 0 to 1."
    )
    contact_cap: Whole = setting(
        2, "How many marketing plays a subject gets within 7 days.", limits=(1, 100)
    )
    own_domains: Domains = setting(
        (),
        "Own hosts, joined by commas: a referrer there is no referral.",
        otherwise="none",
    )
    max_refused_share: Share = setting(
        0.5, "Largest share of a file's rows that ingest may refuse before the build stops, 0 to 1."
    )
    max_unpacked_ratio: Whole = setting(
        100, "How many times its size a gzip file may grow when it is unpacked.", limits=(2, 100000)
    )
    max_rule_movement: Share = setting(
        0.2,
        "Largest share of the subjects that a change of the rules may move before the build stops, "
        "0 to 1.",
    )

    def dbt_vars(self) -> dict[str, Var]:
        """Return the dbt vars, all of them, as JSON can carry them.

        `known_at` is written as UTC without an offset, as the raw tables hold it.
        """
        return {name: _as_var(getattr(self, name)) for name in type(self).model_fields}

    def hash_of_meaning(self, version: str) -> str:
        """Return a hash over the package's version and what decides what is said of a day."""
        told = {name: var for name, var in self.dbt_vars().items() if name not in NO_MEANING}
        return hashlib.sha256(json.dumps([version, told], sort_keys=True).encode()).hexdigest()


def read_settings(
    options: Mapping[str, str | None],
    extra_vars: Sequence[str] = (),
    in_project_file: Mapping[str, Given] | None = None,
) -> BuildSettings:
    """Check what the user gave and return the settings of the build.

    Args:
        options: text of each option by var name (`as_of_date`, ...); None when not given.
        extra_vars: the texts of `--var`, each `NAME=VALUE`.
        in_project_file: what counts where neither says anything.

    Raises:
        SettingsError: for an unknown name or a value out of its range.
    """
    declared = {setting.name: setting for setting in BuildSettings.declared()}
    given = {
        name: Given(declared[name].option, text)
        for name, text in options.items()
        if text is not None
    }
    for extra in extra_vars:
        name, equals, text = (part.strip() for part in extra.partition("="))
        if not equals:
            raise SettingsError(f"--var takes NAME=VALUE, not {shown(extra)}.")
        if name in BY_HAND:
            message = f'The var "{name}" belongs to a dbt build by hand'
            raise SettingsError(
                f"{message}; lifecycle build reads another loader's tables with --raw-database "
                "FILE --raw-schema NAME."
            )
        if name not in declared:
            raise SettingsError(
                sentence(f"The var {shown(name)} is unknown{nearest(name, declared)}")
            )
        if declared[name].option:
            option = declared[name].option
            raise SettingsError(f'The var "{name}" is given with {option}, not with --var.')
        if name in given:
            raise SettingsError(f'The var "{name}" is given twice; give it once.')
        given[name] = Given(f"--var {name}", text)
    return BuildSettings.read({**(in_project_file or {}), **given})


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


def _as_var(value: date | datetime | tuple[str, ...] | Var | None) -> Var:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    return ",".join(value) if isinstance(value, tuple) else value
