"""At which pace customers order, and from which quantile of their gaps on silence means lapsed.

Belongs here: the likelihood of gaps, its maximum, and the choice of the quantile. Does not belong
here: what was known on a day and what became of whom; that is SQL's business.

The logarithms of a customer's gaps are normal around a mean of the customer's own, the means are
normal around that of all; after each order the customer returns with some probability or never.
The gap that is still open is longer than the silence, or there will be none. With the sums of the
logarithms and of their squares the integral over the customer's mean has a closed form. Numbers
are rounded to 9 significant digits and sums run in the order of the rows, which is total, so that
a rebuild is byte-equal. SciPy is imported where it is used; the file imports nothing of this
repository, so that the dbt project works where only dbt is installed.
"""

from __future__ import annotations

from importlib import import_module
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Columns = dict[str, npt.NDArray[Any]]

ORDINALS = 3  # The chance to return after the first order, the second, and each later one.
# Mean of logarithms, logarithms of the deviations within and between, log-odds to return.
START = (4.0, 0.0, -0.7, 0.0, 0.0, 0.0)
BOUNDS = ((0.0, 8.2), (-3.0, 1.6), (-4.6, 1.6), *[(-9.0, 9.0)] * ORDINALS)
VANISHED = 1e-5  # A slope of the mean log-likelihood that is none.
PERCENTS = range(50, 100)
AT_RISK_PERCENT = 80
WRITTEN = {
    "known_on": "date",
    "prior_gap_days": "double",
    "prior_weight": "double",
    "log_gap_sigma": "double",
    "return_share_1": "double",
    "return_share_2": "double",
    "return_share_3": "double",
    "log_likelihood": "double",
    "is_converged": "boolean",
    "at_risk_percent": "integer",
    "lapsed_percent": "integer",
}
KINDS = {"date": "datetime64[us]", "double": "float64", "boolean": "bool", "integer": "object"}


class Paces(NamedTuple):
    """Equal histories once: closed gaps, sums of their logarithms and squares, days of silence."""

    gaps: Array
    log_gaps: Array
    log_gap_squares: Array
    silence: Array
    customers: Array


class Policy(NamedTuple):
    """What is learned, and the bounds of the policy in use."""

    prior_gap_days: float
    prior_weight: float
    log_gap_sigma: float
    min_days: int
    max_days: int


def published(value: float, digits: int = 9) -> float:
    """Return a number as it is written."""
    return float(f"{value:.{digits}g}")


def total(left: Array, right: Array) -> float:
    """Return the sum of products in the order of the rows, by one thread and without BLAS."""
    return float(np.einsum("i,i->", left, right))


def slope(parameters: Array, paces: Paces) -> tuple[float, Array]:
    """Return the mean log-likelihood of the gaps and its gradient.

    Given the closed gaps the logarithm of the open one is normal: its mean lies between that of
    all and the customer's own, its variance is that within and what is not known of the own mean.
    """
    special = import_module("scipy.special")
    mean = float(parameters[0])
    within, between = (float(value) for value in np.exp(2 * parameters[1:3]))
    chances = special.expit(parameters[3:])
    gaps, log_gaps, squares, silence, customers = paces
    weights = customers / float(np.sum(customers))

    # The closed gaps.
    off = log_gaps - gaps * mean
    spread = within + gaps * between
    squared = squares - 2 * mean * log_gaps + gaps * mean**2
    value = total(
        weights,
        -0.5 * gaps * np.log(2 * np.pi)
        - 0.5 * (gaps - 1) * np.log(within)
        - 0.5 * np.log(spread)
        - 0.5 * (squared - between * off**2 / spread) / within,
    )
    by_mean = off / spread
    by_within = (
        -0.5 * (gaps - 1) / within
        - 0.5 / spread
        + 0.5 * squared / within**2
        - 0.5 * between * off**2 * (1 / (within**2 * spread) + 1 / (within * spread**2))
    )
    by_between = -0.5 * gaps / spread + 0.5 * off**2 / spread**2

    # The open gap: `at` deviations of it have passed in silence, which began on the day itself.
    deviation = np.sqrt(within + within * between / spread)
    with np.errstate(divide="ignore"):
        at = (np.log(silence) - mean - between * off / spread) / deviation
    ordinal = np.minimum(gaps, ORDINALS - 1).astype(np.int64)
    over, density = special.ndtr(at), np.exp(-0.5 * at**2) / np.sqrt(2 * np.pi)
    chance = chances[ordinal]
    still = 1 - chance * over
    value += total(weights, np.log(still))
    at = np.where(silence > 0, at, 0.0)
    by_at = -chance * density / still
    by_mean += by_at * (-within / spread / deviation)
    by_within += by_at * (
        between * off / spread**2 / deviation
        - at * (1 + gaps * between**2 / spread**2) / (2 * deviation**2)
    )
    by_between += by_at * (
        -within * off / spread**2 / deviation - at * (within / spread) ** 2 / (2 * deviation**2)
    )

    gradient = [
        total(weights, by_mean),
        2 * within * total(weights, by_within),
        2 * between * total(weights, by_between),
    ]
    for number in range(ORDINALS):
        is_last = number == ORDINALS - 1
        closed = np.maximum(gaps - number, 0) if is_last else (gaps > number).astype(np.float64)
        returned = total(weights, closed)
        value += returned * np.log(chances[number])
        by_chance = np.where(ordinal == number, -over / still, 0.0)
        gradient.append(
            (1 - chances[number]) * (returned + chances[number] * total(weights, by_chance))
        )
    return value, np.array(gradient)


