"""The pace of customers: the likelihood by numbers, its slope and maximum, and the quantile."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import pytest

from tests.python_model import python_model
from tests.reference.calibration import paces
from tests.reference.calibration.paces import History, Pace

model = python_model("intermediate/calibration/int_pace_fits.py")

# Without a gap, with one, with several alike and unlike, ordered today, silent for a day and long.
HISTORIES = (
    *(History((), silence) for silence in (0, 1, 40, 900)),
    *(History((30,), silence) for silence in (0, 1, 29, 400)),
    *(History((7, 90), silence) for silence in (0, 25, 700)),
    *(History((1, 1, 2, 1), silence) for silence in (0, 3, 200)),
    *(History((20, 25, 22, 19, 60, 24), silence) for silence in (0, 21, 300)),
)
PACES = (
    Pace(30, 0.7, 0.5, (0.5, 0.7, 0.9)),
    Pace(120, 0.2, 1.4, (0.05, 0.95, 0.5)),
    Pace(3, 1.5, 0.1, (0.99, 0.01, 0.3)),
)


def columns(histories: Sequence[History]) -> Any:
    """What the model knows of customers."""
    logs = [[math.log(gap) for gap in history.gaps] for history in histories]
    return model.Paces(
        np.array([float(len(own)) for own in logs]),
        np.array([sum(own) for own in logs]),
        np.array([sum(log**2 for log in own) for own in logs]),
        np.array([float(history.silence) for history in histories]),
        np.ones(len(logs)),
    )


def parameters(pace: Pace) -> Any:
    odds = [math.log(share / (1 - share)) for share in pace.returns]
    return np.array([*map(math.log, (pace.gap_days, pace.within, pace.between)), *odds])


@pytest.mark.parametrize("pace", PACES)
def test_the_likelihood_is_the_integral_over_the_own_mean(pace: Pace) -> None:
    for history in HISTORIES:
        value, _ = model.slope(parameters(pace), columns([history]))
        assert value == pytest.approx(paces.log_likelihood(pace, history), rel=1e-6, abs=1e-7)


@pytest.mark.parametrize("pace", PACES)
def test_the_gradient_is_that_of_the_likelihood(pace: Pace) -> None:
    at, known = parameters(pace), columns(HISTORIES)
    _, gradient = model.slope(at, known)
    for place, slope in enumerate(gradient):
        step = np.zeros(at.size)
        step[place] = 1e-5
        difference = model.slope(at + step, known)[0] - model.slope(at - step, known)[0]
        assert slope == pytest.approx(difference / 2e-5, rel=1e-5, abs=1e-8)


def test_equal_histories_count_as_often_as_there_are_customers() -> None:
    at = parameters(PACES[0])
    once = columns(HISTORIES)._replace(customers=np.arange(1.0, len(HISTORIES) + 1))
    written_out = [each for place, each in enumerate(HISTORIES, start=1) for _ in range(place)]
    assert model.slope(at, once)[0] == pytest.approx(model.slope(at, columns(written_out))[0])


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_pace_of_invented_customers_is_found(seed: int) -> None:
    pace = Pace(30, 0.7, 0.5, (0.5, 0.7, 0.9))
    known = columns(paces.customers(pace, 3000, 1000, seed))
    found, likelihood, is_converged = model.fit(known, np.array(model.START))
    assert is_converged
    assert likelihood >= model.slope(parameters(pace), known)[0]
    assert math.exp(found[0]) == pytest.approx(30, rel=0.06)
    assert math.exp(found[1]) == pytest.approx(0.7, abs=0.03)
    assert math.exp(found[2]) == pytest.approx(0.5, abs=0.06)
    assert 1 / (1 + np.exp(-found[3:])) == pytest.approx(pace.returns, abs=0.04)
    # Nowhere near is the likelihood greater, and no other beginning leads elsewhere.
    for place in range(found.size):
        for step in (-1e-3, 1e-3):
            beside = found.copy()
            beside[place] += step
            assert model.slope(beside, known)[0] < likelihood
    again, *_ = model.fit(known, np.array([2.0, 0.5, 0.5, 1.0, -1.0, 2.0]))
    assert again == pytest.approx(found, abs=1e-4)


def test_who_never_returns_is_no_long_gap() -> None:
    """Without a chance never to return silence of those who left would stretch the gaps."""
    left = Pace(25, 0.6, 0.3, (0.3, 0.3, 0.3))
    known = columns(paces.customers(left, 3000, 1000, 5))
    found, *_ = model.fit(known, np.array(model.START))
    assert math.exp(found[0]) == pytest.approx(25, rel=0.08)


def test_customers_who_are_all_alike_have_a_pace() -> None:
    known = columns([History((30, 30, 30), 10)] * 60)
    found, _, is_converged = model.fit(known, np.array(model.START))
    assert is_converged
    assert math.exp(found[0]) == pytest.approx(30, rel=1e-3)
    assert math.exp(2 * (found[1] - found[2])) > 0


def test_a_share_of_gaps_outlasts_the_days_of_the_policy() -> None:
    """On what is true: a fifth of gaps at or beyond at risk, the lapsed quantile as called."""
    pace = Pace(30, 0.7, 0.35, (0.6, 0.8, 0.9))
    customers = paces.customers(pace, 4000, 3000, 9)
    found, *_ = model.fit(columns(customers), np.array(model.START))
    policy = {
        "prior_gap_days": math.exp(found[0]),
        "prior_weight": math.exp(2 * (found[1] - found[2])),
        "log_gap_sigma": math.exp(found[1]),
        "min_days": 1,
        "max_days": 10_000,
    }
    # Gaps that had time to end, however long they were.
    gaps = [
        (number, sum(map(math.log, each.gaps[:number])), gap)
        for each in customers
        for number, gap in enumerate(each.gaps)
        if sum(each.gaps[number:]) + each.silence > 400
    ]
    for quantile, tolerance in ((0.80, 0.05), (0.9, 0.04), (0.95, 0.04)):
        over = [gap < paces.limit(policy, number, logs, quantile) for number, logs, gap in gaps]
        assert sum(over) / len(over) == pytest.approx(quantile, abs=tolerance)


# --- the quantile ---------------------------------------------------------------------------------
def test_lapsed_comes_after_at_risk() -> None:
    assert [model.at_risk_percent(percent) for percent in (50, 80, 81, 82, 99)] == [
        *(49, 79, 80, 80, 80)
    ]
    policy = model.Policy(30.0, 3.0, 0.7, 7, 60)
    for percent in model.PERCENTS:
        histories = [History((), day) for day in range(80)]
        calls = model.called(policy, columns(histories), percent)
        after = paces.lapsed_after(
            policy._asdict(), 0, 0.0, min(80, percent - 1) / 100, percent / 100
        )
        assert [bool(call) for call in calls] == [day >= after for day in range(80)]
        assert 8 <= after <= 61


def test_the_quantile_that_errs_least_is_chosen_the_first_of_several() -> None:
    calls = np.zeros((50, 2, 2))
    calls[:, :, 0] = 10, 20
    calls[:, 0, 1], calls[:, 1, 1] = 5, 10
    calls[7:9, 0, 1] = 4
    assert model.chosen_percent(calls) == 57
    for side in (0, 1):
        nobody = calls.copy()
        nobody[:, side, :] = 0
        assert model.chosen_percent(nobody) is None


def test_a_month_is_judged_by_the_ones_before_it() -> None:
    """Those who came back and those who did not are known of the first two of three days."""
    histories = paces.customers(Pace(30, 0.7, 0.5, (0.5, 0.7, 0.9)), 200, 600, 1)
    known = columns(histories)._asdict()
    days = [date(2024, 1, 31), date(2024, 2, 29), date(2025, 2, 28)]
    many = len(histories)
    given: dict[str, Any] = {
        name if name != "silence" else "silence_days": np.tile(column, 3)
        for name, column in known.items()
    }
    given["known_on"] = np.repeat(np.array(days, dtype="datetime64[us]"), many)
    is_gone = np.array([float(each.silence > 90) for each in histories])
    given["gone"] = np.concatenate([is_gone, is_gone, 0 * is_gone])
    given["returned"] = np.concatenate([1 - is_gone, 1 - is_gone, 0 * is_gone])
    rows = model.fits_of(given, 7, 730)
    assert [row["lapsed_percent"] is None for row in rows] == [True, False, False]
    trials = [
        {
            "month_end": day,
            "last_order_on": day - np.timedelta64(each.silence, "D").astype(object),
            "gaps": len(each.gaps),
            "log_gaps": sum(map(math.log, each.gaps)),
            "has_returned": not gone,
        }
        for day in days[:2]
        for each, gone in zip(histories, is_gone, strict=True)
    ]
    policies = {
        day: {**row, "min_days": 7, "max_days": 730} for day, row in zip(days, rows, strict=True)
    }
    for place in (1, 2):
        before = {day: policies[day] for day in days[:place]}
        percent = paces.chosen_percent(before, trials)
        assert percent is not None
        assert rows[place]["lapsed_percent"] == percent
        assert rows[place]["at_risk_percent"] == min(80, percent - 1)
