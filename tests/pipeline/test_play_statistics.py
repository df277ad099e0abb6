"""The statistics of plays find what was planted, nine times in ten, and nothing where nothing was.

The SQL's own rules count simulated campaigns: recurring triggers, several entries a person,
messages that change what comes later. Naive counting of the same people shows what they are for.

Seeds are the first hundred, as they come. Of other hundreds a tenth would fail by chance alone:
`tests/reference/activation/coverage.py` tells the figures of thousands.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from statistics import fmean
from typing import Any

import pandas as pd
import pytest

from orchestration.settings.paths import StateDir
from tests.pipeline.workbench import Workbench
from tests.reference.activation.campaigns import (
    COOL_DOWN,
    FIRST,
    GOAL_DAYS,
    Occasion,
    campaign,
    counted_naively,
)
from tests.reference.activation.results import Arm, compared

pytestmark = pytest.mark.slow

CAMPAIGNS = 100
LIFT = 0.08
TWO_YEARS = 730
GIVEN = (
    *("int_plays", "int_settings", "int_play_occasions", "int_play_goals"),
    *("int_customer_ids_known", "int_programme_outcomes"),
)


@pytest.fixture(scope="module")
def workbench(sample_state: StateDir) -> Workbench:
    """The models from what is due on."""
    return Workbench(sample_state.root, GIVEN, ["play_results"])


@pytest.fixture(scope="module")
def looks(sample_state: StateDir) -> Workbench:
    """The formulas alone."""
    given = ("int_counted_entries", "int_programme_outcomes")
    return Workbench(sample_state.root, given, ["play_results"])


def told(
    workbench: Workbench, occasions: Sequence[Occasion], *, by_today: bool = False
) -> dict[str, list[dict[str, Any]]]:
    """What the SQL makes of occasions; ids as they were known then, or as if they always were."""
    plays = sorted({each.play for each in occasions})
    frame = pd.DataFrame(
        {
            "play": [each.play for each in occasions],
            "subject_key": [each.person for each in occasions],
            "subject_id": [f"customer:c{each.person:06d}" for each in occasions],
            "triggered_on": [each.due_from - timedelta(days=1) for each in occasions],
            "due_from": [each.due_from for each in occasions],
            "arm": [each.arm for each in occasions],
            "goal_on": [each.goal_on for each in occasions],
            "goal_value": [each.value for each in occasions],
        }
    )
    key = ["play", "subject_key", "triggered_on"]
    shared = {"is_account": False, "is_service": False, "priority": 1, "cool_down_days": COOL_DOWN}
    ids = {
        each.person: FIRST if by_today else each.known_on
        for each in occasions
        if each.known_on is not None
    }
    return workbench.run(
        {
            "int_settings": [{"as_of_date": date(2026, 6, 30)}],
            "int_plays": [
                {
                    "play": play,
                    "play_no": number,
                    "cool_down_days": COOL_DOWN,
                    "starts_on": FIRST,
                }
                for number, play in enumerate(plays)
            ],
            "int_play_occasions": frame[[*key, "subject_id", "due_from", "arm"]].assign(**shared),
            "int_play_goals": frame[[*key, "goal_on", "goal_value"]].assign(
                window_end=[each + timedelta(days=GOAL_DAYS) for each in frame["due_from"]]
            ),
            "int_customer_ids_known": pd.DataFrame(
                {"person_key": list(ids), "known_on": list(ids.values())}
            ),
        },
        ["play_results", "int_counted_entries"],
    )


def whole(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of whole campaigns."""
    return [row for row in rows if row["month"] == "all"]


def covering(rows: Sequence[dict[str, Any]], truth: float) -> int:
    """How many intervals hold the truth."""
    assert len(rows) == CAMPAIGNS
    return sum(row["lift_low"] <= truth <= row["lift_high"] for row in rows)


def played(prefix: str, **planted: Any) -> list[list[Occasion]]:
    """A hundred campaigns, each with people of its own."""
    return [
        campaign(f"{prefix}_{number:03d}", seed=number, first_person=1 + 1000 * number, **planted)
        for number in range(CAMPAIGNS)
    ]


