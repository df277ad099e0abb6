"""How often customers will order and what an order will be worth: the models fitted and scored.

Belongs here: the mathematics of BG/NBD (Fader, Hardie, Lee 2005), MBG/NBD (Batislam, Denizel,
Filiztekin 2007) and gamma-gamma (Fader, Hardie 2013), on histories of which equal ones are given
once. Does not belong here: what a history is and which fit may be used; that is SQL's business.

Rows with a `name` are numbers of a fit, rows without one are scores of a history. Scores follow
from the numbers as written, rounded to 9 significant digits, so that a rebuild is byte-equal:
sums run in the order of the rows, which is total, and no product is left to threaded BLAS.

The model stands in one file that imports nothing of this repository, so that the dbt project works
where only dbt is installed. SciPy is imported where it is used: a shop too small for a fit shall
not pay for it. BG/NBD and MBG/NBD differ in one number, `chances`: whether a customer may already
leave after the first order (1) or not before the second (0).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Columns = dict[str, npt.NDArray[Any]]
# Mean log-likelihood, its gradient and its Hessian at some parameters.
Slope = tuple[float, Array, Array]

CHANCES = {"bg_nbd": 0, "mbg_nbd": 1}
HORIZONS = {"all": (90, 365), "holdout_90": (90,), "holdout_365": (365,)}
LEAST, GREATEST = 1e-5, 1e5  # Where a parameter says something; beyond, the data does not.
# The share of a series that may be left out, well below the 1e-9 that scores are good for.
NEGLIGIBLE = 1e-13
# Nearer to 1 the series takes more terms than anybody waits for (alpha of hours, not days).
MOST_CERTAIN = 0.999


class Histories(NamedTuple):
    """Equal histories once: order days after the first, days, and how many customers have it."""

    frequency: Array
    recency: Array
    age: Array
    customers: Array


class Spenders(NamedTuple):
    """Equal spenders once: order days after the first, their mean value, how many customers."""

    frequency: Array
    value: Array
    customers: Array


class Fit(NamedTuple):
    """Parameters as published; whether they are the maximum and lie where they say something."""

    parameters: Array
    is_converged: bool


def total(weights: Array, terms: Array) -> float:
    """Return the weighted sum in the order of the rows, by one thread."""
    return float(np.sum(weights * terms))


def published(value: float, digits: int = 9) -> float:
    """Return a number as it is written."""
    return float(f"{value:.{digits}g}")


def order_slope(parameters: Array, histories: Histories, chances: int) -> Slope:
    """Return the mean log-likelihood of (r, alpha, a, b), its gradient and its Hessian.

    The likelihood of a history is a gamma and a beta term, which depend on the frequency alone,
    times exp(alive) + exp(gone): still a customer at the end, or left with the last order.
    """
    special = import_module("scipy.special")

    r, alpha, a, b = (float(value) for value in parameters)
    frequency, recency, age, customers = histories
    many = float(np.sum(customers))

    times, place = np.unique(frequency, return_inverse=True)
    weights = np.bincount(place, customers) / many
    kept, tried = b + times + chances, a + b + times + chances
    value = total(
        weights,
        special.gammaln(r + times)
        - special.gammaln(r)
        + r * np.log(alpha)
        + special.gammaln(kept)
        - special.gammaln(tried)
        - special.gammaln(b)
        + special.gammaln(a + b),
    )
    left = total(weights, special.digamma(a + b) - special.digamma(tried))
    bent = total(weights, special.zeta(2, a + b) - special.zeta(2, tried))
    gradient = np.array(
        [
            total(weights, special.digamma(r + times)) - float(special.digamma(r)) + np.log(alpha),
            r / alpha,
            left,
            left + total(weights, special.digamma(kept)) - float(special.digamma(b)),
        ]
    )
    hessian = np.zeros((4, 4))
    hessian[0, 0] = total(weights, special.zeta(2, r + times)) - float(special.zeta(2, r))
    hessian[0, 1] = hessian[1, 0] = 1 / alpha
    hessian[1, 1] = -r / alpha**2
    hessian[2, 2] = hessian[2, 3] = hessian[3, 2] = bent
    hessian[3, 3] = bent + total(weights, special.zeta(2, kept)) - float(special.zeta(2, b))

    weights = customers / many
    shape = r + frequency
    may_leave = frequency + chances > 0
    stays = np.where(may_leave, b + frequency + chances - 1, 1.0)
    log_age, log_recency = np.log(alpha + age), np.log(alpha + recency)
    alive = -shape * log_age
    gone = np.where(may_leave, np.log(a) - np.log(stays) - shape * log_recency, -np.inf)
    either = np.logaddexp(alive, gone)
    is_alive, is_gone = np.exp(alive - either), np.exp(gone - either)
    value += total(weights, either)

    nothing = np.zeros_like(shape)
    alive_slopes = (-log_age, -shape / (alpha + age), nothing, nothing)
    gone_slopes = (-log_recency, -shape / (alpha + recency), nothing + 1 / a, -1 / stays)
    apart = [ahead - behind for ahead, behind in zip(alive_slopes, gone_slopes, strict=True)]
    alive_weights, gone_weights = weights * is_alive, weights * is_gone
    for row in range(4):
        gradient[row] += total(alive_weights, alive_slopes[row])
        gradient[row] += total(gone_weights, gone_slopes[row])
        for column in range(row, 4):
            curve = total(alive_weights * is_gone, apart[row] * apart[column])
            hessian[row, column] += curve
            if row != column:
                hessian[column, row] += curve
    curve = -total(alive_weights, 1 / (alpha + age)) - total(gone_weights, 1 / (alpha + recency))
    hessian[0, 1] += curve
    hessian[1, 0] += curve
    hessian[1, 1] += total(alive_weights, shape / (alpha + age) ** 2)
    hessian[1, 1] += total(gone_weights, shape / (alpha + recency) ** 2)
    hessian[2, 2] -= total(gone_weights, nothing + 1 / a**2)
    hessian[3, 3] += total(gone_weights, 1 / stays**2)
    return value, gradient, hessian


def spend_slope(parameters: Array, spenders: Spenders) -> Slope:
    """Return the mean log-likelihood of gamma-gamma's (p, q, v), its gradient and its Hessian."""
    special = import_module("scipy.special")

    p, q, v = (float(value) for value in parameters)
    frequency, mean, customers = spenders
    weights = customers / float(np.sum(customers))
    shape = p * frequency
    spent = v + frequency * mean
    log_share = np.log(frequency * mean) - np.log(spent)
    value = total(
        weights,
        special.gammaln(shape + q)
        - special.gammaln(shape)
        - special.gammaln(q)
        + q * (np.log(v) - np.log(spent))
        + shape * log_share
        - np.log(mean),
    )
    both, trigamma = special.digamma(shape + q), special.zeta(2, shape + q)
    gradient = np.array(
        [
            total(weights, frequency * (both - special.digamma(shape) + log_share)),
            total(weights, both - special.digamma(q) + np.log(v) - np.log(spent)),
            total(weights, q / v - (shape + q) / spent),
        ]
    )
    hessian = np.zeros((3, 3))
    hessian[0, 0] = total(weights, frequency**2 * (trigamma - special.zeta(2, shape)))
    hessian[0, 1] = hessian[1, 0] = total(weights, frequency * trigamma)
    hessian[0, 2] = hessian[2, 0] = -total(weights, frequency / spent)
    hessian[1, 1] = total(weights, trigamma) - float(special.zeta(2, q))
    hessian[1, 2] = hessian[2, 1] = total(weights, 1 / v - 1 / spent)
    hessian[2, 2] = total(weights, (shape + q) / spent**2) - q / v**2
    return value, gradient, hessian


