"""The value models against published fits, high-precision numbers and finite differences."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import duckdb
import numpy as np
import pytest

from orchestration.settings.paths import REPO_ROOT
from tests.python_model import value_models

models = value_models()

DATA = REPO_ROOT.parent / "shared" / "data"
# Both end with the calibration period of the published fits.
CDNOW = {
    # One row per purchase as published, purchases of value 0 counted.
    "sample": (
        "select words[1] as customer, strptime(words[3], '%Y%m%d')::date as day, "
        "words[5]::double as value from (select string_split_regex(trim(line), '\\s+') as words "
        f"from read_csv('{DATA}/original/cdnow/CDNOW_sample.txt', header = false, delim = '|', "
        "quote = '', columns = {'line': 'varchar'}))"
    ),
    # As the contract reads the whole file: an order costs something.
    "full": (
        "select customer_id as customer, created_at::date as day, total_price::double as value "
        f"from '{DATA}/cdnow/orders.parquet' where total_price > 0"
    ),
}
FILES = {"sample": "original/cdnow/CDNOW_sample.txt", "full": "cdnow/orders.parquet"}
PUBLISHED = {
    ("sample", "bg_nbd"): (0.2425945, 30.8952133, 0.7929199, 2.4258881),
    ("sample", "mbg_nbd"): (0.525, 43.281, 0.891, 1.614),
    ("sample", "gamma_gamma"): (6.25, 3.74, 15.44),
    ("full", "bg_nbd"): (0.252737, 33.583073, 0.722553, 2.158222),
    ("full", "mbg_nbd"): (0.638127, 51.232476, 0.809508, 1.238055),
    ("full", "gamma_gamma"): (6.27069, 3.62605, 15.00336),
}
# How many of the published digits can be trusted.
TOLERANCE = {
    ("sample", "bg_nbd"): 1e-5,
    ("sample", "mbg_nbd"): 1e-3,
    ("sample", "gamma_gamma"): 2e-3,
    ("full", "bg_nbd"): 1e-6,
    ("full", "mbg_nbd"): 1e-6,
    ("full", "gamma_gamma"): 2e-6,
}


def cdnow(name: str) -> Mapping[str, Any]:
    """Return the histories of CDNOW's customers up to 1997-09-30, equal ones once."""
    if not (DATA / FILES[name]).exists():
        pytest.skip(f"{FILES[name]} is not at {DATA}; it is never part of the repository")
    return duckdb.sql(
        f"""
        with days as (
            select customer, day, sum(value) as value,
                row_number() over (partition by customer order by day) as place
            from ({CDNOW[name]}) where day <= date '1997-09-30' group by customer, day
        ),
        customers as (
            select count(*) - 1 as frequency, max(day) - min(day) as recency_days,
                date '1997-09-30' - min(day) as age_days,
                coalesce(avg(value) filter (place > 1), 0) as monetary_value
            from days group by customer
        )
        select *, count(*) as customers from customers group by all order by all
        """
    ).fetchnumpy()


def histories(columns: Mapping[str, Any]):
    names = ("frequency", "recency_days", "age_days", "customers")
    return models.Histories(*models.numbers(columns, names))


def spenders(columns: Mapping[str, Any]):
    spent = (columns["frequency"] > 0) & (columns["monetary_value"] > 0)
    names = ("frequency", "monetary_value", "customers")
    return models.Spenders(*(column[spent] for column in models.numbers(columns, names)))


@pytest.mark.parametrize(("name", "model"), PUBLISHED)
def test_fits_of_cdnow_are_those_that_were_published(name: str, model: str) -> None:
    columns = cdnow(name)
    found = (
        models.fit_spending(spenders(columns))
        if model == "gamma_gamma"
        else models.fit_orders(histories(columns), models.CHANCES[model])
    )
    assert found.is_converged
    assert found.parameters == pytest.approx(PUBLISHED[name, model], rel=TOLERANCE[name, model])


def test_the_log_likelihoods_of_cdnow_are_those_that_were_published() -> None:
    columns = cdnow("sample")
    told = histories(columns)
    assert columns["customers"].sum() == 2357
    mean, *_ = models.order_slope(models.fit_orders(told, 0).parameters, told, 0)
    # Published in weeks: a density of orders per week is that per day times 7.
    repeats = float((told.frequency * told.customers).sum())
    assert mean * 2357 + repeats * math.log(7) == pytest.approx(-9582.4292, abs=1e-4)
    spent = spenders(columns)
    mean, *_ = models.spend_slope(models.fit_spending(spent).parameters, spent)
    assert mean * spent.customers.sum() == pytest.approx(-4055.9177, abs=1e-4)


