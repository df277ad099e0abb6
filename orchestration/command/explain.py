"""Where one subject stood on a day, why, and what comes next, from the published marts alone.

Belongs here: finding the interval and the evidence. Does not belong here: deciding
anything; every word of an explanation is a column of a mart.

Values enter the SQL as quoted literals: DuckDB imports pandas to bind a parameter, and that takes
longer than everything else an explanation does.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal

import duckdb

from orchestration.command.subjects import find_subject, plain_value
from orchestration.errors import SettingsError, nearest, sentence, shown
from orchestration.pipeline.status import open_published
from orchestration.settings.paths import StateDir
from orchestration.sql_text import text_literal


@dataclass(frozen=True)
class Evidence:
    """One condition of the rule that won, or of a rule of the next stage, at the as-of date.

    Attributes are the columns of `stage_evidence`.
    """

    stage: str
    rule: str
    condition_no: int
    signal: str
    measure: str
    window_days: int | None
    at_least: Decimal | None
    below: Decimal | None
    observed: Decimal | None
    holds: bool
    missing: Decimal | None
    signals: list[str]
    stops_holding_on: date | None


@dataclass(frozen=True)
class Outlook:
    """The days to act on at the as-of date; attributes are columns of `lifecycle_current`."""

    health_basis: str | None
    at_risk_on: date | None
    lapsed_on: date | None
    usual_gap_days: int | None
    expected_next_order_on: date | None
    days_overdue: int | None
    renews_on: date | None


@dataclass(frozen=True)
class Explanation:
    """The interval that covers a day, and what ends it.

    Attributes:
        subject_id: the subject.
        framework: the framework it is judged by.
        on: the day.
        valid_from: first day of the interval.
        valid_to: first day after it; None when it is the current one.
        stage: stage in the interval.
        health: health in the interval.
        rule: the rule that gave the stage on the first day.
        previous_stage: stage before; None for the first interval.
        previous_health: health before; None for the first interval.
        cycle: 1 + number of reactivations so far.
        movement: how the interval began.
        next_on: the day of the next change; None for never.
        next_stage: stage from then on.
        next_health: health from then on.
        happened: true when the next change is history, false when it is what will change if
            nothing new happens.
        reason: the sentence of `lifecycle_current`; None for a day before the
            as-of date.
        reason_it: the same in Italian.
        outlook: the days to act on; None for a day before the as-of date.
        evidence: the conditions behind the stage; none for a day before the as-of date, of which
            the history alone tells.
    """

    subject_id: str
    framework: str
    on: date
    valid_from: date
    valid_to: date | None
    stage: str
    health: str
    rule: str
    previous_stage: str | None
    previous_health: str | None
    cycle: int
    movement: str
    next_on: date | None
    next_stage: str | None
    next_health: str | None
    happened: bool
    reason: str | None
    reason_it: str | None
    outlook: Outlook | None
    evidence: tuple[Evidence, ...]


def as_json(told: Explanation) -> str:
    """Return an explanation as JSON: dates as ISO text, decimals as numbers."""
    return json.dumps(asdict(told), indent=2, ensure_ascii=False, default=plain_value)


def explain(
    state: StateDir, subject: str, on: date | None = None, framework: str | None = None
) -> Explanation:
    """Explain a subject on a day.

    Args:
        state: the state directory.
        subject: a `subject_id`, or a customer, account or anonymous id without its prefix.
        on: the day; None for the as-of date.
        framework: a published framework; None for the default one of the subject's type.

    Raises:
        UnknownSubjectError: names the nearest ids.
        SettingsError: the day lies outside the subject's history, or the framework is not there.
    """
    with open_published(state) as published:
        subject_id = find_subject(published, subject.strip())
        judged_by = _find_framework(published, subject_id, framework)
        as_of = _one(published, "select as_of_date from marts.build_info")[0]
        day: date = on or as_of
        if day > as_of:
            text = f"{day} lies after the as-of date {as_of} of what is published"
            raise SettingsError(f"{text}; ask for a day up to then.")
        row = published.execute(_interval_sql(judged_by, subject_id, day)).fetchone()
        if row is None:
            first = _one(published, _first_seen_sql(judged_by, subject_id))[0]
            text = f"{subject_id} was first seen on {first}"
            raise SettingsError(f"{text}; ask for that day or a later one.")
        outlook, evidence = None, ()
        if day == as_of:
            told = published.execute(_outlook_sql(judged_by, subject_id)).fetchone()
            outlook = Outlook(*told) if told else None
            rows = published.execute(_evidence_sql(judged_by, subject_id)).fetchall()
            evidence = tuple(Evidence(*cells) for cells in rows)
    return Explanation(subject_id, judged_by, day, *row, outlook=outlook, evidence=evidence)


def _interval_sql(framework: str, subject_id: str, day: date) -> str:
    """The interval that covers the day, with the interval that follows it when there is one."""
    return f"""
        select
            history.valid_from,
            history.valid_to,
            history.stage,
            history.health,
            history.rule,
            history.previous_stage,
            history.previous_health,
            history.cycle,
            history.movement,
            coalesce(history.valid_to, history.next_change_on),
            coalesce(following.stage, history.next_stage),
            coalesce(following.health, history.next_health),
            history.valid_to is not null,
            case when build_info.as_of_date = date '{day}' then present.reason end,
            case when build_info.as_of_date = date '{day}' then present.reason_it end
        from marts.lifecycle_history as history
        cross join marts.build_info
        left join marts.lifecycle_history as following
            on
                history.framework = following.framework
                and history.subject_id = following.subject_id
                and history.valid_to = following.valid_from
        left join marts.lifecycle_current as present
            on
                history.framework = present.framework
                and history.subject_id = present.subject_id
                and history.valid_from = present.valid_from
        where
            history.framework = {text_literal(framework)}
            and history.subject_id = {text_literal(subject_id)}
            and history.valid_from <= date '{day}'
            and (history.valid_to is null or history.valid_to > date '{day}')
    """


def _outlook_sql(framework: str, subject_id: str) -> str:
    return f"""
        select
            health_basis,
            at_risk_on,
            lapsed_on,
            usual_gap_days,
            expected_next_order_on,
            days_overdue,
            renews_on
        from marts.lifecycle_current
        where
            framework = {text_literal(framework)}
            and subject_id = {text_literal(subject_id)}
    """


def _evidence_sql(framework: str, subject_id: str) -> str:
    """The conditions of the current stage first, then those of the next one, rule by rule."""
    return f"""
        select
            evidence.stage,
            evidence.rule,
            evidence.condition_no,
            evidence.signal,
            evidence.measure,
            evidence.window_days,
            evidence.at_least,
            evidence.below,
            evidence.observed,
            evidence.holds,
            evidence.missing,
            evidence.signals,
            evidence.stops_holding_on
        from marts.stage_evidence as evidence
        inner join marts.stages as stages
            on
                evidence.framework = stages.framework
                and evidence.stage = stages.stage
        where
            evidence.framework = {text_literal(framework)}
            and evidence.subject_id = {text_literal(subject_id)}
        order by stages.ordinal, evidence.rule, evidence.condition_no
    """


def _first_seen_sql(framework: str, subject_id: str) -> str:
    return f"""
        select min(valid_from)
        from marts.lifecycle_history
        where
            framework = {text_literal(framework)}
            and subject_id = {text_literal(subject_id)}
    """


def _frameworks_sql(subject_id: str) -> str:
    """The frameworks that judge a subject, the default one first."""
    return f"""
        select present.framework
        from marts.lifecycle_current as present
        cross join marts.build_info
        where present.subject_id = {text_literal(subject_id)}
        order by present.framework <> build_info.default_framework, present.framework
    """


def _find_framework(
    published: duckdb.DuckDBPyConnection, subject_id: str, framework: str | None
) -> str:
    rows = published.execute(_frameworks_sql(subject_id)).fetchall()
    judged_by = [str(row[0]) for row in rows]
    if not judged_by:
        text = f"No published framework judges {subject_id}"
        raise SettingsError(f"{text}; build with --frameworks all to have every one.")
    if framework is None:
        return judged_by[0]
    if framework not in judged_by:
        hint = nearest(framework, judged_by)
        text = sentence(f"The framework {shown(framework)} is not published for {subject_id}{hint}")
        raise SettingsError(f"{text} Published are {', '.join(judged_by)}.")
    return framework


def _one(published: duckdb.DuckDBPyConnection, sql: str) -> tuple[date]:
    row = published.execute(sql).fetchone()
    if row is None:
        raise SettingsError("What is published holds no build_info; build again.")
    return row
