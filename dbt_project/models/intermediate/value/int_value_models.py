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
MONTH = "month:"  # Purposes that begin so are month ends, of which only BG/NBD is asked.
HORIZONS = {"all": (90, 365), "holdout_90": (90,), "holdout_365": (365,)}
ENOUGH_TO_BEGIN = 1000
BLOCK = 8192  # Rows at a time: what is worked on stays in the processor's cache.
LEAST, GREATEST = 1e-5, 1e5  # Where a parameter says something; beyond, the data does not.
# The columns of the table; a missing number is null.
WRITTEN = {
    "purpose": "varchar",
    "model": "varchar",
    "name": "varchar",
    "value": "double",
    "frequency": "integer",
    "recency_days": "integer",
    "age_days": "integer",
    "probability_alive": "double",
    "expected_orders_90d": "double",
    "expected_orders_365d": "double",
}
# The share of a series that may be left out, well below the 1e-9 that scores are good for.
NEGLIGIBLE = 1e-13
# A step of Newton's, in logarithms, that is the last: what it leaves is of the size of its square.
VANISHED = 1e-6
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


def total(left: Array, right: Array) -> float:
    """Return the sum of products in the order of the rows, by one thread and without BLAS."""
    return float(np.einsum("i,i->", left, right))


def published(value: float, digits: int = 9) -> float:
    """Return a number as it is written."""
    return float(f"{value:.{digits}g}")


def order_slope(parameters: Array, histories: Histories, chances: int) -> Slope:
    """Return the mean log-likelihood of (r, alpha, a, b), its gradient and its Hessian.

    The likelihood of a history is a gamma and a beta term, which depend on the frequency alone,
    times the sum of two chances: to be a customer still, and to have left with the last order.
    """
    special = import_module("scipy.special")

    r, alpha, a, b = (float(value) for value in parameters)
    frequency, _, age, customers = histories
    many = float(np.sum(customers))

    # The terms that depend on the frequency alone, once for each.
    weights = np.bincount(frequency.astype(np.int64), customers) / many
    times = np.flatnonzero(weights).astype(np.float64)
    weights = weights[weights > 0]
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

    upper = np.zeros((4, 4))
    for first in range(0, age.size, BLOCK):
        block = Histories(*(column[first : first + BLOCK] for column in histories))
        more, slopes, curves = stay_slope(parameters, block, chances)
        value += more / many
        gradient += slopes / many
        upper += curves / many
    return value, gradient, hessian + upper + np.triu(upper, 1).T


def stay_slope(parameters: Array, histories: Histories, chances: int) -> Slope:
    """Return what the chances to stay add to the log-likelihood; of the Hessian its upper half.

    alive: r + x orders in the age; gone: in the time until the last one, and then to leave.
    """
    r, alpha, a, b = (float(value) for value in parameters)
    frequency, recency, age, customers = histories
    shape = r + frequency
    tried = np.maximum(frequency + chances, 1)
    per_stay = 1 / (b - 1 + tried)
    until, until_last = 1 / (alpha + age), 1 / (alpha + recency)
    log_until, log_until_last = np.log(until), np.log(until_last)
    longer = log_until_last - log_until
    odds = a * per_stay * np.exp(shape * longer)
    if not chances:
        odds[frequency == 0] = 0  # Nobody leaves before the second order.
    is_alive = 1 / (1 + odds)
    value = total(customers, shape * log_until - np.log(is_alive))

    alive = customers * is_alive
    gone = customers - alive
    # By how much the slopes of the two logarithms are apart, for r and alpha; a: 1 / a, b: stays.
    both = gone * is_alive
    faster = shape * (until_last - until)
    alive_rate, gone_rate = alive * shape * until, gone * shape * until_last
    all_gone, none = float(np.sum(gone)), float(np.sum(both))
    gradient = [
        total(alive, log_until) + total(gone, log_until_last),
        -float(np.sum(alive_rate)) - float(np.sum(gone_rate)),
        all_gone / a,
        -total(gone, per_stay),
    ]
    longer_both, faster_both, stay_both = -longer * both, faster * both, per_stay * both
    upper = np.zeros((4, 4))
    upper[0] = [
        -total(longer_both, longer),
        total(longer_both, faster) - total(alive, until) - total(gone, until_last),
        -float(np.sum(longer_both)) / a,
        total(longer_both, per_stay),
    ]
    upper[1, 1:] = [
        total(faster_both, faster) + total(alive_rate, until) + total(gone_rate, until_last),
        -float(np.sum(faster_both)) / a,
        total(faster_both, per_stay),
    ]
    upper[2, 2:] = [(none - all_gone) / a**2, -float(np.sum(stay_both)) / a]
    upper[3, 3] = total(stay_both + gone * per_stay, per_stay)
    return value, np.array(gradient), upper


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
            options={"gtol": 1e-5, "maxiter": 500},
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
            if length < VANISHED:
                break
        values = np.array([published(value) for value in np.exp(logs)])
    is_converged = length < VANISHED and bool(np.all((values >= LEAST) & (values <= GREATEST)))
    return Fit(values, is_converged)


