"""What became of those who stood in a stage, in plain Python, brute force.

Belongs here: ``stage_odds`` and the columns of ``lifecycle_current`` that come of it, from spans of
stage and health. Does not belong here: the SQL's ways.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any

from tests.reference.value.ledger import share

Row = dict[str, Any]
TURNS = ("advanced", "fell_back", "lapsed")
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Span:
    """An interval of the history; ``start`` is its first day."""

    start: date
    stage: str
    health: str


@dataclass(frozen=True)
class Standings:
    """The histories of subjects, by framework and subject, in order, and the stages from below.

    ``means`` are what persons of a stage and health of the ``default`` framework bring in a year.
    """

    as_of: date
    windows: Mapping[str, int]
    stages: Mapping[str, Sequence[str]]
    histories: Mapping[tuple[str, Any], Sequence[Span]]
    default: str = ""
    means: Mapping[tuple[str, str], float] = field(default_factory=dict)


def stage_odds(standings: Standings) -> list[Row]:
    """One row per framework, stage, health and group of days in the stage."""
    windows = standings.windows
    cells: dict[tuple[str, str, str, str], list[str | None]] = defaultdict(list)
    of_stage: dict[tuple[str, str], list[str | None]] = defaultdict(list)
    for (framework, _), history in standings.histories.items():
        for end in _month_ends(standings.as_of, windows):
            seen = [span for span in history if span.start <= end]
            if seen:
                turn = _first_turn(standings, framework, history, end, end + _days(windows))
                group = _group((end - _since(seen)).days, windows)
                cells[framework, seen[-1].stage, seen[-1].health, group].append(turn)
                of_stage[framework, seen[-1].stage].append(turn)
    rows: list[Row] = []
    for (framework, stage, health, group), turns in cells.items():
        alike, weight = of_stage[framework, stage], windows["odds_weight"]
        row: Row = {
            "framework": framework,
            "stage": stage,
            "health": health,
            "days_in_stage": group,
            "subjects": len(turns),
            "is_small": len(turns) < windows["fewest_odds_subjects"],
        }
        for turn in TURNS:
            row[turn] = turns.count(turn)
            leaning = turns.count(turn) + weight * Fraction(alike.count(turn), len(alike))
            row[f"{turn}_share"] = share(leaning, len(turns) + weight)
        row["value_to_advance"] = _value(standings, framework, stage, health, len(turns))
        rows.append(row)
    return rows


def outlooks(standings: Standings) -> list[Row]:
    """One row per framework and subject: how it may go on from here."""
    windows, as_of = standings.windows, standings.as_of
    odds = stage_odds(standings)
    cells = {
        (row["framework"], row["stage"], row["health"], row["days_in_stage"]): row for row in odds
    }
    stays: dict[tuple[str, str], list[int]] = defaultdict(list)
    for (framework, _), history in standings.histories.items():
        for stage, days in _advanced_stays(standings, framework, history):
            stays[framework, stage].append(days)
    rows: list[Row] = []
    for (framework, subject), history in standings.histories.items():
        seen = [span for span in history if span.start <= as_of]
        if not seen:
            continue
        stage, days = seen[-1].stage, (as_of - _since(seen)).days
        alike = [row for row in odds if (row["framework"], row["stage"]) == (framework, stage)]
        cell = cells.get((framework, stage, seen[-1].health, _group(days, windows)))
        went = stays[framework, stage]
        is_top = stage == standings.stages[framework][-1]
        is_known = not is_top and len(went) >= windows["fewest_advanced_stays"]
        shorter = Fraction(100 * sum(stay < days for stay in went))
        rows.append(
            {
                "framework": framework,
                "subject": subject,
                "advance_30d_probability": cell["advanced_share"]
                if cell
                else share(
                    sum(row["advanced"] for row in alike), sum(row["subjects"] for row in alike)
                ),
                "is_stalled": shorter >= windows["stalled_percent"] * len(went)
                if is_known
                else None,
            }
        )
    return rows


def _value(
    standings: Standings, framework: str, stage: str, health: str, subjects: int
) -> float | None:
    stages = standings.stages[framework]
    if framework != standings.default or stage == stages[-1]:
        return None
    mine = standings.means.get((stage, health))
    above = standings.means.get((stages[stages.index(stage) + 1], health))
    if mine is None or above is None:
        return None
    return round((above - mine) * subjects / 100, 4)


def _days(windows: Mapping[str, int]) -> timedelta:
    return timedelta(days=windows["odds_days"])


def _month_ends(as_of: date, windows: Mapping[str, int]) -> list[date]:
    ends: list[date] = []
    first = as_of.replace(day=1) + timedelta(days=32)
    end = first.replace(day=1) - DAY
    while len(ends) < windows["odds_month_ends"]:
        if end + _days(windows) <= as_of:
            ends.append(end)
        end = end.replace(day=1) - DAY
    return ends


def _since(seen: Sequence[Span]) -> date:
    start = seen[-1].start
    for span in reversed(seen):
        if span.stage != seen[-1].stage:
            break
        start = span.start
    return start


def _turn(standings: Standings, framework: str, before: Span, after: Span) -> str | None:
    stages = standings.stages[framework]
    if after.stage != before.stage:
        is_higher = stages.index(after.stage) > stages.index(before.stage)
        return "advanced" if is_higher else "fell_back"
    return "lapsed" if after.health == "lapsed" != before.health else None


def _first_turn(
    standings: Standings, framework: str, history: Sequence[Span], after: date, last: date
) -> str | None:
    turns = (
        _turn(standings, framework, one, then)
        for one, then in pairwise(history)
        if after < then.start <= last
    )
    return next((turn for turn in turns if turn is not None), None)


def _advanced_stays(
    standings: Standings, framework: str, history: Sequence[Span]
) -> Iterator[tuple[str, int]]:
    for place, then in enumerate(history[1:], start=1):
        if then.start <= standings.as_of:
            before = history[:place]
            if _turn(standings, framework, before[-1], then) == "advanced":
                yield before[-1].stage, (then.start - _since(before)).days


def _group(days: int, windows: Mapping[str, int]) -> str:
    edges = [windows[f"{name}_stage_days"] for name in ("settled", "long", "very_long")]
    for low, high in zip((0, *edges), edges, strict=False):
        if days < high:
            return f"{low}-{high - 1}"
    return f"{edges[-1]}+"
