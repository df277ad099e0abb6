"""The marts of customers and their value equal the plain-Python reading of them, on random shops.

The shops are those of ``test_kpi_reference``, built once for both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from tests.pipeline.conftest import BuiltShop
from tests.reference.batches import SHIPPED_SEEDS
from tests.reference.kpis.shop import Shop
from tests.reference.value import customers, orders, rfm, subscriptions, timeline
from tests.reference.value.compare import differences

pytestmark = pytest.mark.slow

# By mart: its key, and what the reference says of it.
MARTS: dict[str, tuple[tuple[str, ...], Callable[[Shop], Iterable[Any]]]] = {
    "orders": (("order_id",), orders.orders),
    "order_lines": (("order_id", "line_number"), orders.order_lines),
    "subscriptions": (
        ("subject_id", "subscription_id", "valid_from"),
        subscriptions.subscriptions,
    ),
    "customers": (("subject_id",), lambda shop: customers.customers(shop, SHIPPED_SEEDS)),
    "customer_timeline": (
        ("subject_id", "occurred_at", "kind", "source_table", "source_id"),
        lambda shop: timeline.timeline(shop, SHIPPED_SEEDS),
    ),
    "rfm_segments": (
        ("as_of_date", "subject_id"),
        lambda shop: rfm.rfm_segments(shop, SHIPPED_SEEDS),
    ),
}


@pytest.mark.parametrize("mart", MARTS)
def test_the_mart_is_what_the_reference_says(shop: BuiltShop, mart: str):
    key, expected = MARTS[mart]
    compared, different = differences(shop.state_dir, mart, key, expected(shop.settled))
    assert not different, "\n".join(different)
    assert compared > 100
