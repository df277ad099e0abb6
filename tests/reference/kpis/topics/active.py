"""KPIs of active customers, by health.

Belongs here: who is active at the ends of a period, retention, reactivations. Does not belong
here: how health is judged (``engine``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

from tests.reference.kpis.catalogue import UNKNOWN
from tests.reference.kpis.periods import Period
from tests.reference.kpis.shop import Shop
from tests.reference.kpis.units import Measure, Unit, dated, ratio, summed

ACTIVE = {"active", "at_risk"}
NEVER_BOUGHT = {"prospect", "cold", UNKNOWN}

# Health at the end of the eve and of the last day.
Test = Callable[[str, str], bool]


def measures(shop: Shop) -> Iterator[Measure]:
    """Every KPI of the topic."""
    counts: dict[str, Test] = {
        "active_customers_start": lambda start, _: start in ACTIVE,
        "active_customers_end": lambda _, end: end in ACTIVE,
        "active_customers_gained": lambda start, end: end in ACTIVE and start in NEVER_BOUGHT,
        "active_customers_reactivated": lambda start, end: end in ACTIVE and start == "lapsed",
        "active_customers_lost": lambda start, end: start in ACTIVE and end not in ACTIVE,
        "active_customers_voided": lambda start, end: start in ACTIVE and end in NEVER_BOUGHT,
    }
    ratios: dict[str, tuple[Test, Test]] = {
        "retention_rate": (lambda _, end: end in ACTIVE, lambda start, _: start in ACTIVE),
        "churn_rate": (lambda _, end: end not in ACTIVE, lambda start, _: start in ACTIVE),
        "at_risk_recovery_rate": (
            lambda _, end: end == "active",
            lambda start, _: start == "at_risk",
        ),
        "at_risk_share": (lambda _, end: end == "at_risk", lambda _, end: _has_bought(end)),
        "lapsed_share": (lambda _, end: end == "lapsed", lambda _, end: _has_bought(end)),
    }
    for kpi, test in counts.items():
        yield Measure(kpi, _units(shop, lambda _, __: True, test), summed)
    for kpi, (above, below) in ratios.items():
        yield Measure(kpi, _units(shop, above, below), ratio)

    days = [(person, day) for person in shop.customers for day in reactivation_days(shop, person)]
    yield dated("reactivations", [Unit(day, person=person) for person, day in days], summed)

    def returned(period: Period) -> Iterator[Unit]:
        back = {person for person, day in days if period.holds(day)}
        for person in shop.customers:
            if shop.health(person, period.eve) == "lapsed":
                yield Unit(period.last_day(shop.as_of), int(person in back), 1, person)

    yield Measure("reactivation_rate", returned, ratio)


def reactivation_days(shop: Shop, person: str) -> list[date]:
    """Days on which a lapsed person came back, as far as the comeback still stands."""
    facts = shop.subjects[person].facts.get("reactivation", ())
    return [fact.signal_date for fact in facts if fact.stands_on(shop.as_of)]


def _has_bought(health: str) -> bool:
    return health not in NEVER_BOUGHT


def _units(shop: Shop, above: Test, below: Test) -> Callable[[Period], Iterator[Unit]]:
    def units(period: Period) -> Iterator[Unit]:
        last = period.last_day(shop.as_of)
        for person in shop.customers:
            ends = shop.health(person, period.eve), shop.health(person, last)
            if below(*ends):
                yield Unit(last, int(above(*ends)), 1, person)

    return units
