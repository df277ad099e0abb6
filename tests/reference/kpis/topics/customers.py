"""KPIs of customers by their order days, and of what they are worth.

Belongs here: repeat orders, cohorts, margins, the top fifth. Does not belong here: health
(``active``), recurring revenue (``mrr``).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal

from tests.reference.kpis.periods import Period
from tests.reference.kpis.rows import Booked, order_days, within
from tests.reference.kpis.shop import Shop
from tests.reference.kpis.topics.acquisition import product_cost
from tests.reference.kpis.units import Measure, Number, Unit, dated, ratio

SECOND_ORDER_DAYS = 90
STARTING_DAYS = timedelta(days=30)
YEAR = timedelta(days=365)

# Of one customer with orders in the period: numerator and denominator, None when no unit.
Judge = Callable[[str, list[Booked], Period], tuple[Number, Number] | None]


def measures(shop: Shop) -> Iterator[Measure]:
    """Every KPI of the topic."""
    joined = {said.person: said.day for said in reversed(shop.said("loyalty_join"))}

    def repeats(_: str, orders: list[Booked], period: Period) -> tuple[Number, Number]:
        return int(len(_days_in(orders, period)) >= 2), 1

    def returns(_: str, orders: list[Booked], period: Period) -> tuple[Number, Number]:
        return int(order_days(orders)[0] < _days_in(orders, period)[-1]), 1

    def counts(_: str, orders: list[Booked], period: Period) -> tuple[Number, Number]:
        return sum(period.holds(order.day) for order in orders), 1

    def participates(person: str, _: list[Booked], period: Period) -> tuple[Number, Number]:
        return int(person in joined and joined[person] < period.end), 1

    def crosses(_: str, orders: list[Booked], period: Period) -> tuple[Number, Number] | None:
        if order_days(orders)[0] == _days_in(orders, period)[-1]:
            return None
        return int(_buys_new_category(shop, orders, period)), 1

    judges: dict[str, Judge] = {
        "repeat_purchase_rate": repeats,
        "returning_customer_rate": returns,
        "orders_per_customer": counts,
        "loyalty_participation_rate": participates,
        "cross_sell_rate": crosses,
    }
    for kpi, judge in judges.items():
        yield _of_buyers(shop, kpi, judge)
    yield from _of_order_days(shop)
    yield from _of_cohorts(shop)
    yield Measure("revenue_share_top_20", lambda period: _top_fifth(shop, period), ratio)
    yield from _of_starters(shop)


def _days_in(orders: Sequence[Booked], period: Period) -> list[date]:
    return [day for day in order_days(orders) if period.holds(day)]


def _of_buyers(shop: Shop, kpi: str, judge: Judge) -> Measure:
    def units(period: Period) -> Iterator[Unit]:
        for person, orders in shop.booked_of.items():
            days = _days_in(orders, period)
            judged = judge(person, orders, period) if days else None
            if judged is not None:
                yield Unit(days[-1], *judged, person=person)

    return Measure(kpi, units, ratio)


def _buys_new_category(shop: Shop, orders: Sequence[Booked], period: Period) -> bool:
    def categories(chosen: Sequence[Booked]) -> set[str]:
        products = [
            shop.products.get(line.product_id)
            for order in chosen
            for line in order.lines
            if line.quantity > 0
        ]
        return {product.category for product in products if product and product.category}

    first = order_days(orders)[0]
    return any(
        categories([order for order in orders if order.day == day])
        - categories([order for order in orders if order.day < day])
        for day in _days_in(orders, period)
        if day > first
    )


def _of_order_days(shop: Shop) -> Iterator[Measure]:
    second: list[Unit] = []
    gaps: list[Unit] = []
    for person, orders in shop.booked_of.items():
        days = order_days(orders)
        came_back = any(within(days[0], day, SECOND_ORDER_DAYS) for day in days[1:])
        second.append(Unit(days[0], int(came_back), 1, person))
        gaps += [
            Unit(later, (later - earlier).days, 1, person)
            for earlier, later in itertools.pairwise(days)
        ]
    yield dated("second_order_rate_90d", second, ratio)
    yield dated("average_days_between_orders", gaps, ratio)


def _of_cohorts(shop: Shop) -> Iterator[Measure]:
    revenue: list[Unit] = []
    margin: list[Unit] = []
    for person, orders in shop.booked_of.items():
        net = sum((order.gross - order.refunded for order in orders), Decimal(0))
        missing = any(order.is_missing_rate for order in orders)
        revenue.append(Unit(orders[0].day, net, 1, person, is_missing_rate=missing))
        costs = [product_cost(shop, order) for order in orders]
        known = [cost for cost in costs if cost is not None]
        if len(known) == len(orders):
            left = net - sum(known, Decimal(0))
            margin.append(Unit(orders[0].day, left, 1, person, is_missing_rate=missing))
    yield dated("average_revenue_to_date", revenue, ratio)
    yield dated("average_margin_to_date", margin, ratio)


def _top_fifth(shop: Shop, period: Period) -> list[Unit]:
    last = period.last_day(shop.as_of)
    opening = last - YEAR + timedelta(days=1)

    def recent(day: date) -> bool:
        return opening <= day <= last

    buyers = {
        person: orders
        for person, orders in shop.booked_of.items()
        if any(recent(order.day) for order in orders)
    }
    net: dict[str, Decimal] = {}
    for person, orders in buyers.items():
        gross = sum((order.gross for order in orders if recent(order.day)), Decimal(0))
        back = [given for order in orders for given in order.refunds if recent(given.day)]
        net[person] = gross - sum((given.value or Decimal(0) for given in back), Decimal(0))
    ranked = sorted(net, key=lambda person: (-net[person], person))
    best = set(ranked[: -(-len(ranked) // 5)])
    first_order = min((order.day for order in shop.booked), default=date.max)
    # Immature until the shop has sold for a whole year, even while nobody buys.
    matures = date.max if opening < first_order else last
    return [
        Unit(last, 0, 0, sample=0, mature_on=matures),
        *(
            Unit(
                day=last,
                numerator=amount if person in best else 0,
                denominator=amount,
                person=person,
                sample=1,
                is_missing_rate=any(
                    order.is_missing_rate for order in buyers[person] if _touches(order, recent)
                ),
                mature_on=matures,
            )
            for person, amount in net.items()
        ),
    ]


def _of_starters(shop: Shop) -> Iterator[Measure]:
    for kpi, signal in (
        ("onboarding_completion_rate_30d", "onboarding_complete"),
        ("feature_adoption_rate_30d", "feature_use"),
    ):
        units: list[Unit] = []
        for person, bought in shop.purchases.items():
            last = bought[0].day + STARTING_DAYS
            done = any(said.person == person and said.day <= last for said in shop.said(signal))
            units.append(Unit(bought[0].day, int(done), 1, person))
        yield dated(kpi, units, ratio)


def _touches(order: Booked, recent: Callable[[date], bool]) -> bool:
    return recent(order.day) or any(recent(given.day) for given in order.refunds)