def test_a_planted_lift_is_found_nine_times_in_ten_and_thinned_by_whom_the_goal_identifies(
    workbench: Workbench,
) -> None:
    campaigns = played("lift", lift=LIFT, people=400, visitors=0.5)
    entries = [each for one in campaigns for each in one if each.known_on is not None]
    assert len(entries) > 5 * CAMPAIGNS * 200
    rows = whole(told(workbench, entries)["play_results"])
    assert 85 <= covering(rows, LIFT) <= 95
    assert fmean(row["lift"] for row in rows) == pytest.approx(LIFT, abs=0.01)
    # As if their ids had been known all along.
    naive = whole(told(workbench, entries, by_today=True)["play_results"])
    assert fmean(row["lift"] for row in naive) < LIFT - 0.01


def test_where_nothing_was_planted_little_is_found_and_hardly_ever_for_good(
    workbench: Workbench, looks: Workbench
) -> None:
    campaigns = played("null", lift=0.0, days=TWO_YEARS, people=120)
    made = told(workbench, [each for one in campaigns for each in one])
    assert CAMPAIGNS - covering(whole(made["play_results"]), 0.0) <= 14
    # A cool-down by what was sent shows a lift that is not there.
    naive = [
        compared("all", *(_arm(entries) for entries in counted_naively(one))) for one in campaigns
    ]
    assert CAMPAIGNS - covering(naive, 0.0) > 25
    counted = pd.DataFrame(made["int_counted_entries"])
    months = [FIRST + timedelta(days=days) for days in range(30, TWO_YEARS + 30, 30)]
    monthly = pd.concat(
        [
            counted[counted["due_from"] <= month - timedelta(days=GOAL_DAYS)].assign(
                play=lambda rows, month=month: rows["play"] + f"@{month}"
            )
            for month in months
        ]
    )
    rows = looks.run({"int_counted_entries": monthly}, ["play_results"])["play_results"]
    assert len({row["play"].split("@")[1] for row in rows}) == len(months)
    assert len({row["play"].split("@")[0] for row in rows if row["is_conclusive"]}) <= 5


def test_a_lift_that_is_there_is_found_for_good(workbench: Workbench) -> None:
    entries = campaign("large", 1, lift=0.3, people=300, first_person=1, days=TWO_YEARS)
    rows = told(workbench, entries)["play_results"]
    assert [row["is_conclusive"] for row in whole(rows)] == [True]
    assert {row["is_conclusive"] for row in rows if row["month"] != "all"} == {None}


def test_every_figure_is_that_of_the_formula_on_both_sides_of_the_boundary(
    looks: Workbench,
) -> None:
    # From lifts that conclude nothing to lifts that do, a goal at a time; and an arm too small.
    plays = {f"play_{goals:03d}": (200, goals, 40) for goals in range(40, 111)}
    plays |= {"small": (29, 20, 3), "large_enough": (30, 20, 3)}
    both = {
        play: tuple([number < goals for number in range(size)] for goals in reached)
        for play, (size, *reached) in plays.items()
    }
    entries = pd.DataFrame(
        [
            (play, arm, has_goal)
            for play, arms in both.items()
            for arm, goals in zip(("treat", "holdout"), arms, strict=True)
            for has_goal in goals
        ],
        columns=["play", "arm", "has_goal"],
    ).assign(due_from=FIRST, goal_value=Decimal(0))
    made = looks.run({"int_counted_entries": entries}, ["play_results"])["play_results"]
    rows = {row["play"]: row for row in whole(made)}
    for play, arms in both.items():
        one, two = (Arm(goals, [Decimal(0)] * len(goals)) for goals in arms)
        for name, value in compared("all", one, two).items():
            same = value if value is None else pytest.approx(value, rel=1e-12)
            assert rows[play][name] == same, (play, name)
    assert {row["is_conclusive"] for row in rows.values()} == {None, True, False}


def _arm(entries: Sequence[Occasion]) -> Arm:
    return Arm([each.goal_on is not None for each in entries], [each.value for each in entries])
