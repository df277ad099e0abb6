"""KPIs of what is sent to people and what they answer.

Belongs here: e-mails, surveys, tickets, chats, help, trials. Does not belong here: reviews and
invitations (``advocacy``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from tests.reference.kpis.periods import Period
from tests.reference.kpis.rows import Bought, Said, follows, within
from tests.reference.kpis.shop import Shop
from tests.reference.kpis.units import Measure, Unit, dated, ratio

REACTION_DAYS = 7
ANSWER_DAYS = 30
TRIAL_DAYS = 30
REPEAT_DAYS = 7
ONE_DAY = timedelta(hours=24)
MICROSECOND = timedelta(microseconds=1)

# A person and what was sent to that person: a message or whatever came on a day.
Message = tuple[str, str | date]


def measures(shop: Shop) -> Iterator[Measure]:
    """Every KPI of the topic."""
    for kpi, signal in {
        "email_open_rate": "email_opened",
        "email_click_rate": "email_clicked",
        "unsubscribe_rate": "email_unsubscribed",
    }.items():
        yield dated(kpi, _messages(shop, signal), ratio)
    yield _nps(shop)
    yield dated("csat", list(_csat(shop)), ratio)
    yield dated("survey_response_rate", list(_surveys(shop)), ratio)
    yield from _tickets(shop)
    yield from _chats(shop)
    yield dated("self_service_rate", list(_self_service(shop)), ratio)
    yield dated("trial_to_paid_rate", list(_trials(shop)), ratio)


def _messages(shop: Shop, signal: str) -> list[Unit]:
    delivered: dict[Message, Said] = {}
    loose: list[Said] = []
    for said in shop.said("email_delivered"):
        message_id = said.id("message_id")
        delivered.setdefault((said.person, message_id or said.day), said)
        if message_id is None:
            loose.append(said)
    answered: set[Message] = set()
    for said in shop.said(signal):
        sent: str | date | None = said.id("message_id")
        if sent is None:
            before = [one for one in loose if one.person == said.person and one.at <= said.at]
            sent = before[-1].day if before else None
        delivery = None if sent is None else delivered.get((said.person, sent))
        if delivery is not None and follows(delivery, said, REACTION_DAYS):
            assert sent is not None
            answered.add((said.person, sent))
    return [
        Unit(said.day, int(message in answered), 1, said.person)
        for message, said in delivered.items()
    ]


def _is_whole(value: Decimal | None, low: int, high: int) -> bool:
    return value is not None and value == int(value) and low <= value <= high


def _nps(shop: Shop) -> Measure:
    answers = [said for said in shop.said("nps") if _is_whole(said.value, 0, 10)]

    def units(period: Period) -> Iterator[Unit]:
        latest = {said.person: said for said in answers if period.holds(said.day)}
        for person, said in latest.items():
            assert said.value is not None
            opinion = int(said.value >= 9) - int(said.value <= 6)
            yield Unit(said.day, 100 * opinion, 1, person)

    return Measure("nps", units, ratio)


def _csat(shop: Shop) -> Iterator[Unit]:
    for said in shop.said("csat"):
        if said.value is not None and _is_whole(said.value, 1, 5):
            yield Unit(said.day, int(said.value >= 4), 1, said.person)


def _surveys(shop: Shop) -> Iterator[Unit]:
    sent = shop.said("survey_sent")
    answers = shop.said("nps", "csat")
    for number, survey in enumerate(sent):
        following = [later for later in sent[number + 1 :] if later.person == survey.person]
        answered = any(
            answer.person == survey.person
            and follows(survey, answer, ANSWER_DAYS)
            and (not following or answer.at < following[0].at)
            for answer in answers
        )
        yield Unit(survey.day, int(answered), 1, survey.person)


def _tickets(shop: Shop) -> Iterator[Measure]:
    opened = _first_by(shop.said("support_contact"), "ticket_id")
    orders = [Unit(order.day, 0, 1, order.person) for order in shop.booked]
    asked = [Unit(said.day, 100, 0, said.person) for said in opened.values()]
    yield dated("tickets_per_100_orders", [*asked, *orders], ratio)
    for kpi, signal, takes_last in (
        ("first_response_hours", "ticket_response", False),
        ("resolution_hours", "support_resolution", True),
    ):
        units: list[Unit] = []
        for ticket_id, start in opened.items():
            found = [
                said
                for said in shop.said(signal)
                if said.id("ticket_id") == ticket_id and said.at >= start.at
            ]
            if found:
                end = found[-1] if takes_last else found[0]
                units.append(Unit(end.day, _hours(start, end), 1, start.person))
        yield dated(kpi, units, ratio)
    yield dated("repeat_contact_rate_7d", list(_repeats(opened)), ratio)


def _first_by(said: Iterable[Said], name: str) -> dict[str, Said]:
    found: dict[str, Said] = {}
    for one in said:
        key = one.id(name)
        if key is not None:
            found.setdefault(key, one)
    return found


def _hours(start: Said, end: Said) -> Fraction:
    return Fraction((end.at - start.at) // MICROSECOND, 3_600_000_000)


def _repeats(opened: dict[str, Said]) -> Iterator[Unit]:
    tickets = sorted(opened.values(), key=lambda said: (said.at, said.event.event_id))
    for number, said in enumerate(tickets):
        again = any(
            later.person == said.person and within(said.day, later.day, REPEAT_DAYS)
            for later in tickets[number + 1 :]
        )
        yield Unit(said.day, int(again), 1, said.person)


def _chats(shop: Shop) -> Iterator[Measure]:
    answered: list[Unit] = []
    minutes: list[Unit] = []
    for chat_id, start in _first_by(shop.said("support_contact"), "chat_id").items():
        answers = [
            said
            for said in shop.said("chat_answer")
            if said.id("chat_id") == chat_id and start.at <= said.at <= start.at + ONE_DAY
        ]
        waited = 60 * _hours(start, answers[0]) if answers else 0
        answered.append(Unit(start.day, int(bool(answers)), 1, start.person))
        minutes.append(Unit(start.day, waited, int(bool(answers)), start.person))
    yield dated("chat_answer_rate", answered, ratio)
    yield dated("chat_response_minutes", minutes, ratio)


def _self_service(shop: Shop) -> Iterator[Unit]:
    for visit in shop.visits:
        views = shop.of_visit(visit, "help_view")
        if views:
            since = views[0].occurred_at
            asked = any(
                said.person == visit.person and since <= said.at <= since + ONE_DAY
                for said in shop.said("support_contact")
            )
            yield Unit(visit.day, int(not asked), 1, visit.person)


def _trials(shop: Shop) -> Iterator[Unit]:
    first: dict[str, Said] = {}
    for said in shop.said("trial_start"):
        first.setdefault(said.person, said)
    paid: list[tuple[str, Said | Bought]] = [
        (said.person, said)
        for said in shop.said("subscription_start")
        if said.stated is not None and said.stated > 0
    ]
    paid += [(booked.person, Bought(booked.day, booked.order.created_at)) for booked in shop.booked]
    for person, trial in first.items():
        turned = any(payer == person and follows(trial, one, TRIAL_DAYS) for payer, one in paid)
        yield Unit(trial.day, int(turned), 1, person)
