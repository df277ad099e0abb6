"""KPIs of sessions and of the people who come.

Belongs here: sessions, visitors, leads, active users. Does not belong here: carts (``carts``).
"""

from __future__ import annotations

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
    visits = list(enumerate(shop.visits))
    engaged = {number for number, visit in visits if number in credited or _is_engaged(shop, visit)}
    yield dated("sessions", [_unit(visit) for _, visit in visits], summed)
    for kpi, counted in {
        "engaged_session_rate": engaged,
        "bounce_rate": {number for number, _ in visits} - engaged,
        "conversion_rate": credited,
    }.items():
        yield dated(kpi, [_unit(visit, number in counted) for number, visit in visits], ratio)
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


def credited_visits(shop: Shop) -> set[int]:
    """Positions in ``shop.visits`` of the sessions that booked orders credit."""
    found: set[int] = set()
    for booked in shop.booked:
        at = booked.order.created_at
        candidates = [
            number
            for number, visit in enumerate(shop.visits)
            if visit.person == booked.person
            and visit.started_at - CLOCK_SKEW <= at <= visit.ended_at + CREDIT
        ]
        # Visits are in the order of their start, so the last position is the latest one.
        found.update(candidates[-1:])
    return found


def _is_engaged(shop: Shop, visit: Visit) -> bool:
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