WEEKLY = np.array([0.243, 4.414, 0.793, 2.426])


def one(frequency: float, recency: float, age: float):
    return models.Histories(*(np.array([float(each)]) for each in (frequency, recency, age, 1)))


def test_expected_orders_of_the_published_customer_are_as_published() -> None:
    # Fader, Hardie and Lee 2005: two repeat purchases by week 30.43 of 38.86, in the next 39.
    (expected,) = models.expected_orders(WEEKLY, 0, one(2, 30.43, 38.86), 39)
    assert expected == pytest.approx(1.226, abs=1e-3)


def test_who_never_came_back_is_alive_by_bg_nbd_and_may_have_left_by_mbg_nbd() -> None:
    assert models.probability_alive(WEEKLY, 0, one(0, 0, 39)) == [1.0]
    (alive,) = models.probability_alive(WEEKLY, 1, one(0, 0, 39))
    assert 0 < alive < 1


# r, alpha, a, b, chances, frequency, age, days; by the closed form with 60 digits in mpmath 1.4.1,
# at its pole, a = 1, by the integral over the chance to leave.
STRESS = [
    ((0.2426, 30.895, 0.7929, 2.4259), 0, 2, 272, 365, 2.14995607130648),
    ((0.525, 43.28, 0.891, 1.614), 1, 0, 0, 365, 2.20723398126164),
    ((0.5, 20, 1, 2), 0, 3, 100, 365, 5.60982098994733),
    ((0.5, 20, 1, 2), 1, 3, 100, 90, 2.14832170938434),
    ((0.5, 20, 1.0000001, 2), 0, 3, 100, 365, 5.60982070624094),
    ((0.5, 20, 0.9999999, 2), 1, 0, 400, 90, 0.103119504703037),
    ((2, 5, 0.01, 0.05), 1, 300, 400, 365, 271.202651531454),
    ((30, 800, 0.001, 80), 0, 12, 700, 365, 10.2194399450489),
    ((1.5, 2, 50, 900), 0, 360, 365, 365, 26.7140807767312),
    ((0.001, 1000, 1e-5, 1e-5), 1, 1, 1500, 90, 0.0360359935868708),
]


@pytest.mark.parametrize("case", STRESS, ids=lambda case: str(case[0]))
def test_the_series_agrees_with_high_precision_at_its_worst(case) -> None:
    parameters, chances, frequency, age, days, wanted = case
    (told,) = models.expected_if_alive(
        np.array(parameters), chances, np.array([float(frequency)]), np.array([float(age)]), days
    )
    assert told == pytest.approx(wanted, rel=1e-9)


def test_a_series_without_an_end_in_sight_is_no_number() -> None:
    # 365 / (alpha + age + 365) is 0.999 at an alpha of 0.36537 days.
    for alpha, is_told in ((0.3654, True), (0.3653, False)):
        (told,) = models.expected_if_alive(
            np.array([0.5, alpha, 3.0, 1.0]), 0, np.array([0.0]), np.array([0.0]), 365
        )
        assert np.isfinite(told) == is_told


def crowd(seed: int, customers: int = 400):
    """Return histories of customers who order and leave as MBG/NBD says."""
    draw = np.random.default_rng(seed)
    rate, leave = draw.gamma(0.8, 1 / 40, customers), draw.beta(0.9, 2.5, customers)
    age = draw.integers(30, 700, customers).astype(float)
    frequency, recency = np.zeros(customers), np.zeros(customers)
    for person in range(customers):
        day = 0.0
        while draw.random() >= leave[person]:
            day += math.ceil(draw.exponential(1 / rate[person]))
            if day > age[person]:
                break
            frequency[person], recency[person] = frequency[person] + 1, day
    return models.Histories(frequency, recency, age, np.ones(customers))


@pytest.mark.parametrize("chances", [0, 1])
def test_gradient_and_hessian_are_those_of_the_likelihood(chances: int) -> None:
    told = crowd(1)
    point = np.array([0.7, 35.0, 0.8, 2.0])
    _, gradient, hessian = models.order_slope(point, told, chances)
    for place, width in enumerate(1e-4 * point):
        ahead, behind = point.copy(), point.copy()
        ahead[place] += width
        behind[place] -= width
        high, low = (models.order_slope(each, told, chances) for each in (ahead, behind))
        assert (high[0] - low[0]) / (2 * width) == pytest.approx(gradient[place], rel=1e-5)
        assert (high[1] - low[1]) / (2 * width) == pytest.approx(hessian[place], rel=1e-4, abs=1e-9)


