"""How well the odds of a higher stage foretell: at each month end, with odds from those before it.

Belongs here: what was foretold beside what came, reliability and Brier score. Does not belong here:
how odds are made (int_stage_odds).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from tests.pipeline.models_kit import CompiledModels, as_of
from tests.truth.shops import simulated

MADE_ANEW = (
    *("int_stage_turns", "int_stage_odds", "int_shrunk_stage_odds", "int_advance_days"),
    "int_stage_outlooks",
)
MONTHS = 6
_AHEAD = timedelta(days=30)
_FORETOLD = """
    select
        outlooks.framework,
        outlooks.advance_30d_probability,
        coalesce(turns.next_turn = 'advanced' and turns.next_turn_on <= ?, false)
    from intermediate.int_stage_outlooks as outlooks
    inner join turns
        on
            turns.framework = outlooks.framework
            and turns.subject_key = outlooks.subject_key
            and turns.valid_from <= ?
            and turns.valid_to > ?
    order by outlooks.framework, outlooks.subject_key
"""
Foretold = dict[str, list[tuple[float, bool]]]


@dataclass(frozen=True)
class Score:
    """Of one framework: standings, mean reliability error over deciles, two Brier scores."""

    standings: int
    reliability_error: float
    brier: float
    base_brier: float


def foretold(models: CompiledModels, folder: Path, seed: int) -> Foretold:
    """What was said of each subject at the last month ends, by framework, and whether it came."""
    by_framework: Foretold = defaultdict(list)
    with (
        simulated(folder, seed, is_lively=True) as shop,
        models.made(shop.raw_database, MADE_ANEW) as connection,
    ):
        connection.execute("create table turns as from intermediate.int_stage_turns")
        (today,) = connection.execute(
            "select as_of_date from intermediate.int_settings"
        ).fetchall()[0]
        for month_end in _month_ends(today):
            connection.execute(as_of(month_end)["int_settings"])
            models.make_again(connection, MADE_ANEW)
            days = [month_end + _AHEAD, month_end, month_end]
            for framework, odds, has_come in connection.execute(_FORETOLD, days).fetchall():
                # Nothing is told of a stage in which nobody stood at the month ends before.
                if odds is not None:
                    by_framework[framework].append((float(odds), has_come))
    return dict(by_framework)


def _month_ends(today: date) -> list[date]:
    """The last month ends of which the days ahead are over."""
    found: list[date] = []
    day = today + timedelta(days=1)
    while len(found) < MONTHS:
        day = (day - timedelta(days=1)).replace(day=1)
        if day - timedelta(days=1) + _AHEAD <= today:
            found.append(day - timedelta(days=1))
    return found


def score(said: list[tuple[float, bool]]) -> Score:
    """Judge what was said by what came."""
    # Of equal odds as they come, whatever came of them.
    in_order = sorted(said, key=lambda one: one[0])
    count = len(in_order)
    base = sum(came for _, came in in_order) / count
    error = 0.0
    for tenth in range(10):
        of_it = in_order[tenth * count // 10 : (tenth + 1) * count // 10]
        error += abs(sum(odds - came for odds, came in of_it)) / count
    return Score(
        count,
        error,
        sum((odds - came) ** 2 for odds, came in in_order) / count,
        base * (1 - base),
    )
