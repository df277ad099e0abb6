"""Odds of stages and gaps between orders equal their plain-Python reading, on random histories."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest

from orchestration.settings.paths import StateDir
from tests.pipeline.workbench import Workbench
from tests.reference.calibration import gaps, odds, worlds
from tests.reference.differences import differences

pytestmark = pytest.mark.slow

KEY = ("framework", "stage", "health", "days_in_stage")
AS_OF = worlds.AS_OF


def test_the_odds_agree_with_the_reference_on_random_histories(sample_state: StateDir) -> None:
    workbench = Workbench(sample_state.root, worlds.GIVEN, worlds.MARTS)
    stalled: set[bool | None] = set()
    cells = valued = 0
    for seed in range(20):
        given = worlds.standings(seed)
        actual = workbench.run(worlds.tables(given), worlds.MARTS)
        different = differences(odds.stage_odds(given), actual["stage_odds"], KEY)
        assert not different, f"{seed}: " + "\n".join(different)
        subjects = [row | {"subject": row["subject_key"]} for row in actual["int_stage_outlooks"]]
        different = differences(odds.outlooks(given), subjects, ("framework", "subject"))
        assert not different, f"{seed}: " + "\n".join(different)
        stalled |= {row["is_stalled"] for row in subjects}
        cells += len(actual["stage_odds"])
        valued += sum(row["value_to_advance"] is not None for row in actual["stage_odds"])
    assert cells > 500
    assert valued > 50
    assert stalled == {True, False, None}


def test_gaps_between_orders_agree_with_the_reference(sample_state: StateDir) -> None:
    given = ("int_settings", "int_kpi_windows", "int_order_days", "int_persons")
    workbench = Workbench(sample_state.root, given, ("lapse_calibration",))
    dice = random.Random(1)
    for _ in range(10):
        customers = [
            [AS_OF - timedelta(days=days) for days in dice.sample(range(60), dice.randint(1, 6))]
            for _ in range(dice.randint(0, 12))
        ]
        days = [
            {"subject_key": key, "order_date": day}
            for key, found in enumerate(customers)
            for day in found
        ]
        # A day on which nothing stands any more, a guest and an account are no customers' days.
        voided = {"subject_key": 0, "order_date": AS_OF, "voided_on": AS_OF}
        made = {
            "int_settings": [{"as_of_date": AS_OF}],
            "int_kpi_windows": [{"followed_gaps": 3}],
            "int_order_days": [
                *days,
                *({"subject_key": key, "order_date": AS_OF} for key in (99, -5)),
                *(voided for _ in range(bool(customers) and AS_OF not in customers[0])),
            ],
            "int_persons": [
                *({"person_key": key} for key in range(len(customers))),
                {"person_key": 99, "guest_order_id": "o"},
            ],
        }
        actual = workbench.run(made, ("lapse_calibration",))["lapse_calibration"]
        expected = gaps.lapse_calibration(customers, AS_OF, 3)
        assert not differences(expected, actual, ("gap_ordinal", "day"))
        assert bool(actual) == bool(customers)


def test_the_backtest_of_lapses_agrees_with_the_reference_on_random_orders(
    sample_state: StateDir,
) -> None:
    given = (
        *("int_settings", "int_kpi_windows", "int_persons"),
        *(
            "int_order_epochs",
            "int_order_days",
            "int_health_changes",
            "health_policy",
            "int_value_fits",
        ),
    )
    asked = ("lapse_backtest", "recommended_health_policy", "int_recommended_policies")
    workbench = Workbench(sample_state.root, given, asked)
    windows = {
        "lapse_truth_days": 91,
        "judged_silence_days": 366,
        "fewest_paced_customers": 3,
    }
    policy = {
        "key": "default",
        "at_risk_quantile": 0.7,
        "lapsed_quantile": 0.9,
        "min_days": 7,
        "max_days": 300,
        "cold_after_days": 180,
        "lapsed_after_days": 5,
    }
    dice = random.Random(2)
    called: Counter[str] = Counter()
    recommended: set[bool] = set()
    # Days before the ends of months, on both sides of the windows.
    ages = (91, 92, 121, 122, 151, 152, 180, 181, 182, 272, 456, 457, 458, 517, 518, 600)
    for _ in range(10):
        days: dict[int, list[tuple[date, date | None]]] = {}
        health: dict[int, list[tuple[date, str]]] = {}
        for key in range(dice.randint(0, 12)):
            found = sorted(AS_OF - timedelta(days=a) for a in dice.sample(ages, dice.randint(1, 5)))
            days[key] = [
                (day, day + dice.choice((1, 30)) * odds.DAY if dice.random() < 0.2 else None)
                for day in found
            ]
            changes = sorted({found[0], *(AS_OF - timedelta(days=a) for a in dice.sample(ages, 3))})
            health[key] = [(day, dice.choice(worlds.HEALTHS)) for day in changes]
        made = {
            "int_settings": [{"as_of_date": AS_OF}],
            "int_kpi_windows": [windows],
            "health_policy": [policy],
            "int_value_fits": (fits := _order_fits(dice)),
            "int_persons": [
                *({"person_key": key} for key in days),
                {"person_key": 99, "guest_order_id": "o"},
            ],
            "int_order_days": [
                {"subject_key": key, "order_date": day, "voided_on": gone}
                for key, found in days.items()
                for day, gone in found
            ],
            "int_order_epochs": [
                *(epoch for key, found in days.items() for epoch in _epochs(key, found)),
                {"subject_key": 99, "epoch_from": AS_OF - 400 * odds.DAY, "last_order_on": AS_OF},
            ],
            "int_health_changes": [
                {"subject_key": key, "changed_on": day, "health": name}
                for key, found in health.items()
                for day, name in found
            ],
        }
        marts = workbench.run(made, asked)
        actual = marts["lapse_backtest"]
        policies = {row["known_on"]: row for row in marts["int_recommended_policies"]}
        order_fits = {
            date.fromisoformat(row["purpose"].removeprefix("month:")): row for row in fits
        }
        expected = gaps.lapse_backtest(days, health, AS_OF, windows, policies, order_fits)
        assert not differences(expected, actual, ("policy", "month_end"))
        for row in actual:
            called[row["policy"]] += row["called_lapsed"]
        (mart,) = marts["recommended_health_policy"]
        paced = sum(
            sum(gone is None or gone > AS_OF for _, gone in found) > 2 for found in days.values()
        )
        assert (mart["reason"] == "too few customers have ordered on three days") == (paced < 3)
        assert (mart["reason"] is None) == (AS_OF in policies)
        assert mart["lapsed_after_days"] is None
        recommended.add(mart["reason"] is None)
    assert min(called[name] for name in ("shipped", "p_alive_below_half")) > 20
    assert called["recommended"] > 5
    assert recommended == {True, False}


def _order_fits(dice: random.Random) -> list[dict[str, Any]]:
    """Parameters of BG/NBD at some ends of months."""
    ends = (date(2023, month, 1) - odds.DAY for month in range(1, 13))
    return [
        {
            "purpose": f"month:{end}",
            "model": "bg_nbd",
            "is_converged": True,
            **{name: dice.choice((0.3, 1.5, 9.0)) for name in ("r", "a", "b")},
            "alpha": dice.choice((2.0, 30.0)),
        }
        for end in ends
        if dice.random() < 0.7
    ]


def _epochs(key: int, days: list[tuple[date, date | None]]) -> list[dict[str, Any]]:
    """Stretches of time in which the same order days stand."""
    turns = sorted({turn for pair in days for turn in pair if turn is not None})
    return [
        {
            "subject_key": key,
            "epoch_from": start,
            "epoch_to": end,
            "order_days": len(known),
            "first_order_on": min(known, default=None),
            "last_order_on": max(known, default=None),
            "log_gaps": sum(logs) if logs else None,
            "log_gap_squares": sum(log**2 for log in logs) if logs else None,
        }
        for start, end in zip(turns, [*turns[1:], date(9999, 12, 31)], strict=True)
        for known in [gaps.known_days(days, start)]
        for logs in [gaps.logarithms(known)]
    ]
