"""Which inputs a shop has: signals and columns with a row up to ``as_of_date``.

Belongs here: the status ``no_input`` (docs/kpi_conventions.md#status). Does not belong here: any
other status.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from tests.reference.kpis.catalogue import Entry
from tests.reference.kpis.periods import Period
from tests.reference.kpis.shop import Shop

FOLLOWERS = "column:channel_daily.followers"


@dataclass(frozen=True)
class Known:
    """Inputs that are known as such, and the days on which channel columns are."""

    always: frozenset[str]
    channel_days: dict[str, frozenset[date]]

    def has(self, entry: Entry, period: Period) -> bool:
        """Whether every required input has a row."""
        return all(
            any(self._has_one(choice, period) for choice in choices) for choices in entry.inputs
        )

    def has_any(self, entry: Entry) -> bool:
        """Whether any of the required inputs has a row at any time."""
        return any(
            choice in self.always or choice in self.channel_days
            for choices in entry.inputs
            for choice in choices
        )

    def _has_one(self, choice: str, period: Period) -> bool:
        if choice in self.always:
            return True
        return any(period.holds(day) for day in self.channel_days.get(choice, ()))


def known(shop: Shop) -> Known:
    """Look at every row of a shop."""
    always = {f"signal:{fact.signal}" for fact in shop.facts}
    orders = [order for order in shop.staged.orders if shop.date_of(order.created_at) <= shop.as_of]
    order_ids = {order.order_id for order in orders}
    rows = {
        "events": [event for event, _ in shop.events],
        "orders": orders,
        "order_lines": [line for line in shop.staged.order_lines if line.order_id in order_ids],
        "products": list(shop.products.values()),
    }
    for table, found in rows.items():
        for row in found:
            always |= {
                f"column:{table}.{column}"
                for column, value in vars(row).items()
                if value not in (None, "")
            }
    days: dict[str, set[date]] = {}
    for spend in shop.channel_days:
        for column, value in vars(spend.row).items():
            if value is not None:
                days.setdefault(f"column:channel_daily.{column}", set()).add(spend.row.date)
    if FOLLOWERS in days:
        always.add(FOLLOWERS)
    return Known(frozenset(always), {column: frozenset(found) for column, found in days.items()})
