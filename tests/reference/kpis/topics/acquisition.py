"""KPIs of new customers and of what they cost.

Belongs here: first orders, spend beside revenue. Does not belong here: what customers do later
(``customers``), spend alone (``discovery``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from tests.reference.kpis.periods import Period, period_of
from tests.reference.kpis.rows import Booked, Visit, days_between, within
from tests.reference.kpis.shop import Shop
from tests.reference.kpis.units import Measure, Total, Unit, dated, median, ratio, summed

TOUCH_DAYS = 30
LEAD_DAYS = 90
SAME_ERRAND = timedelta(hours=1)


def measures(shop: Shop) -> Iterator[Measure]:
    """Every KPI of the topic."""
    firsts = {person: orders[0] for person, orders in shop.booked_of.items()}
    new = [
        Unit(first.day, person=person, channel=first.channel) for person, first in firsts.items()
    ]
    spend = [
        Unit(
            day.row.date,
            day.spend or Decimal(0),
            channel=day.channel,
            sample=0,
            is_missing_rate=day.is_missing_rate,
        )
        for day in shop.channel_days
        if day.row.spend is not None
    ]
    yield dated("new_customers", new, summed)
    yield dated(
        "customer_acquisition_cost",
        [*spend, *(Unit(unit.day, 0, 1, unit.person) for unit in new)],
        ratio,
    )
    below = [
        Unit(unit.day, 0, unit.numerator, sample=0, is_missing_rate=unit.is_missing_rate)
        for unit in spend
    ]
    above = [
        Unit(order.day, order.gross, sample=1, is_missing_rate=order.is_missing_rate)
        for order in shop.booked
    ]
    yield dated("marketing_efficiency_ratio", [*above, *below], ratio)
    yield _return_on_ad_spend(shop, spend)
    yield dated(
        "median_days_to_first_order",
        [
            Unit(
                first.day,
                days_between(shop.subjects[person].first_seen_on, first.day),
                person=person,
            )
            for person, first in firsts.items()
        ],
        median,
    )
    yield dated(
        "sessions_per_first_order",
        [
            Unit(
                first.day,
                sum(
                    visit.started_at < first.order.created_at
                    for visit in shop.visits_of.get(person, [])
                ),
                1,
                person,
            )
            for person, first in firsts.items()
        ],
        ratio,
    )
    yield dated("lead_to_customer_rate_90d", list(_leads(shop)), ratio)
    yield _payback(shop, firsts, spend)


def _leads(shop: Shop) -> Iterator[Unit]:
    for person, subject in shop.subjects.items():
        leads = subject.facts.get("lead", ())
        if not leads:
            continue
        lead = min(leads, key=lambda fact: fact.occurred_at)
        bought = shop.purchases.get(person, [])
        # Who buys within the hour was no lead: the account was made for the order.
        if any(one.at <= lead.occurred_at + SAME_ERRAND for one in bought):
            continue
        turned = any(within(lead.signal_date, one.day, LEAD_DAYS) for one in bought)
        yield Unit(lead.signal_date, int(turned), 1, person)


def touches_of(shop: Shop, booked: Booked) -> list[Visit]:
    """The sessions of the order's person in the 30 days before it."""
    return [
        visit
        for visit in shop.visits_of.get(booked.person, [])
        if visit.started_at <= booked.order.created_at and within(visit.day, booked.day, TOUCH_DAYS)
    ]


def last_touch(shop: Shop, booked: Booked) -> str | None:
    """The channel of the latest of them."""
    touches = touches_of(shop, booked)
    return touches[-1].channel if touches else None


def _return_on_ad_spend(shop: Shop, spend: Sequence[Unit]) -> Measure:
    touched = [(booked, last_touch(shop, booked)) for booked in shop.booked]

    def units(period: Period) -> list[Unit]:
        paid: dict[str | None, Fraction] = {}
        costs = [unit for unit in spend if period.holds(unit.day)]
        for unit in costs:
            paid[unit.channel] = paid.get(unit.channel, Fraction(0)) + Fraction(unit.numerator)
        earned = [
            Unit(
                order.day,
                order.gross,
                channel=channel,
                sample=1,
                is_missing_rate=order.is_missing_rate,
            )
            for order, channel in touched
            if period.holds(order.day) and paid.get(channel, 0) > 0
        ]
        return earned + [
            Unit(
                unit.day,
                0,
                unit.numerator,
                channel=unit.channel,
                sample=0,
                is_missing_rate=unit.is_missing_rate,
            )
            for unit in costs
        ]

    return Measure("return_on_ad_spend", units, ratio)


def _payback(shop: Shop, firsts: dict[str, Booked], spend: Sequence[Unit]) -> Measure:
    def units(period: Period) -> list[Unit]:
        costs = [unit for unit in spend if period.holds(unit.day)]
        cohort = [person for person, first in firsts.items() if period.holds(first.day)]
        spent = sum((Fraction(unit.numerator) for unit in costs), Fraction(0))
        orders = [order for person in cohort for order in shop.booked_of[person]]
        is_missing = any(unit.is_missing_rate for unit in [*costs, *orders])
        last = period.last_day(shop.as_of)
        reached = None
        k, month = 0, period
        while month.end - timedelta(days=1) <= shop.as_of and reached is None:
            if _earned(shop, orders, month.end) >= spent:
                reached = k
            k, month = k + 1, period_of("month", month.end)
        return [
            Unit(
                last,
                reached or 0,
                sample=len(cohort),
                is_missing_rate=is_missing,
                mature_on=date.max if reached is None else last,
            )
        ]

    def only(found: Sequence[Unit]) -> Total:
        [unit] = found
        is_reached = unit.mature_on != date.max
        return Total(Fraction(unit.numerator) if is_reached else None, None, unit.sample or 0)

    return Measure("cac_payback_months", units, only)


def _earned(shop: Shop, orders: Sequence[Booked], end: date) -> Fraction:
    earned = Fraction(0)
    for order in orders:
        if order.day < end:
            earned += Fraction(order.gross) - Fraction(product_cost(shop, order) or 0)
        earned -= sum(Fraction(given.value or 0) for given in order.refunds if given.day < end)
    return earned


def product_cost(shop: Shop, order: Booked) -> Decimal | None:
    """What the order's lines cost, None unless each has a known unit cost."""
    cost = Decimal(0)
    for line in order.lines:
        product = shop.products.get(line.product_id)
        if product is None or product.unit_cost is None:
            return None
        cost += line.quantity * product.unit_cost
    return cost if order.lines else None
