"""The marts that tell customers apart by money and start: concentration, profile, order sequence.

Belongs here: ``revenue_concentration``, ``ideal_customer_profile``, ``order_sequence``,
``retention_cohorts``. Does not belong here: what is bought together (``baskets``).
"""

from __future__ import annotations

import math
import statistics
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from scipy import stats

from tests.reference.value.ledger import UNKNOWN, Customer, Ledger, share

COHORTS = ("all", "acquisition_channel", "first_category", "first_coupon", "country")
ATTRIBUTES = (
    *("country", "acquisition_channel", "device"),
    *("first_category", "first_product", "first_coupon"),
)
Row = dict[str, Any]


def revenue_concentration(ledger: Ledger) -> list[Row]:
    """One row per percentile."""
    first = ledger.as_of - timedelta(days=ledger.windows["revenue_year_days"] - 1)
    ranked: list[tuple[Decimal, str]] = []
    is_known = True
    for customer in ledger.customers:
        if any(first <= day for day in customer.days):
            revenue, known = customer.revenue(first, ledger.as_of)
            ranked.append((max(revenue, Decimal(0)), customer.subject_id))
            is_known = is_known and known
    ranked.sort(key=lambda row: (-row[0], row[1]))
    # Whole ten-thousandths: there are as many pairs as customers by customers.
    values = [int(revenue.scaleb(4)) for revenue, _ in ranked]
    total = sum(values)
    # The mean difference of all pairs, over twice the mean.
    apart = sum(abs(a - b) for a in values for b in values)
    rows: list[Row] = []
    for percentile in range(1, 101 if values else 1):
        top = math.ceil(Fraction(percentile * len(values), 100))
        part = sum(values[:top])
        rows.append(
            {
                "percentile": percentile,
                "customers": top,
                "net_revenue": Fraction(part, 10**4) if is_known else None,
                "cumulated_share": share(part, total) if is_known else None,
                "gini": share(apart, 2 * len(values) * total) if is_known else None,
                "status": "missing_rate" if not is_known else "ok" if total else "no_base",
            }
        )
    return rows


def ideal_customer_profile(ledger: Ledger) -> list[Row]:
    """One row per attribute and value."""
    windows = ledger.windows
    year, quarter = windows["first_year_days"], windows["first_quarter_days"]

    def aged(days: int) -> list[Customer]:
        return [one for one in ledger.customers if (ledger.as_of - one.first_day).days >= days]

    horizon = year if len(aged(year)) >= windows["fewest_year_old_customers"] else quarter
    matured: dict[str, tuple[Customer, Decimal, bool]] = {}
    for one in aged(horizon):
        revenue, known = one.revenue(date.min, one.first_day + timedelta(days=horizon))
        again = one.first_day + timedelta(days=windows["second_order_days"])
        if known:
            matured[one.subject_id] = (one, revenue, len(one.days) > 1 and one.days[1] <= again)
    ranked = sorted(matured.values(), key=lambda row: (-row[1], row[0].subject_id))
    best_of_all = math.ceil(Fraction(windows["best_customers_percent"] * len(ranked), 100))
    best = {one.subject_id for one, _, _ in ranked[:best_of_all]}
    rows: list[Row] = []
    for attribute in ATTRIBUTES:
        for value in sorted({one.groups[attribute] for one, _, _ in ranked} - {UNKNOWN}):
            members = [row for row in ranked if row[0].groups[attribute] == value]
            others = [row for row in ranked if row[0].groups[attribute] != value]
            if len(members) < windows["fewest_profile_customers"]:
                continue
            top = sum(one.subject_id in best for one, _, _ in members)
            low, high = _wilson(top, len(members))
            rates = _compared([Fraction(r) for *_, r in members], [Fraction(r) for *_, r in others])
            money = _compared(
                [Fraction(r) for _, r, _ in members], [Fraction(r) for _, r, _ in others]
            )
            rows.append(
                {
                    "attribute": attribute,
                    "attribute_value": value,
                    "horizon_days": horizon,
                    "customers": len(members),
                    "top_customers": top,
                    "top_share": share(top, len(members)),
                    "top_share_low": low,
                    "top_share_high": high,
                    "top_share_all": share(best_of_all, len(ranked)),
                    "lift": share(top * len(ranked), len(members) * best_of_all),
                    "other_customers": len(others),
                    "second_order_rate": rates[0],
                    "second_order_rate_others": rates[1],
                    "second_order_difference_low": rates[2],
                    "second_order_difference_high": rates[3],
                    "average_net_revenue": money[0],
                    "average_net_revenue_others": money[1],
                    "net_revenue_difference_low": money[2],
                    "net_revenue_difference_high": money[3],
                }
            )
    return rows


def _wilson(hits: int, trials: int) -> tuple[float, float]:
    found = stats.binomtest(hits, trials).proportion_ci(0.9, method="wilson")
    return found.low, found.high