def fit(paces: Paces, start: Array) -> tuple[Array, float, bool]:
    """Return the parameters of the greatest likelihood, it, and whether it is a maximum."""

    def down(parameters: Array) -> tuple[float, Array]:
        value, gradient = slope(parameters, paces)
        return -value, -gradient

    found = import_module("scipy.optimize").minimize(
        down,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=BOUNDS,
        options={"ftol": 1e-15, "gtol": 1e-8, "maxiter": 500},
    )
    low, high = (np.array(side) for side in zip(*BOUNDS, strict=True))
    # At a bound the slope may lead beyond it.
    uphill = np.clip(found.x - found.jac, low, high) - found.x
    return found.x, -float(found.fun), bool(np.max(np.abs(uphill)) < VANISHED)


def limits(policy: Policy, paces: Paces, percent: int) -> Array:
    """Return the days of silence after which a share of gaps is over, as health tells it."""
    deviations = NormalDist().inv_cdf(percent / 100)
    mean = (paces.log_gaps + policy.prior_weight * np.log(policy.prior_gap_days)) / (
        paces.gaps + policy.prior_weight
    )
    middle: Array = np.exp(mean + deviations * policy.log_gap_sigma)
    days = np.ceil(np.round(middle, 6))
    return np.maximum(np.minimum(days, policy.max_days), policy.min_days)


def at_risk_percent(lapsed_percent: int) -> int:
    """Return the share of gaps that are over when a customer is at risk: before it has lapsed."""
    return min(AT_RISK_PERCENT, lapsed_percent - 1)


def called(policy: Policy, paces: Paces, percent: int) -> npt.NDArray[np.bool_]:
    """Return who has lapsed if so many of hundred gaps are over then."""
    at_risk = limits(policy, paces, at_risk_percent(percent))
    return paces.silence >= np.maximum(at_risk + 1, limits(policy, paces, percent))


def chosen_percent(calls: Array) -> int | None:
    """Return the quantile with the least balanced error: of calls per percent, who, and is it so.

    Args:
        calls: for each percent the returned and the gone, each all of them and those called.
    """
    returned, alarms, gone, found = (calls[:, who, what] for who in (0, 1) for what in (0, 1))
    if not (returned[0] and gone[0]):
        return None
    error: Array = np.round((alarms / returned + 1 - found / gone) / 2, 12)
    return PERCENTS[int(np.argmin(error))]


def fits_of(histories: Columns, min_days: int, max_days: int) -> list[dict[str, Any]]:
    """Return a row for each day on which paces were known.

    The quantile is chosen by the calls at earlier month ends, each by the fit of its own day.
    """
    rows: list[dict[str, Any]] = []
    calls = np.zeros((len(PERCENTS), 2, 2))
    names = ("gaps", "log_gaps", "log_gap_squares", "silence_days", "customers")
    for known_on in np.unique(histories["known_on"]):
        own = {name: each[histories["known_on"] == known_on] for name, each in histories.items()}
        paces = Paces(*(np.asarray(own[name], dtype=np.float64) for name in names))
        parameters, likelihood, is_converged = fit(paces, np.array(START))
        mean, log_within, log_between = (float(value) for value in parameters[:3])
        policy = Policy(
            published(np.exp(mean)),
            published(np.exp(2 * (log_within - log_between))),
            published(np.exp(log_within)),
            min_days,
            max_days,
        )
        percent = chosen_percent(calls)
        shares = 1 / (1 + np.exp(-parameters[3:]))
        rows.append(
            {
                "known_on": known_on,
                **{name: getattr(policy, name) for name in list(WRITTEN)[1:4]},
                **{f"return_share_{k}": published(p) for k, p in enumerate(shares, start=1)},
                "log_likelihood": published(likelihood * float(np.sum(paces.customers)), 12),
                "is_converged": is_converged,
                "at_risk_percent": None if percent is None else at_risk_percent(percent),
                "lapsed_percent": percent,
            }
        )
        if is_converged:
            ends = np.stack(
                [np.asarray(own[name], dtype=np.float64) for name in ("returned", "gone")]
            )
            is_judged = ends.sum(axis=0) > 0
            judged = Paces(*(column[is_judged] for column in paces))
            ends = ends[:, is_judged]
            for place, percent in enumerate(PERCENTS):
                calls[place, :, 0] += ends.sum(axis=1)
                calls[place, :, 1] += ends[:, called(policy, judged, percent)].sum(axis=1)
    return rows


def model(dbt: Any, session: Any) -> Any:
    """Return the fits, as dbt calls it."""
    dbt.config(materialized="table")
    histories = (
        dbt.ref("int_pace_histories")
        .order("known_on, gaps, log_gaps, log_gap_squares, silence_days")
        .fetchnumpy()
    )
    policy = dbt.ref("health_policy").filter("key = 'default'").fetchnumpy()
    bounds = [int(policy[name][0]) for name in ("min_days", "max_days")]
    rows = fits_of(histories, *bounds) if histories["gaps"].size else []
    session.register(
        "pace_fits",
        {
            name: np.array([row[name] for row in rows], dtype=KINDS[kind])
            for name, kind in WRITTEN.items()
        },
    )
    # What may be missing comes as text: a column without a value would be of no kind.
    columns = ", ".join(f"cast({name} as {kind}) as {name}" for name, kind in WRITTEN.items())
    return session.query(f"select {columns} from pace_fits")
