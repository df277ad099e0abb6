"""The marts of what is bought together: ``product_affinity`` and ``next_best_product``.

Belongs here: companions, recommendations, their trial. Does not belong here: money (``crowd``).
"""

from __future__ import annotations

import statistics
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, NamedTuple

from tests.reference.value.ledger import Ledger, rounded, share

Row = dict[str, Any]


class Named(NamedTuple):
    """A product to show, and the bought one that speaks for it."""

    product: str
    reason: str | None = None
    confidence: Fraction | None = None


def product_affinity(ledger: Ledger) -> list[Row]:
    """One row per kind and ordered pair."""
    return [*pairs(ledger, "product", ledger.as_of), *pairs(ledger, "category", ledger.as_of)]


def pairs(ledger: Ledger, kind: str, last: date) -> list[Row]:
    """The companions of every item, as it stood on a day."""
    windows = ledger.windows
    baskets = [basket for one in ledger.customers if (basket := one.bought(kind, last))]
    buyers: dict[str, list[dict[str, list[date]]]] = {}
    for basket in baskets:
        for item in basket:
            buyers.setdefault(item, []).append(basket)
    common = sorted(buyers, key=lambda item: (-len(buyers[item]), item))
    common = common[: windows["affinity_items"]]
    rows: list[Row] = []
    for a in common:
        companions: list[Row] = []
        for b in common:
            both = [basket for basket in buyers[a] if b in basket]
            if a == b or len(both) < windows["fewest_joint_customers"]:
                continue
            apart = [(min(basket[b]) - min(basket[a])).days for basket in both]
            after = [days for days in apart if days > 0]
            companions.append(
                {
                    "kind": kind,
                    "item_a": a,
                    "item_b": b,
                    "customers": len(baskets),
                    "customers_a": len(buyers[a]),
                    "customers_b": len(buyers[b]),
                    "customers_both": len(both),
                    "support": share(len(both), len(baskets)),
                    "confidence": share(len(both), len(buyers[a])),
                    "lift": share(len(both) * len(baskets), len(buyers[a]) * len(buyers[b])),
                    "customers_after": len(after),
                    "median_days": rounded(Fraction(statistics.median(after))) if after else None,
                }
            )
        companions.sort(key=lambda row: (-row["customers_both"], row["item_b"]))
        for rank, row in enumerate(companions[: windows["affinity_rules"]], start=1):
            rows.append(row | {"rank": rank})
    return rows


def next_best_product(ledger: Ledger) -> list[Row]:
    """One row per customer and rank."""
    eve = ledger.as_of - timedelta(days=ledger.windows["recent_sale_days"])
    before, today = _Shelf(ledger, eve), _Shelf(ledger, ledger.as_of)
    tried, affinity_hits, popular_hits = 0, 0, 0
    for place, one in enumerate(ledger.customers):
        new = one.bought("product", ledger.as_of).keys() - one.bought("product", eve).keys()
        if new and one.bought("product", eve):
            tried += 1
            affinity_hits += any(named.product in new for named in before.companions(place))
            popular_hits += any(named.product in new for named in before.popular(place))
    method = "affinity" if affinity_hits > popular_hits else "most_popular"
    return [
        {
            "subject_id": one.subject_id,
            "rank": rank,
            "product_id": named.product,
            "reason_product": named.reason,
            "confidence": named.confidence,
            "method": method,
            "tried_customers": tried,
            "hit_rate_affinity": share(affinity_hits, tried),
            "hit_rate_most_popular": share(popular_hits, tried),
        }
        for place, one in enumerate(ledger.customers)
        for rank, named in enumerate(
            today.companions(place) if method == "affinity" else today.popular(place), start=1
        )
    ]


class _Shelf:
    """What sells on a day, and what speaks for what."""

    def __init__(self, ledger: Ledger, last: date) -> None:
        self.ledger, self.last = ledger, last
        recent: dict[str, int] = {}
        after = last - timedelta(days=ledger.windows["recent_sale_days"])
        for one in ledger.customers:
            for product, days in one.bought("product", last).items():
                if max(days) > after:
                    recent[product] = recent.get(product, 0) + 1
        self.ranked = sorted(recent, key=lambda product: (-recent[product], product))
        self.rules: dict[str, list[Row]] = {}
        for row in pairs(ledger, "product", last):
            self.rules.setdefault(row["item_b"], []).append(row)

    def popular(self, place: int) -> list[Named]:
        """The most popular that the customer does not have."""
        has = self.ledger.customers[place].bought("product", self.last)
        wanted = self.ledger.windows["recommended_products"]
        return [Named(product) for product in self.ranked if product not in has][:wanted]

    def companions(self, place: int) -> list[Named]:
        """Companions of what the customer has, filled with the most popular."""
        has = self.ledger.customers[place].bought("product", self.last)
        told: list[Named] = []
        for product in self.ranked:
            reasons = sorted(
                (-row["confidence"], row["item_a"])
                for row in self.rules.get(product, [])
                if row["item_a"] in has
            )
            if product not in has and reasons:
                told.append(Named(product, reasons[0][1], -reasons[0][0]))
        # Sorting is stable: equal ones stay in the order of popularity.
        told.sort(key=lambda named: -(named.confidence or 0))
        spoken = {named.product for named in told}
        filled = [
            Named(product)
            for product in self.ranked
            if product not in has and product not in spoken
        ]
        return [*told, *filled][: self.ledger.windows["recommended_products"]]