def test_gradient_and_hessian_are_those_of_the_likelihood_of_spending() -> None:
    draw = np.random.default_rng(2)
    times = draw.integers(1, 9, 300).astype(float)
    value = draw.gamma(6 * times, 1 / (times * draw.gamma(4, 1 / 15, 300)))
    told = models.Spenders(times, value, np.ones(300))
    point = np.array([5.0, 4.0, 17.0])
    _, gradient, hessian = models.spend_slope(point, told)
    for place, width in enumerate(1e-4 * point):
        ahead, behind = point.copy(), point.copy()
        ahead[place] += width
        behind[place] -= width
        high, low = (models.spend_slope(each, told) for each in (ahead, behind))
        assert (high[0] - low[0]) / (2 * width) == pytest.approx(gradient[place], rel=1e-5)
        assert (high[1] - low[1]) / (2 * width) == pytest.approx(hessian[place], rel=1e-4, abs=1e-9)


def test_a_fit_finds_the_same_maximum_from_elsewhere() -> None:
    told = crowd(3)
    found = models.fit_orders(told, 1)
    assert found.is_converged
    start = np.array([3.0, 5.0, 0.2, 0.2])
    again = models.fit(lambda point: models.order_slope(point, told, 1), start)
    assert again.parameters == pytest.approx(found.parameters, rel=1e-8)


def test_customers_who_all_order_alike_have_no_maximum() -> None:
    # Nobody differs and nobody leaves: r and alpha grow without an end.
    age = np.full(300, 400.0)
    told = models.Histories(np.full(300, 10.0), age - 1, age, np.ones(300))
    assert not models.fit_orders(told, 0).is_converged
    alike = models.Spenders(np.full(300, 3.0), np.full(300, 20.0), np.ones(300))
    assert not models.fit_spending(alike).is_converged


def test_no_currency_is_too_large_for_a_fit() -> None:
    draw = np.random.default_rng(4)
    times = draw.integers(1, 9, 300).astype(float)
    value = draw.gamma(6 * times, 1 / (times * draw.gamma(4, 1 / 15, 300)))
    euros, rupiah = (
        models.fit_spending(models.Spenders(times, value * rate, np.ones(300)))
        for rate in (1, 17_000)
    )
    assert rupiah.is_converged
    assert rupiah.parameters == pytest.approx(euros.parameters * [1, 1, 17_000], rel=1e-7)
    assert rupiah.parameters[2] > 1e5


def test_equal_histories_given_once_say_the_same() -> None:
    told = crowd(5)
    once, customers = np.unique(np.stack(told[:3]), axis=1, return_counts=True)
    packed = models.Histories(*once, customers.astype(float))
    assert packed.age.size < told.age.size
    assert models.fit_orders(packed, 0).parameters == pytest.approx(
        models.fit_orders(told, 0).parameters, rel=1e-8
    )


def test_month_ends_are_fitted_by_bg_nbd_each_from_the_one_before() -> None:
    """Where a fit begins changes nothing, and no other purpose is looked at."""
    crowds = {"all": crowd(5), "month:2024-01-31": crowd(5), "month:2024-02-29": crowd(6)}
    names = ("frequency", "recency_days", "age_days", "customers")
    given = {
        name: np.concatenate([told[place] for told in crowds.values()])
        for place, name in enumerate(names)
    }
    lengths = [told.age.size for told in crowds.values()]
    given["purpose"] = np.repeat(np.array([*crowds], dtype=object), lengths)
    tables = models.month_fits(given)
    assert [set(table["purpose"]) for table in tables] == [{name} for name in [*crowds][1:]]
    for table, told in zip(tables, [*crowds.values()][1:], strict=True):
        assert set(table["model"]) == {"bg_nbd"}
        alone = models.fit_orders(told, 0)
        assert alone.is_converged
        numbers = dict(zip(table["name"], table["value"], strict=True))
        found = [numbers[name] for name in ("r", "alpha", "a", "b")]
        assert found == pytest.approx(alone.parameters, rel=1e-8)


def test_a_shop_too_small_for_a_fit_imports_no_scipy_and_has_no_row() -> None:
    assert models.models_of(dict.fromkeys(("purpose", "customers"), np.array([]))) == []
