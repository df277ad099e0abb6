"""The marts that are told from a settled shop: what each must say, and its key.

Belongs here: the list. Does not belong here: the telling (the modules beside, ``journey.touches``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from tests.reference.customers import customers, orders, rfm, subscriptions, timeline
from tests.reference.journey import touches
from tests.reference.kpis.shop import Shop

MARTS: dict[str, tuple[Callable[[Shop, Path], Iterable[Any]], tuple[str, ...]]] = {
    "orders": (lambda shop, _: orders.orders(shop), ("order_id",)),
    "order_lines": (lambda shop, _: orders.order_lines(shop), ("order_id", "line_number")),
    "subscriptions": (
        lambda shop, _: subscriptions.subscriptions(shop),
        ("subject_id", "subscription_id", "valid_from"),
    ),
    "customers": (customers.customers, ("subject_id",)),
    "customer_timeline": (
        timeline.timeline,
        ("subject_id", "occurred_at", "kind", "source_table", "source_id"),
    ),
    "rfm_segments": (rfm.rfm_segments, ("as_of_date", "subject_id")),
    "sessions": (lambda shop, _: touches.sessions(shop), ("session_id",)),
    "touchpoints": (lambda shop, _: touches.touchpoints(shop), ("session_id",)),
    "attributed_orders": (
        lambda shop, _: touches.attributed_orders(shop),
        ("order_id", "model", "touch_number"),
    ),
    "channel_performance": (
        lambda shop, _: touches.channel_performance(shop),
        ("period_grain", "period_start", "channel", "campaign"),
    ),
}