def _compared(
    ours: list[Fraction], others: list[Fraction]
) -> tuple[Fraction | None, Fraction | None, float | None, float | None]:
    mine, theirs = share(_sum(ours), len(ours)), share(_sum(others), len(others))
    if len(ours) < 2 or len(others) < 2:
        return mine, theirs, None, None
    gap = float(Fraction(_sum(ours), len(ours)) - Fraction(_sum(others), len(others)))
    ours_varies = float(statistics.variance(ours)) / len(ours)
    others_vary = float(statistics.variance(others)) / len(others)
    both = ours_varies + others_vary
    if not both:
        return mine, theirs, gap, gap
    # Welch and Satterthwaite.
    freedom = both**2 / (ours_varies**2 / (len(ours) - 1) + others_vary**2 / (len(others) - 1))
    half = float(stats.t.ppf(0.95, freedom)) * both**0.5
    return mine, theirs, gap - half, gap + half


def _sum(values: list[Fraction]) -> Fraction:
    return sum(values, Fraction(0))


def order_sequence(ledger: Ledger) -> list[Row]:
    """One row per number of the order day, dimension and value."""
    steps: dict[tuple[int, str, str], list[tuple[Customer, int]]] = {}
    for one in ledger.customers:
        for dimension in COHORTS:
            for place in range(len(one.days)):
                number = min(place + 1, ledger.windows["followed_order_days"])
                key = (number, dimension, one.groups[dimension])
                steps.setdefault(key, []).append((one, place))
    rows: list[Row] = []
    for (number, dimension, value), found in sorted(steps.items()):
        followed = [
            ((one.days[place + 1] - one.days[place]).days, True)
            if place + 1 < len(one.days)
            else ((ledger.as_of - one.days[place]).days, False)
            for one, place in found
        ]
        curve = _curve(followed)
        orders = [
            order for one, place in found for order in one.purchases if order.day == one.days[place]
        ]
        costed = [order for order in orders if order.cost is not None]
        margin = sum(
            Fraction(order.gross)
            - sum((Fraction(amount) for _, amount in order.refunds), Fraction(0))
            - Fraction(order.cost or 0)
            for order in costed
        )
        is_known = all(order.value is not None for order in orders)
        rows.append(
            {
                "order_day_number": number,
                "dimension": dimension,
                "dimension_value": value,
                "customers": len({one.subject_id for one, _ in found}),
                "order_days": len(found),
                "followed_by_another": sum(has_next for _, has_next in followed),
                **{f"reordered_{days}d": _by(curve, days) for days in (90, 180, 365)},
                "median_days": next(
                    (days for days, back in enumerate(curve) if back >= Fraction(1, 2)), None
                ),
                "average_order_value": share(
                    sum((Fraction(order.gross) for order in orders), Fraction(0)), len(orders)
                )
                if is_known
                else None,
                "costed_orders": len(costed),
                "margin": share(margin, len(costed)) if is_known else None,
            }
        )
    return rows


def _curve(followed: list[tuple[int, bool]]) -> list[Fraction]:
    """Kaplan and Meier's share with an end by each day, as long as anybody was followed."""
    alive, curve = Fraction(1), list[Fraction]()
    for day in range(max(time for time, _ in followed) + 1):
        exposed = sum(time >= day for time, _ in followed)
        alive *= 1 - Fraction(followed.count((day, True)), exposed)
        curve.append(1 - alive)
    return curve


def _by(curve: list[Fraction], days: int) -> Fraction | None:
    return curve[days] if days < len(curve) else None


def retention_cohorts(ledger: Ledger) -> list[Row]:
    """One row per dimension, value, cohort month and age."""
    rows: list[Row] = []
    cohorts: dict[tuple[str, str, date], list[Customer]] = {}
    for one in ledger.customers:
        for dimension in COHORTS:
            key = (dimension, one.groups[dimension], one.first_day.replace(day=1))
            cohorts.setdefault(key, []).append(one)
    for (dimension, value, month), members in sorted(cohorts.items()):
        at, age = month, 0
        while at <= ledger.as_of:
            after = (at + timedelta(days=31)).replace(day=1)
            orders = [
                (one.subject_id, order)
                for one in members
                for order in one.purchases
                if at <= order.day < after
            ]
            money = [one.revenue(at, after - timedelta(days=1)) for one in members]
            rows.append(
                {
                    "dimension": dimension,
                    "dimension_value": value,
                    "cohort_month": month,
                    "age_months": age,
                    "customers": len(members),
                    "active": len({subject for subject, _ in orders}),
                    "orders": len(orders),
                    "revenue": sum((Fraction(order.gross) for _, order in orders), Fraction(0))
                    if all(order.value is not None for _, order in orders)
                    else None,
                    "net_revenue": sum(net for net, _ in money)
                    if all(known for _, known in money)
                    else None,
                    "is_mature": after - timedelta(days=1) <= ledger.as_of,
                }
            )
            at, age = after, age + 1
    return rows
