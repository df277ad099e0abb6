"""The topics of `docs/kpi_conventions.md`, a module each, and all of them together.

Belongs here: what the page says of one topic. Does not belong here: what topics share.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tests.reference.kpis.shop import Shop
from tests.reference.kpis.topics import (
    acquisition,
    active,
    advocacy,
    carts,
    contact,
    customers,
    discovery,
    mrr,
    orders,
    stages,
    visits,
)
from tests.reference.kpis.units import Measure

TOPICS = (
    *(orders, discovery, visits, carts, acquisition, customers),
    *(active, mrr, contact, advocacy),
)


def measures(shop: Shop, frameworks: Sequence[str] | None) -> Iterator[Measure]:
    """Every KPI of the catalogue."""
    for topic in TOPICS:
        yield from topic.measures(shop)
    yield from stages.measures(shop, frameworks)
