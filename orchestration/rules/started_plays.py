"""What may change of a play that has been sent: nothing that would mix two plays in one result.

Belongs here: the plays of the published version, and the rules of a build held against them. Does
not belong here: whether a play can be run at all (`plays`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import duckdb

from orchestration.errors import RulesError, first_line, shown
from orchestration.rules.rule_set import RuleSet
from orchestration.settings.build_settings import BuildSettings
from orchestration.settings.paths import StateDir

_DEALING = ("play_salt", "global_control_share")
_SETTLED = (
    *("framework", "trigger", "trigger_value", "goal_signal", "goal_days"),
    *("is_service", "holdout_share", *_DEALING),
)


@dataclass(frozen=True)
class StartedPlay:
    """A play of the published version that has been sent since some day.

    Attributes:
        play: its name.
        starts_on: the day, in ISO.
        settled: what decides who is in which arm and what counts as success, as texts by column.
    """

    play: str
    starts_on: str
    settled: Mapping[str, str]


def check_started_plays(state: StateDir, rules: RuleSet, settings: BuildSettings) -> str:
    """Refuse rules that change a play which the published version judges.

    Returns:
        One sentence if that version cannot be read, blank otherwise; a build is the way out of
        that, and so is not stopped by it.

    Raises:
        RulesError: for each such play a sentence with file, line and the way out.
    """
    try:
        started = started_plays(state)
    except duckdb.Error as error:
        return (
            f"What is published cannot be read ({first_line(error)}), so nobody can tell whether a "
            "play that was sent has been changed."
        )
    problems = list(_problems(rules, settings, started))
    if problems:
        raise RulesError(problems)
    return ""


def started_plays(state: StateDir) -> tuple[StartedPlay, ...]:
    """Return the plays of the published version that have started; none where it has none."""
    if not state.published_database.is_file():
        return ()
    cells = ", ".join(f"coalesce(cast({column} as varchar), '')" for column in _SETTLED)
    query = f"select play, cast(starts_on as varchar), {cells} from marts.play_catalog"
    with duckdb.connect(str(state.published_database), read_only=True) as published:
        if not published.execute(
            "select 1 from information_schema.tables "
            "where table_schema = 'marts' and table_name = 'play_catalog'"
        ).fetchall():
            return ()
        rows = published.execute(f"{query} where starts_on is not null order by play").fetchall()
    return tuple(
        StartedPlay(play, starts_on, dict(zip(_SETTLED, settled, strict=True)))
        for play, starts_on, *settled in rows
    )


def _problems(
    rules: RuleSet, settings: BuildSettings, started: tuple[StartedPlay, ...]
) -> Iterator[str]:
    rows = {row["play"]: row for row in rules.seeds["plays.csv"].rows}
    dealt = {name: str(getattr(settings, name)) for name in _DEALING}
    for play in started:
        row = rows.get(play.play)
        if row is None or row["starts_on"] > play.starts_on:
            continue
        now = {
            **row.values,
            "framework": row["framework"] or rules.default_framework,
            "goal_days": str(int(row["goal_days"])),
            "is_service": row["is_service"].lower(),
            "holdout_share": str(float(row["holdout_share"])),
            **dealt,
        }
        changed = [name for name, before in play.settled.items() if now[name] != before]
        if changed:
            before, after = play.settled[changed[0]], now[changed[0]]
            text = f"{shown(play.play)} has been sent since {play.starts_on} with {changed[0]}"
            text += f" {shown(before)}, not {shown(after)}; write a later starts_on"
            yield row.problem(f"{text}, or give what has changed a new name")
