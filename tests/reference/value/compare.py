"""Rows of a mart beside expected ones, and a readable account of what differs.

Belongs here: matching by key, tolerances. Does not belong here: deciding what is right.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from tests.reference.value import baskets, crowd
from tests.reference.value.ledger import Ledger

Row = Mapping[str, Any]
# Intervals and survivals pass through floats; the rest is exact.
NEAR = 2e-9
# Student's quantile is an expansion, good to six digits from 13 degrees of freedom on.
NEAR_FEW, NEAR_MANY = 0.1, 1e-6
MARTS: dict[str, tuple[Callable[[Ledger], list[dict[str, Any]]], tuple[str, ...]]] = {
    "revenue_concentration": (crowd.revenue_concentration, ("percentile",)),
    "ideal_customer_profile": (crowd.ideal_customer_profile, ("attribute", "attribute_value")),
    "order_sequence": (
        crowd.order_sequence,
        ("order_day_number", "dimension", "dimension_value"),
    ),
    "retention_cohorts": (
        crowd.retention_cohorts,
        ("dimension", "dimension_value", "cohort_month", "age_months"),
    ),
    "product_affinity": (baskets.product_affinity, ("kind", "item_a", "item_b")),
    "next_best_product": (baskets.next_best_product, ("subject_id", "rank")),
}


def differences(
    expected: Sequence[Row], actual: Sequence[Row], key: Sequence[str], welch: float = NEAR_FEW
) -> list[str]:
    """One line per row that only one side has or that differs in a column of the expected."""
    wanted = {tuple(row[column] for column in key): row for row in expected}
    found = {tuple(row[column] for column in key): row for row in actual}
    assert len(wanted) == len(expected)
    assert len(found) == len(actual)
    lines = [
        f"{each}: {'not published' if each in wanted else 'not expected'}"
        for each in sorted(wanted.keys() ^ found.keys(), key=str)
    ]
    for each in sorted(wanted.keys() & found.keys(), key=str):
        lines += [
            f"{each} {column}: expected {value}, published {found[each][column]}"
            for column, value in wanted[each].items()
            if not _equal(value, found[each][column], welch if "_difference_" in column else NEAR)
        ]
    return lines[:20]


def _equal(expected: Any, actual: Any, near: float) -> bool:
    if isinstance(expected, (float, Fraction)) and actual is not None:
        apart = abs(float(expected) - float(actual))
        return apart <= near * max(1.0, abs(float(expected)))
    return bool(expected == actual)
