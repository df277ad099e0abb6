"""The marts of value that are told from a ledger: what each must say, and its key.

Belongs here: the list. Does not belong here: the telling (``crowd``, ``baskets``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.reference.value import baskets, crowd
from tests.reference.value.ledger import Ledger

# Student's quantile is an expansion, good to six digits from 13 degrees of freedom on.
FEW, MANY = {"_difference_": 0.1}, {"_difference_": 1e-6}
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
