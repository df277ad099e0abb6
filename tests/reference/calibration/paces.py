"""At which pace customers order, a customer and a gap at a time.

Belongs here: the likelihood by numbers, the integral over a customer's own mean taken step by step;
invented customers whose pace is known; which quantile a policy would have been called by. Does not
belong here: the closed form, and how the maximum is found.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from statistics import NormalDist
from typing import Any

STEPS = 2000
NORMAL = NormalDist()


@dataclass(frozen=True)
class Pace:
    """What is true of a shop: the middle gap, deviations within and between, who returns."""

    gap_days: float
    within: float
    between: float
    returns: tuple[float, float, float]


@dataclass(frozen=True)
class History:
    """Closed gaps of a customer, in days, and the days of silence since."""

    gaps: tuple[int, ...]
    silence: int


def customers(pace: Pace, many: int, days: int, seed: int) -> list[History]:
    """Invent customers who came at any time in the first four fifths of so many days."""
    dice = random.Random(seed)
    found: list[History] = []
    for _ in range(many):
        mean = dice.gauss(math.log(pace.gap_days), pace.between)
        left = dice.randint(days // 5, days)
        gaps: list[int] = []
        while dice.random() < pace.returns[min(len(gaps), 2)]:
            gap = max(1, round(math.exp(dice.gauss(mean, pace.within))))
            if gap > left:
                break
            gaps.append(gap)
            left -= gap
        found.append(History(tuple(gaps), left))
    return found


def log_likelihood(pace: Pace, history: History) -> float:
    """The likelihood of one customer's logarithms of gaps, by Simpson's rule over the own mean."""
    middle, reach = math.log(pace.gap_days), 9 * pace.between
    heights: list[float] = []
    for step in range(STEPS + 1):
        mean = middle - reach + 2 * reach * step / STEPS
        own = NormalDist(mean, pace.within)
        height = NormalDist(middle, pace.between).pdf(mean)
        for number, gap in enumerate(history.gaps):
            height *= pace.returns[min(number, 2)] * own.pdf(math.log(gap))
        returns = pace.returns[min(len(history.gaps), 2)]
        over = own.cdf(math.log(history.silence)) if history.silence else 0.0
        heights.append(height * (1 - returns + returns * (1 - over)))
    weights = [1, *(4 if step % 2 else 2 for step in range(1, STEPS)), 1]
    area = math.fsum(map(math.prod, zip(weights, heights, strict=True)))
    return math.log(area * 2 * reach / STEPS / 3)


def limit(policy: Mapping[str, Any], gaps: int, log_gaps: float, quantile: float) -> int:
    """Days of silence after which such a share of gaps is over."""
    weight = float(policy["prior_weight"])
    mean = (log_gaps + weight * math.log(policy["prior_gap_days"])) / (gaps + weight)
    days = math.ceil(
        round(math.exp(mean + NORMAL.inv_cdf(quantile) * float(policy["log_gap_sigma"])), 6)
    )
    return max(min(days, policy["max_days"]), policy["min_days"])


def lapsed_after(
    policy: Mapping[str, Any], gaps: int, log_gaps: float, at_risk: float, lapsed: float
) -> int:
    """Days of silence after which a customer has lapsed, later than at risk."""
    return max(limit(policy, gaps, log_gaps, at_risk) + 1, limit(policy, gaps, log_gaps, lapsed))


def chosen_percent(
    policies: Mapping[Any, Mapping[str, Any]], trials: Sequence[Mapping[str, Any]]
) -> int | None:
    """The quantile that erred least over all month ends together, each called by its policy."""
    judged = [trial for trial in trials if trial["month_end"] in policies]
    back = sum(trial["has_returned"] for trial in judged)
    gone = len(judged) - back
    if not back or not gone:
        return None
    errors: dict[int, Fraction] = {}
    for percent in range(50, 100):
        alarms = misses = 0
        for trial in judged:
            quantiles = (min(80, percent - 1) / 100, percent / 100)
            policy = policies[trial["month_end"]]
            since = (trial["month_end"] - trial["last_order_on"]).days
            is_called = since >= lapsed_after(policy, trial["gaps"], trial["log_gaps"], *quantiles)
            alarms += is_called and trial["has_returned"]
            misses += not is_called and not trial["has_returned"]
        errors[percent] = Fraction(alarms, back) + Fraction(misses, gone)
    return min(errors, key=lambda percent: (errors[percent], percent))