def fit(slope: Callable[[Array], Slope], start: Array) -> Fit:
    """Return the parameters that make the log-likelihood `slope` greatest.

    The search runs on logarithms, where all parameters are of one size; Newton's steps then go on
    until they get no smaller. A maximum at infinity is none: there the steps do not vanish.
    """
    latest: tuple[bytes, Slope] | None = None

    def down(logs: Array) -> Slope:
        """Return the slope downhill of the logarithms, worked out once for each point."""
        nonlocal latest
        point = logs.tobytes()
        if latest is None or latest[0] != point:
            values = np.exp(logs)
            height, gradient, hessian = slope(values)
            ascent = gradient * values
            curve = hessian * values[:, None] * values[None, :] + np.diag(ascent)
            latest = (point, (-height if np.isfinite(height) else np.inf, -ascent, -curve))
        return latest[1]

    def depth_and_gradient(logs: Array) -> tuple[float, Array]:
        return down(logs)[:2]

    def curvature(logs: Array) -> Array:
        return down(logs)[2]

    with np.errstate(all="ignore"):
        found = import_module("scipy.optimize").minimize(
            depth_and_gradient,
            np.log(start),
            jac=True,
            hess=curvature,
            method="trust-exact",
            options={"gtol": 1e-9, "maxiter": 500},
        )
        logs: Array = found.x
        length = np.inf
        for _ in range(50):
            _, gradient, hessian = down(logs)
            try:
                np.linalg.cholesky(hessian)
                step = np.linalg.solve(hessian, -gradient)
            except np.linalg.LinAlgError:
                length = np.inf
                break
            if not np.max(np.abs(step)) < length:
                break
            length = float(np.max(np.abs(step)))
            logs = logs + step
        values = np.array([published(value) for value in np.exp(logs)])
    is_converged = length < 1e-9 and bool(np.all((values >= LEAST) & (values <= GREATEST)))
    return Fit(values, is_converged)


