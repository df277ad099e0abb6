"""KPIs of what customers are foreseen to be worth: ``predicted_clv`` and ``ltv_to_cac``.

Belongs here: both KPIs, from who is foreseen to be worth what. Does not belong here: foreseeing
(``customer_value``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.reference.kpis.periods import MONTHS, Period, period_of
from tests.reference.value.ledger import share

# Two means with so many decimals have an exact ratio.
DECIMALS = 10**8
KEY = ("kpi", "period_grain", "period_start", "dimension", "dimension_value")


@dataclass(frozen=True)
class Foreseen:
    """A customer: the day of the first order, the country, the value of the next year if scored."""

    first_day: date
    country: str
    value: Decimal | None
    is_lapsed: bool


def ltv_to_cac(
    customers: Sequence[Foreseen], spend: Sequence[tuple[date, Decimal]]
) -> list[dict[str, Any]]:
    """One row per month, quarter and year with a new customer that is scored."""
    found: list[dict[str, Any]] = []
    for grain in MONTHS:
        new: dict[Period, list[Decimal | None]] = {}
        for customer in customers:
            new.setdefault(period_of(grain, customer.first_day), []).append(customer.value)
        for period, values in new.items():
            scored = [value for value in values if value is not None]
            if scored:
                spent = sum((amount for day, amount in spend if period.holds(day)), Decimal(0))
                worth = _rounded(Fraction(sum(scored)) / len(scored))
                cost = _rounded(Fraction(spent) / len(values))
                found.append(_row("ltv_to_cac", period, "all", "all", worth, cost, len(scored)))
    return found


def predicted_clv(customers: Sequence[Foreseen], as_of: date) -> list[dict[str, Any]]:
    """One row per period that holds the day, for all scored customers not lapsed, by country."""
    counted = [one for one in customers if one.value is not None and not one.is_lapsed]
    slices: Mapping[tuple[str, str], list[Foreseen]] = {
        ("all", "all"): counted,
        **{
            ("country", country): [one for one in counted if one.country == country]
            for country in {one.country for one in counted}
        },
    }
    return [
        _row(
            "predicted_clv",
            period_of(grain, as_of),
            *names,
            Fraction(sum(one.value for one in of_it if one.value is not None)),
            Fraction(len(of_it)),
            len(of_it),
        )
        for grain in MONTHS
        for names, of_it in slices.items()
        if of_it
    ]


def _row(
    kpi: str,
    period: Period,
    dimension: str,
    dimension_value: str,
    above: Fraction,
    below: Fraction,
    sample: int,
) -> dict[str, Any]:
    return {
        "kpi": kpi,
        "period_grain": period.grain,
        "period_start": period.start,
        "dimension": dimension,
        "dimension_value": dimension_value,
        "numerator": above,
        "denominator": below,
        "value": share(above, below),
        "sample_size": sample,
    }


def _rounded(value: Fraction) -> Fraction:
    """Eight decimals, half away from zero; none of these is negative."""
    scaled = value * DECIMALS
    return Fraction(
        (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator), DECIMALS
    )
