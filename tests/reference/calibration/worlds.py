"""Random histories of stages, and the rows that the models of odds make of them.

Belongs here: the inventing of both. Does not belong here: what should come out (``odds``).
"""

from __future__ import annotations

import random
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from tests.reference.calibration import odds
from tests.reference.calibration.odds import Span, Standings

GIVEN = (
    *(
        "int_settings",
        "int_kpi_windows",
        "int_stage_intervals",
        "int_possible_moves",
        "framework_stages",
    ),
    *("frameworks", "int_value_stage_means"),
)
MARTS = ("stage_odds", "int_stage_outlooks")
WINDOWS = {
    "odds_days": 30,
    "odds_month_ends": 3,
    "odds_weight": 20,
    "fewest_odds_subjects": 4,
    "settled_stage_days": 7,
    "long_stage_days": 30,
    "very_long_stage_days": 90,
    "fewest_advanced_stays": 3,
    "stalled_percent": 75,
}
STAGES = {"f": ("low", "middle", "high"), "g": ("in", "out")}
HEALTHS = ("prospect", "cold", "active", "at_risk", "lapsed")
AS_OF = date(2024, 5, 30)
# Ends of months, thirty days after them, and stays on both sides of each group's edges.
EDGES = [
    day + timedelta(days=shift)
    for day in (date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 31), date(2024, 4, 30))
    for shift in (-90, -89, -30, -29, -7, -6, 0, 1, 30, 31)
]


def standings(seed: int) -> Standings:
    """Random histories; the same ones in every run."""
    dice = random.Random(seed)
    histories: dict[tuple[str, Any], list[Span]] = {}
    for subject in range(dice.randint(0, 25)):
        for framework, stages in STAGES.items():
            days = sorted(set(dice.choices([*EDGES, AS_OF, AS_OF + odds.DAY], k=6)))
            spans = [Span(day, dice.choice(stages), dice.choice(HEALTHS)) for day in days]
            histories[framework, subject] = [
                next(same) for _, same in groupby(spans, key=lambda span: (span.stage, span.health))
            ]
    means = {
        (stage, health): dice.choice((1.5, 20.25, 300.0))
        for stage in STAGES["f"]
        for health in ("active", "lapsed")
    }
    as_of = AS_OF - timedelta(days=dice.randint(0, 1))
    return Standings(as_of, WINDOWS, STAGES, histories, "f", means)


def tables(given: Standings) -> dict[str, list[dict[str, Any]]]:
    """The rows that the models begin with: a move for each way of coming into a stage."""
    moves: list[dict[str, Any]] = []
    intervals: list[dict[str, Any]] = []
    for (framework, subject), history in given.histories.items():
        stages = given.stages[framework]
        for place, span in enumerate(history):
            before = history[place - 1] if place else None
            if before is None:
                movement = "entered"
            elif before.stage == span.stage:
                movement = "health_only"
            else:
                is_higher = stages.index(span.stage) > stages.index(before.stage)
                movement = "advanced" if is_higher else "fell_back"
            intervals.append(
                {
                    "subject_key": subject,
                    "framework_no": [*STAGES].index(framework),
                    "valid_from": span.start,
                    "next_from": history[place + 1].start if place + 1 < len(history) else None,
                    "move_no": len(moves),
                    "health_step": HEALTHS.index(span.health),
                    "previous_health_step": before and HEALTHS.index(before.health),
                }
            )
            moves.append(
                {
                    "move_no": len(moves),
                    "framework": framework,
                    "stage": span.stage,
                    "movement": movement,
                }
            )
    return {
        "int_settings": [{"as_of_date": given.as_of}],
        "int_kpi_windows": [dict(WINDOWS)],
        "int_stage_intervals": intervals,
        "int_possible_moves": moves,
        "frameworks": [{"framework": name, "is_default": name == given.default} for name in STAGES],
        "int_value_stage_means": [
            {"stage": stage, "health": health, "mean_value": mean}
            for (stage, health), mean in given.means.items()
        ],
        "framework_stages": [
            {"framework": framework, "stage": stage, "ordinal": ordinal}
            for framework, stages in STAGES.items()
            for ordinal, stage in enumerate(stages, start=1)
        ],
    }