def fit_orders(histories: Histories, chances: int) -> Fit:
    """Return (r, alpha, a, b) of BG/NBD (0) or MBG/NBD (1), time in days."""
    rate = total(histories.customers, histories.frequency) / max(
        total(histories.customers, histories.age), 1.0
    )
    start = np.array([0.5, 0.25 / max(rate, 1e-4), 1.0, 1.0 + chances])
    return fit(lambda parameters: order_slope(parameters, histories, chances), start)


def fit_spending(spenders: Spenders) -> Fit:
    """Return gamma-gamma's (p, q, v), v in money.

    The fit is of values in units of their mean, so that no currency lies beyond the bounds.
    """
    unit = total(spenders.customers, spenders.value) / float(np.sum(spenders.customers))
    scaled = spenders._replace(value=spenders.value / unit)
    found = fit(lambda parameters: spend_slope(parameters, scaled), np.array([2.0, 3.0, 2.0]))
    p, q, v = (float(value) for value in found.parameters)
    return Fit(np.array([p, q, published(v * unit)]), found.is_converged)


def probability_alive(parameters: Array, chances: int, histories: Histories) -> Array:
    """Return the probability that a customer with such a history has not left for good."""
    r, alpha, a, b = parameters
    frequency, recency, age, _ = histories
    may_leave = frequency + chances > 0
    stays = np.where(may_leave, b + frequency + chances - 1, 1.0)
    idle = (r + frequency) * (np.log(alpha + age) - np.log(alpha + recency))
    with np.errstate(over="ignore"):
        odds = np.where(may_leave, a / stays * np.exp(idle), 0.0)
    return 1 / (1 + odds)


def expected_if_alive(
    parameters: Array, chances: int, frequency: Array, age: Array, days: int
) -> Array:
    """Return the expected orders in the next days of who is a customer still.

    Σ_n NB(n; r + x, t / (alpha + T + t)) × G_n: n chances to order, of which G_n are taken before
    the customer leaves. Every term is positive and there is no pole at a = 1, which the closed form
    has. Not a number where the series would not end in time.
    """
    r, alpha, a, b = (float(value) for value in parameters)
    expected = np.full_like(age, np.nan)
    certain = days / (alpha + age + days)
    left = np.flatnonzero(certain <= MOST_CERTAIN)
    certain, shape = certain[left], r + frequency[left]
    nothing = np.zeros_like(shape)
    # A column for each history that still adds up; its rows change in place.
    log_odds, kept = shape * np.log1p(-certain), b + frequency[left] + chances
    series = np.stack([certain, shape, kept, log_odds, nothing, nothing + 1, nothing])
    n = 0
    while left.size:
        certain, shape, kept, log_odds, taken, stays, so_far = series
        log_odds += np.log(certain * (shape + n) / (n + 1))
        taken += stays
        stays *= (kept + n) / (a + kept + n)
        n += 1
        term = np.exp(log_odds) * taken
        so_far += term
        # No later ratio of two terms is greater than this one.
        ratio = certain * np.maximum(1, (shape + n) / (n + 1)) * (1 + stays / taken)
        is_done = (ratio < 1) & (term * ratio <= NEGLIGIBLE * (1 - ratio) * so_far)
        if np.any(is_done):
            expected[left[is_done]] = so_far[is_done]
            left, series = left[~is_done], series[:, ~is_done]
    return expected


