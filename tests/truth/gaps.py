"""The share of true gaps between orders that reach the days of the recommended policy.

A true gap lies within one run of a customer's orders. It is open where the customer left, or where
the simulation ended, so the share is Kaplan and Meier's, with each gap measured in its own limit.
Belongs here: gaps as the truth has them, and that share. Does not belong here: how the policy was
found (int_pace_fits).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby, pairwise
from statistics import NormalDist

import duckdb

from tests.truth.shops import Shop

NAMES = ("recommended_health_policy", "int_order_days", "int_persons", "int_settings")


@dataclass(frozen=True)
class Calibration:
    """What the policy claims, and what is true, of gaps pooled over ordinals."""

    at_risk_claimed: float
    at_risk_true: float
    lapsed_claimed: float
    lapsed_true: float


@dataclass(frozen=True)
class _Gap:
    """Days, whether an order ended them, and the logarithms of the customer's gaps before."""

    days: int
    is_closed: bool
    logarithms: tuple[float, ...]


def calibration(connection: duckdb.DuckDBPyConnection, shop: Shop) -> Calibration:
    """Hold the recommended policy against the gaps of a shop."""
    row = connection.execute(
        "select cast(columns(['prior_gap_days', 'prior_weight', 'log_gap_sigma', "
        "'at_risk_quantile', 'lapsed_quantile', 'min_days', 'max_days']) as double) "
        "from marts.recommended_health_policy"
    ).fetchone()
    assert row is not None
    median, weight, sigma, at_risk, lapsed, least, most = row
    gaps = list(_true_gaps(connection, shop))

    def share_beyond(quantile: float) -> float:
        deviations = NormalDist().inv_cdf(quantile)
        measured: list[tuple[float, bool]] = []
        for gap in gaps:
            own = (sum(gap.logarithms) + weight * math.log(median)) / (len(gap.logarithms) + weight)
            days = math.ceil(round(math.exp(own + deviations * sigma), 6))
            measured.append((gap.days / min(max(days, least), most), gap.is_closed))
        return survival(measured)

    return Calibration(1 - at_risk, share_beyond(at_risk), 1 - lapsed, share_beyond(lapsed))


def _true_gaps(connection: duckdb.DuckDBPyConnection, shop: Shop) -> Iterator[_Gap]:
    (today,) = connection.execute("select as_of_date from intermediate.int_settings").fetchall()[0]
    rows = connection.execute(
        "select persons.customer_id, days.order_date "
        "from intermediate.int_order_days as days "
        "inner join intermediate.int_persons as persons on persons.person_key = days.subject_key "
        "where days.voided_on is null and persons.customer_id is not null order by all"
    ).fetchall()
    for customer, found in groupby(rows, key=lambda row: row[0]):
        days: list[date] = [day for _, day in found]
        logarithms: list[float] = []
        for place, (day, end) in enumerate(pairwise([*days, today]), start=1):
            left_on = _left_between(shop, customer, day, end)
            is_last = place == len(days)
            yield _Gap(((left_on or end) - day).days, not (left_on or is_last), tuple(logarithms))
            if not is_last:
                logarithms.append(math.log((end - day).days))


def _left_between(shop: Shop, customer: str, day: date, until: date) -> date | None:
    leaves = shop.leaves.get(customer, ())
    return next((leave.left_on for leave in leaves if day < leave.left_on <= until), None)


def survival(measured: list[tuple[float, bool]]) -> float:
    """The share of gaps that reach 1, closed or not."""
    share = 1.0
    in_order = sorted(measured)
    for place, (length, is_closed) in enumerate(in_order):
        if length >= 1:
            break
        if is_closed:
            share *= 1 - 1 / (len(in_order) - place)
    return share
