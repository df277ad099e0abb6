"""KPIs of sessions and of the people who come.

Belongs here: sessions, visitors, leads, active users. Does not belong here: carts (``carts``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from fractions import Fraction

from tests.reference.kpis.periods import Period
from tests.reference.kpis.rows import Visit
from tests.reference.kpis.shop import Shop
from tests.reference.kpis.units import Measure, Unit, dated, ratio, summed

LONG_ENOUGH = timedelta(seconds=10)
CREDIT = timedelta(hours=24)
# A shop's clock may run behind that of the page that reports the visit.
CLOCK_SKEW = timedelta(minutes=5)


def measures(shop: Shop) -> Iterator[Measure]:
    """Every KPI of the topic."""
    credited = credited_visits(shop)
    everything = {visit.session_id for visit in shop.visits}
    engaged = {
        visit.session_id
        for visit in shop.visits
        if visit.session_id in credited or is_engaged(shop, visit)
    }
    yield dated("sessions", [_unit(visit) for visit in shop.visits], summed)
    for kpi, counted in {
        "engaged_session_rate": engaged,
        "bounce_rate": everything - engaged,
        "conversion_rate": credited.keys(),
    }.items():
        units = [_unit(visit, visit.session_id in counted) for visit in shop.visits]
        yield dated(kpi, units, ratio)
    yield dated("checkout_completion_rate", list(_checkouts(shop)), ratio)

    days = [(visit.person, visit.day) for visit in shop.visits]
    yield _distinct("visitors", days)
    yield dated("new_visitors", _firsts(days), summed)
    yield dated(
        "lead_count",
        _firsts(
            (fact.subject_id, fact.signal_date) for fact in shop.facts if fact.signal == "lead"
        ),
        summed,
    )
    active = [
        (person, shop.date_of(event.occurred_at))
        for event, person in shop.events
        if shop.rulebook.is_visit(event)
    ]
    yield _distinct("active_users", active)
    yield _stickiness(shop, active)


def credited_visits(shop: Shop) -> Counter[str]:
    """How many booked orders are credited to a session, by the id of its first event."""
    found: Counter[str] = Counter()
    for booked in shop.booked:
        at = booked.order.created_at
        candidates = [
            visit.session_id
            for visit in shop.visits_of.get(booked.person, [])
            if visit.started_at - CLOCK_SKEW <= at <= visit.ended_at + CREDIT
        ]
        # Visits are in the order of their start, so the last one is the latest.
        found.update(candidates[-1:])
    return found


def is_engaged(shop: Shop, visit: Visit) -> bool:
    return (
        visit.ended_at - visit.started_at >= LONG_ENOUGH
        or len(shop.of_visit(visit, "page_view")) >= 2
        or any(shop.rulebook.is_key_event(event) for event in visit.events)
    )


def _unit(visit: Visit, numerator: int = 1) -> Unit:
    return Unit(visit.day, int(numerator), 1, visit.person, visit.channel, sample=1)


def _checkouts(shop: Shop) -> Iterator[Unit]:
    for visit in shop.visits:
        at = [event.occurred_at for event in shop.of_visit(visit, "checkout")]
        if at:
            ordered = any(
                booked.person == visit.person and at[0] <= booked.order.created_at <= at[0] + CREDIT
                for booked in shop.booked
            )
            yield _unit(visit, ordered)


def _firsts(days: Iterable[tuple[str, date]]) -> list[Unit]:
    first: dict[str, date] = {}
    for person, day in days:
        first[person] = min(day, first.get(person, day))
    return [Unit(day, person=person) for person, day in first.items()]


def _distinct(kpi: str, days: Iterable[tuple[str, date]]) -> Measure:
    seen = sorted(set(days))

    def units(period: Period) -> list[Unit]:
        persons = {person: day for person, day in seen if period.holds(day)}
        return [Unit(day, person=person) for person, day in persons.items()]

    return Measure(kpi, units, summed)


def _stickiness(shop: Shop, days: Iterable[tuple[str, date]]) -> Measure:
    seen = sorted(set(days))

    def units(period: Period) -> list[Unit]:
        active: dict[str, list[date]] = {}
        for person, day in seen:
            if period.holds(day):
                active.setdefault(person, []).append(day)
        opening = max(period.start, shop.first_day)
        length = (period.last_day(shop.as_of) - opening).days + 1
        return [
            Unit(found[-1], Fraction(len(found), length), 1, person)
            for person, found in active.items()
        ]

    return Measure("stickiness", units, ratio)