def fit_orders(histories: Histories, chances: int, before: Fit | None = None) -> Fit:
    """Return (r, alpha, a, b) of BG/NBD (0) or MBG/NBD (1), time in days.

    A fit of nearly the same histories says where to begin, else every n-th of many histories does,
    so that few looks at all of them are needed.
    """
    if before is not None and before.is_converged:
        return fit(lambda at: order_slope(at, histories, chances), before.parameters)
    rate = total(histories.customers, histories.frequency) / max(
        total(histories.customers, histories.age), 1.0
    )
    start = np.array([0.5, 0.25 / max(rate, 1e-4), 1.0, 1.0 + chances])
    every = histories.age.size // ENOUGH_TO_BEGIN
    if every > 1:
        some = Histories(*(column[::every] for column in histories))
        begun = fit(lambda parameters: order_slope(parameters, some, chances), start)
        start = begun.parameters if begun.is_converged else start
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
    table: Columns = {
        name: np.full(count, None, dtype=object) if kind == "varchar" else np.full(count, np.nan)
        for name, kind in WRITTEN.items()
    }
    for name, values in columns.items():
        table[name][:] = values
    return table


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


def histories_of(columns: Columns) -> Histories:
    """Return the histories of a purpose."""
    return Histories(*numbers(columns, ("frequency", "recency_days", "age_days", "customers")))


def order_fit_rows(purpose: str, model: str, histories: Histories, found: Fit) -> Columns:
    """Return the numbers of a fit of BG/NBD or MBG/NBD."""
    mean, *_ = order_slope(found.parameters, histories, CHANCES[model])
    likelihood = mean * float(np.sum(histories.customers))
    return fit_rows(purpose, model, ("r", "alpha", "a", "b"), found, likelihood)


def month_fits(statistics: Columns) -> list[Columns]:
    """Return the numbers of BG/NBD at each month end, each begun at the one before."""
    tables: list[Columns] = []
    found: Fit | None = None
    for purpose in sorted({each for each in statistics["purpose"] if each.startswith(MONTH)}):
        histories = histories_of(of_purpose(statistics, purpose))
        found = fit_orders(histories, CHANCES["bg_nbd"], found)
        tables.append(order_fit_rows(purpose, "bg_nbd", histories, found))
    return tables


def models_of(statistics: Columns) -> list[Columns]:
    """Return the numbers of all fits and the scores of all histories."""
    tables: list[Columns] = []
    for purpose, horizons in HORIZONS.items():
        own = of_purpose(statistics, purpose)
        if not own["customers"].size:
            continue
        histories = histories_of(own)
        for model, chances in CHANCES.items():
            found = fit_orders(histories, chances)
            tables.append(order_fit_rows(purpose, model, histories, found))
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


def model(dbt: Any, session: Any) -> Any:
    """Return numbers of fits and scores of histories, as dbt calls it."""
    dbt.config(materialized="table")
    statistics = (
        dbt.ref("int_value_statistics")
        .order("purpose, frequency, recency_days, age_days, monetary_value")
        .fetchnumpy()
    )
    tables = [rows(0), *models_of(statistics), *month_fits(statistics)]
    session.register(
        "numbers_and_scores",
        {name: np.concatenate([table[name] for table in tables]) for name in WRITTEN},
    )
    # Without a row every column would be a whole number.
    columns = ", ".join(f"cast({name} as {kind}) as {name}" for name, kind in WRITTEN.items())
    return session.query(f"select {columns} from numbers_and_scores")
