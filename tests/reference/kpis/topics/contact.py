"""KPIs of what is sent to people and what they answer.

Belongs here: e-mails, surveys, support tickets, trials. Does not belong here: reviews and
invitations (``advocacy``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from fractions import Fraction

from tests.reference.kpis.periods import Period
from tests.reference.kpis.rows import Said, within
from tests.reference.kpis.shop import Shop
from tests.reference.kpis.units import Measure, Unit, dated, ratio
from tests.reference.staging import money

REACTION_DAYS = 7
ANSWER_DAYS = 30
TRIAL_DAYS = 30
HOUR_MICROSECONDS = 3_600_000_000

Message = str | tuple[str, date]


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
    yield dated("trial_to_paid_rate", list(_trials(shop)), ratio)


def _messages(shop: Shop, signal: str) -> list[Unit]:
    delivered: dict[Message, Said] = {}
    loose: list[Said] = []
    for said in shop.said("email_delivered"):
        message_id = said.property("message_id")
        delivered.setdefault(message_id or (said.person, said.day), said)
        if message_id is None:
            loose.append(said)
    answered: set[Message] = set()
    for said in shop.said(signal):
        message: Message | None = said.property("message_id")
        if message is None:
            before = [one for one in loose if one.person == said.person and one.at <= said.at]
            message = (said.person, before[-1].day) if before else None
        if message is None or message not in delivered:
            continue
        # Days count, not instants: a reaction may be recorded before the delivery of its day.
        if within(delivered[message].day, said.day, REACTION_DAYS):
            answered.add(message)
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
            and survey.at <= answer.at
            and within(survey.day, answer.day, ANSWER_DAYS)
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
                if said.property("ticket_id") == ticket_id and said.at >= start.at
            ]
            if found:
                end = found[-1] if takes_last else found[0]
                units.append(Unit(end.day, _hours(start, end), 1, start.person))
        yield dated(kpi, units, ratio)


def _first_by(said: Iterable[Said], name: str) -> dict[str, Said]:
    found: dict[str, Said] = {}
    for one in said:
        key = one.property(name)
        if key is not None:
            found.setdefault(key, one)
    return found


def _hours(start: Said, end: Said) -> Decimal:
    # Rounded for each ticket, so that slices and days add up to the last digit.
    passed = end.at - start.at
    microseconds = (passed.days * 86_400 + passed.seconds) * 1_000_000 + passed.microseconds
    return money(Fraction(microseconds, HOUR_MICROSECONDS))


def _trials(shop: Shop) -> Iterator[Unit]:
    first: dict[str, Said] = {}
    for said in shop.said("trial_start"):
        first.setdefault(said.person, said)
    paid = [
        (said.person, said.day)
        for said in shop.said("subscription_start")
        if said.event.value is not None and said.event.value > 0
    ]
    paid += [(booked.person, booked.day) for booked in shop.booked]
    for person, trial in first.items():
        turned = any(payer == person and within(trial.day, day, TRIAL_DAYS) for payer, day in paid)
        yield Unit(trial.day, int(turned), 1, person)