def expected_orders(parameters: Array, chances: int, histories: Histories, days: int) -> Array:
    """Return the expected order days of customers in the next days, alive or not."""
    # Only the probability to be alive depends on the recency.
    pairs, place = np.unique(
        np.stack([histories.frequency, histories.age]), axis=1, return_inverse=True
    )
    series = expected_if_alive(parameters, chances, pairs[0], pairs[1], days)
    return probability_alive(parameters, chances, histories) * series[place.ravel()]


def numbers(columns: Columns, names: Sequence[str]) -> list[Array]:
    """Return columns as floats."""
    return [np.asarray(columns[name], dtype=np.float64) for name in names]


def of_purpose(columns: Columns, purpose: str) -> Columns:
    """Return the rows of one purpose."""
    return {name: column[columns["purpose"] == purpose] for name, column in columns.items()}


def rows(count: int, **columns: Any) -> Columns:
    """Return a table of so many rows; columns that are not given are empty."""
    empty: Columns = {
        **{name: np.full(count, None, dtype=object) for name in ("purpose", "model", "name")},
        **{
            name: np.full(count, np.nan)
            for name in (
                "value",
                "frequency",
                "recency_days",
                "age_days",
                "probability_alive",
                "expected_orders_90d",
                "expected_orders_365d",
            )
        },
    }
    for name, values in columns.items():
        empty[name][:] = values
    return empty


def fit_rows(
    purpose: str, model: str, names: Sequence[str], found: Fit, log_likelihood: float
) -> Columns:
    """Return the numbers of a fit, a row for each."""
    told = {
        **dict(zip(names, found.parameters, strict=True)),
        "log_likelihood": published(log_likelihood, 12),
        "is_converged": float(found.is_converged),
    }
    return rows(len(told), purpose=purpose, model=model, name=list(told), value=list(told.values()))


def models_of(statistics: Columns) -> list[Columns]:
    """Return the numbers of all fits and the scores of all histories."""
    tables: list[Columns] = []
    for purpose, horizons in HORIZONS.items():
        own = of_purpose(statistics, purpose)
        if not own["customers"].size:
            continue
        histories = Histories(*numbers(own, ("frequency", "recency_days", "age_days", "customers")))
        for model, chances in CHANCES.items():
            found = fit_orders(histories, chances)
            mean, *_ = order_slope(found.parameters, histories, chances)
            tables.append(
                fit_rows(
                    purpose,
                    model,
                    ("r", "alpha", "a", "b"),
                    found,
                    mean * float(np.sum(histories.customers)),
                )
            )
            if found.is_converged:
                tables.append(
                    rows(
                        histories.age.size,
                        purpose=purpose,
                        model=model,
                        frequency=histories.frequency,
                        recency_days=histories.recency,
                        age_days=histories.age,
                        probability_alive=probability_alive(found.parameters, chances, histories),
                        **{
                            f"expected_orders_{days}d": expected_orders(
                                found.parameters, chances, histories, days
                            )
                            for days in horizons
                        },
                    )
                )
    spent = of_purpose(statistics, "spending")
    if spent["customers"].size:
        spenders = Spenders(*numbers(spent, ("frequency", "monetary_value", "customers")))
        found = fit_spending(spenders)
        mean, *_ = spend_slope(found.parameters, spenders)
        tables.append(
            fit_rows(
                "all",
                "gamma_gamma",
                ("p", "q", "v"),
                found,
                mean * float(np.sum(spenders.customers)),
            )
        )
    return tables


def model(dbt: Any, session: Any) -> Columns:  # noqa: ARG001 - dbt gives both
    """Return numbers of fits and scores of histories, as dbt calls it."""
    dbt.config(materialized="table")
    statistics = (
        dbt.ref("int_value_statistics")
        .order("purpose, frequency, recency_days, age_days, monetary_value")
        .fetchnumpy()
    )
    tables = [rows(0), *models_of(statistics)]
    return {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}
