"""Random shops for the marts of plays, on and beside the edges of every window.

Belongs here: the shops, and the tables that the SQL reads them from. Does not belong here: what
comes out.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from orchestration.rules.plays import TRIGGERS
from tests.reference.activation.shop import (
    DAY,
    CartEvent,
    Epoch,
    Fact,
    Order,
    Person,
    Play,
    Shop,
    State,
    Subject,
    Term,
)

AS_OF = date(2024, 4, 20)
FIRST = date(2024, 1, 2)
STAGES = ("low", "middle", "high")
HEALTHS = ("prospect", "cold", "active", "at_risk", "lapsed")
SIGNALS = (
    *("visit", "order", "purchase", "delivery", "nps", "checkout", "lead", "reactivation"),
    *("email_unsubscribed", "any"),
)
FRAMEWORKS = {"people": "person", "firms": "account", "unbuilt": None}
GRACE = 10


def shop(seed: int, people: int = 14) -> Shop:
    """A shop; the same one in every run."""
    dice = random.Random(seed)
    # Keys are in the order of ids, as in int_persons: visitors come last.
    visitors = people // 7
    persons = [
        _person(dice, key, FIRST, is_customer=key <= people - visitors)
        for key in range(1, people + 1)
    ]
    accounts = [_account(dice, key, name) for key, name in ((-1, "a1"), (-2, "a2"))]
    accounts = [
        account
        for account in accounts
        if any(account.subject_id == f"account:{person.account}" for person in persons)
    ]
    plays = [_play(dice, trigger, number) for number, trigger in enumerate((*TRIGGERS, *TRIGGERS))]
    choice = {person.subject_id: "p1" for person in persons if dice.random() < 0.5}
    return Shop(AS_OF, plays, persons, accounts, STAGES, first_choice=choice)


def crowd(seed: int) -> Shop:
    """A shop of few plays and so many people that both arms of each are large."""
    alike = {"needs_consent": False, "holdout_share": 0.5, "starts_on": FIRST, "open_days": 90}
    settled = {"framework": "people", "subject_type": "person", "is_service": False, **alike}
    many = shop(seed, people=250)
    plays = [play for play in many.plays if play.trigger in {"first_purchase", "signal"}]
    many.plays = [
        replace(play, **settled, trigger_value="visit" if play.trigger == "signal" else "")
        for play in plays
    ]
    for person in many.people:
        person.orders = [replace(order, value=order.value or Decimal(0)) for order in person.orders]
    return many


def as_known_on(shop: Shop, day: date) -> Shop:
    """The shop as it was on an earlier day: nothing dated after it, nothing voided after it."""

    def known(when: date | None) -> date | None:
        return when if when and when <= day else None

    def subject(one: Subject) -> dict[str, Any]:
        return {
            "facts": [
                replace(fact, voided_on=known(fact.voided_on))
                for fact in one.facts
                if fact.day <= day
            ],
            "stages": [state for state in one.stages if state.day <= day],
            "healths": [state for state in one.healths if state.day <= day],
            "epochs": [
                replace(epoch, until=known(epoch.until) or date(9999, 12, 31))
                for epoch in one.epochs
                if epoch.first <= day
            ],
            "resolutions": [at for at in one.resolutions if at.date() <= day],
        }

    def terms(person: Person) -> Iterator[Term]:
        told = [term for term in person.terms if term.day <= day]
        for term in told:
            later = [
                other.cancels_from
                for other in told
                if other.subscription == term.subscription
                and other.place > term.place
                and other.cancels_from
            ]
            yield replace(term, ends_on=min((term.paid_until + GRACE * DAY, *later)))

    people = [
        replace(
            person,
            **subject(person),
            visits=[at for at in person.visits if at.date() <= day],
            orders=[
                replace(
                    order,
                    cancelled_on=known(order.cancelled_on),
                    refunds=tuple(each for each in order.refunds if each[0] <= day),
                )
                for order in person.orders
                if order.day <= day
            ],
            cart_events=[event for event in person.cart_events if event.at.date() <= day],
            terms=list(terms(person)),
            consents=[each for each in person.consents if each[0].date() <= day],
        )
        for person in shop.people
    ]
    accounts = [replace(account, **subject(account)) for account in shop.accounts]
    return replace(shop, as_of=day, people=people, accounts=accounts)


def _day(dice: random.Random) -> date:
    return FIRST + timedelta(days=dice.randint(0, (AS_OF - FIRST).days))


def _at(dice: random.Random, day: date | None = None) -> datetime:
    # Few hours, so that instants meet.
    return datetime.combine(day or _day(dice), datetime.min.time()) + timedelta(
        hours=dice.choice((0, 8, 9, 20, 23))
    )


def _play(dice: random.Random, trigger: str, number: int) -> Play:
    framework = dice.choice(("people", "people", "people", "firms", "unbuilt"))
    is_service = dice.random() < 0.25
    value = {
        "stage": dice.choice(STAGES),
        "health": dice.choice(HEALTHS),
        "signal": dice.choice(SIGNALS),
        "days": str(dice.choice((1, 3, 10, 30))),
        "": "",
    }[TRIGGERS[trigger]]
    goal_days = dice.choice((1, 3, 7, 14))
    return Play(
        play=f"play_{number:02d}",
        framework=framework,
        subject_type=FRAMEWORKS[framework],
        trigger=trigger,
        trigger_value=value,
        delay_days=dice.choice((0, 1) if is_service else (1, 2, 5)),
        open_days=dice.choice((1, 7, 30)),
        cool_down_days=goal_days + dice.choice((0, 1, 20)),
        priority=dice.choice((1, 2, 3)),
        is_service=is_service,
        needs_consent=dice.random() < 0.5,
        holdout_share=0.0 if is_service else dice.choice((0.0, 0.3, 0.5)),
        goal_signal=dice.choice(("purchase", "visit", "reactivation", "any", "order")),
        goal_days=goal_days,
        starts_on=dice.choice((None, FIRST, date(2024, 3, 1))),
    )


def _history(dice: random.Random, names: tuple[str, ...]) -> list[State]:
    days = sorted({_day(dice) for _ in range(dice.randint(1, 7))})
    states: list[State] = []
    for day in days:
        others = [name for name in names if not states or states[-1].name != name]
        states.append(State(day, dice.choice(others)))
    return states


def _epochs(dice: random.Random) -> list[Epoch]:
    days = sorted({_day(dice) for _ in range(dice.randint(1, 5))})
    gap, epochs = dice.choice((1, 4, 9)), list[Epoch]()
    for day, until in zip(days, (*days[1:], date(9999, 12, 31)), strict=True):
        # Without a new order the last one stands longer ago, and may be overdue at once.
        last = day if not epochs or dice.random() < 0.5 else epochs[-1].last_order_on
        epochs.append(Epoch(day, until, last, gap))
    return epochs


def _person(dice: random.Random, key: int, first: date, *, is_customer: bool) -> Person:
    customer_id = f"c{key:03d}" if is_customer else None
    person = Person(
        key,
        f"customer:{customer_id}" if customer_id else f"visitor:v{key:03d}",
        stages=_history(dice, STAGES),
        healths=_history(dice, HEALTHS),
        epochs=_epochs(dice),
        customer_id=customer_id,
        account=dice.choice(("a1", "a2", None, None)) if customer_id else None,
        known_on=dice.choice((first, first, _day(dice))) if customer_id else None,
        merged_on=dice.choice((None, None, None, _day(dice))) if customer_id else None,
        is_deleted=bool(customer_id) and dice.random() < 0.1,
        is_erased=bool(customer_id) and dice.random() < 0.1,
    )
    person.visits = [_at(dice) for _ in range(dice.randint(0, 6))]
    person.resolutions = [_at(dice) for _ in range(dice.choice((0, 0, 1, 2)))]
    person.consents = [
        (_at(dice), dice.choice((True, True, True, False, None)))
        for _ in range(dice.choice((0, 1, 2, 3)) if customer_id else 0)
    ]
    person.cart_events = [
        CartEvent(
            f"k{key}-{dice.randint(1, 2)}", _at(dice), f"e{key}-{number}", dice.random() < 0.5
        )
        for number in range(dice.choice((0, 3, 8)))
    ]
    # Orders come at the instant of a touch of a cart, a bit later, just in time or too late.
    touches = [event.at for event in person.cart_events]
    person.orders = [
        _order(
            dice,
            f"o{key}-{number}",
            dice.choice(touches) + timedelta(hours=dice.choice((0, 1, 24, 25)))
            if touches and dice.random() < 0.6
            else _at(dice),
            dice.choice((None, f"k{key}-1", f"k{key}-2")),
        )
        for number in range(dice.randint(0, 6))
    ]
    person.orders = [order for order in person.orders if order.day <= AS_OF]
    person.terms = list(_terms(dice)) if dice.random() < 0.5 else []
    person.facts = [Fact("visit", at) for at in person.visits]
    for order in person.orders:
        voided_on = order.cancelled_on
        for name in ("order", "purchase"):
            person.facts.append(Fact(name, order.at, order.value, voided_on))
    for name in ("delivery", "nps", "checkout", "lead", "reactivation", "email_unsubscribed"):
        for _ in range(dice.choice((0, 0, 1, 2))):
            at = (
                _at(dice)
                if name != "reactivation"
                else datetime.combine(_day(dice), datetime.min.time())
            )
            value = Decimal(dice.choice(("0", "5.5", "6", "7"))) if name == "nps" else None
            voided = at.date() + dice.choice((0, 3)) * DAY if name == "reactivation" else None
            person.facts.append(Fact(name, at, value, voided))
    # A row of `any` for each; voided or not, it was seen.
    person.facts += [
        Fact("any", fact.at)
        for fact in person.facts
        if fact.signal not in {"purchase", "subscribed", "reactivation"}
    ]
    return person


def _order(dice: random.Random, order_id: str, at: datetime, cart: str | None) -> Order:
    cancelled = at.date() + dice.choice((0, 0, 1, 30)) * DAY if dice.random() < 0.3 else None
    value = None if dice.random() < 0.02 else Decimal(dice.choice((0, 20, 35)))
    refunds = tuple(
        (day, Decimal(amount))
        for day, amount in ((at.date() + dice.choice((0, 1, 6, 40)) * DAY, dice.choice((5, 20))),)
        if dice.random() < 0.4 and day <= AS_OF
    )
    return Order(
        order_id,
        at,
        value,
        is_confirmed=dice.random() < 0.9,
        cancelled_on=cancelled if cancelled and cancelled <= AS_OF else None,
        cart=cart,
        refunds=refunds,
    )


def _terms(dice: random.Random) -> Iterator[Term]:
    for subscription in ("", "s2")[: dice.randint(1, 2)]:
        days = sorted(_day(dice) for _ in range(dice.randint(1, 5)))
        stated = [(day, dice.random() < 0.7, dice.random() < 0.3) for day in days]
        cancels = {
            place: day + dice.choice((0, 12, 60)) * DAY
            for place, (day, _, is_cancel) in enumerate(stated, 1)
            if is_cancel
        }
        for place, (day, is_paid, is_cancel) in enumerate(stated, 1):
            until = day + dice.choice((1, 10, 31, 90)) * DAY
            later = [end for number, end in cancels.items() if number > place]
            ends = min((until + GRACE * DAY, *later))
            yield Term(
                *(subscription, place, day, is_paid, is_cancel, until, ends), cancels.get(place)
            )


def _account(dice: random.Random, key: int, name: str) -> Subject:
    account = Subject(
        key,
        f"account:{name}",
        stages=_history(dice, STAGES),
        healths=_history(dice, HEALTHS),
        epochs=_epochs(dice),
    )
    account.facts = [
        Fact("reactivation", datetime.combine(_day(dice), datetime.min.time()))
        for _ in range(dice.choice((0, 1)))
    ]
    return account


Tables = dict[str, list[dict[str, Any]]]


def tables(shop: Shop) -> Mapping[str, list[dict[str, Any]]]:
    """The rows that the models of plays begin with."""
    found: Tables = {name: [] for name in GIVEN}
    found["int_settings"] = [{"as_of_date": shop.as_of}]
    found["int_kpi_windows"] = [{"cart_silence_hours": 24}]
    found["int_signal_names"] = [
        {"signal_no": number, "signal": signal}
        for number, signal in enumerate((*SIGNALS, "subscribed"))
    ]
    found["int_periods"] = [
        {"period_grain": "month", "period_start": start, "period_end": end}
        for start, end in (
            (date(2024, month, 1), date(2024, month + 1, 1)) for month in range(1, 5)
        )
    ]
    _rules(shop, found)
    for subject in (*shop.people, *shop.accounts):
        _subject(shop, subject, found)
    for person in shop.people:
        _facts(person, found)
        _money(person, found)
        if person.customer_id:
            _customer(shop, person, found)
    return found


def _rules(shop: Shop, found: Tables) -> None:
    found["frameworks"] = [
        {"framework": name, "subject_type": kind or "person", "is_default": name == "people"}
        for name, kind in FRAMEWORKS.items()
    ]
    found["int_built_frameworks"] = [
        {"framework": name, "framework_no": number, "subject_type": kind}
        for number, (name, kind) in enumerate(FRAMEWORKS.items(), 1)
        if kind
    ]
    found["framework_stages"] = [
        {"framework": name, "stage": stage, "label": stage, "label_it": stage}
        for name in FRAMEWORKS
        for stage in STAGES
    ]
    found["health_labels"] = [
        {"health": health, "label": health, "label_it": health} for health in HEALTHS
    ]
    found["signal_labels"] = [
        {"signal": signal, "one": signal, "one_it": signal} for signal in SIGNALS
    ]
    steps: list[tuple[str | None, str]] = [(None, stage) for stage in shop.stages]
    steps += [(one, other) for one in shop.stages for other in shop.stages]
    found["int_possible_moves"] = [
        {
            "move_no": 100 * (framework + 1) + number,
            "framework_no": framework + 1,
            "stage": stage,
            "previous_stage": before,
            "movement": _movement(shop, before, stage),
        }
        for framework in range(2)
        for number, (before, stage) in enumerate(steps)
    ]
    found["plays"] = [
        {
            "play": play.play,
            "title": play.play,
            "title_it": play.play,
            "framework": None if play.framework == "people" else play.framework,
            "trigger": play.trigger,
            "trigger_value": play.trigger_value or None,
            "delay_days": play.delay_days,
            "open_days": play.open_days,
            "cool_down_days": play.cool_down_days,
            "priority": play.priority,
            "channel": "email",
            "is_service": play.is_service,
            "needs_consent": play.needs_consent,
            "holdout_share": play.holdout_share,
            "goal_signal": play.goal_signal,
            "goal_days": play.goal_days,
            "starts_on": play.starts_on,
            "advice": "",
            "advice_it": "",
        }
        for play in shop.plays
    ]


def _movement(shop: Shop, before: str | None, stage: str) -> str:
    if before is None:
        return "entered"
    rise = shop.stages.index(stage) - shop.stages.index(before)
    return "advanced" if rise > 0 else "fell_back" if rise < 0 else "health_only"


def _subject(shop: Shop, subject: Subject, found: Tables) -> None:
    key = subject.key
    found["int_subjects"].append(
        {"subject_key": key, "subject_id": subject.subject_id, "is_account": subject.is_account}
    )
    framework = 2 if subject.is_account else 1
    steps: list[tuple[str | None, str]] = [(None, stage) for stage in shop.stages]
    steps += [(one, other) for one in shop.stages for other in shop.stages]
    # A change of health alone opens an interval, too.
    changes = {state.day for state in (*subject.stages, *subject.healths)}
    first = min((state.day for state in subject.stages), default=date.max)
    before: str | None = None
    for day in sorted(day for day in changes if day >= first):
        now = next(each.name for each in reversed(subject.stages) if each.day <= day)
        found["int_stage_intervals"].append(
            {
                "subject_key": key,
                "framework_no": framework,
                "valid_from": day,
                "move_no": 100 * framework + steps.index((before, now)),
            }
        )
        before = now
    ends = [state.day for state in subject.healths[1:]]
    for state, until in zip(subject.healths, (*ends, date(9999, 12, 31)), strict=False):
        found["int_health_spans"].append(
            {
                "subject_key": key,
                "health": state.name,
                "valid_from": state.day,
                "valid_to": until,
            }
        )
    for epoch in subject.epochs:
        found["int_order_limits"].append(
            {
                "subject_key": key,
                "epoch_from": epoch.first,
                "epoch_to": epoch.until if epoch.until.year < 9999 else None,
                "last_order_on": epoch.last_order_on,
                "usual_gap_days": epoch.gap,
            }
        )
    found["int_reactivations"] += [
        {"subject_key": key, "reactivated_on": fact.day, "voided_on": fact.voided_on}
        for fact in subject.facts
        if fact.signal == "reactivation"
    ]


def _facts(person: Person, found: Tables) -> None:
    key = person.key
    found["int_persons"].append(
        {"person_key": key, "person_id": person.subject_id, "customer_id": person.customer_id}
    )
    if person.account:
        account = {"a1": -1, "a2": -2}[person.account]
        found["int_account_members"].append(
            {"account_key": account, "account_id": person.account, "person_key": key}
        )
    found["int_session_starts"] += [
        {"person_key": key, "event_date": at.date(), "occurred_at": at} for at in person.visits
    ]
    found["int_person_signals"] += [
        {
            "person_key": key,
            "signal_no": SIGNALS.index(fact.signal),
            "signal_date": fact.day,
            "occurred_at": fact.at,
            "value": fact.value,
            "voided_on": fact.voided_on,
        }
        for fact in person.facts
        if fact.signal not in {"any", "reactivation"}
    ]
    found["int_ticket_resolutions"] += [
        {"ticket_id": "t", "person_key": key, "signal_date": at.date(), "occurred_at": at}
        for at in person.resolutions
    ]
    names = {event.cart for event in person.cart_events}
    found["int_carts"] += [
        {"cart_id": f"cart:{name}", "named_cart": f"cart:{name}"} for name in sorted(names)
    ]
    found["int_cart_events"] += [
        {
            "cart_id": f"cart:{event.cart}",
            "event_id": event.event_id,
            "person_key": key,
            "occurred_at": event.at,
            "is_addition": event.is_addition,
        }
        for event in person.cart_events
    ]
    for term in person.terms:
        move = {"person_key": key, "subscription_id": term.subscription, "place": term.place}
        found["int_subscription_event_terms"].append(
            {**move, "event_date": term.day, "is_paid": term.is_paid, "is_cancel": term.is_cancel}
        )
        found["int_paid_periods"] += [
            {
                **move,
                "begins_on": term.day,
                "paid_until": term.paid_until,
                "ends_on": term.ends_on,
            }
            for _ in range(term.is_paid)
        ]


def _money(person: Person, found: Tables) -> None:
    for order in person.orders:
        found["int_order_details"].append(
            {
                "order_id": order.order_id,
                "person_key": person.key,
                "created_at": order.at,
                "order_date": order.day,
                "is_confirmed": order.is_confirmed,
                "cancelled_on": order.cancelled_on,
                "order_value": order.value,
                "is_missing_rate": order.value is None,
                "cart_id": order.cart,
            }
        )
        found["int_refunds"] += [
            {"order_id": order.order_id, "refund_date": day, "refund_value": amount}
            for day, amount in order.refunds
        ]


def _customer(shop: Shop, person: Person, found: Tables) -> None:
    customer = person.customer_id
    found["stg_customer_consents"] += [
        {"customer_id": customer, "stated_at": at, "marketing_consent": says}
        for at, says in person.consents
    ]
    found["stg_customers"].append({"customer_id": customer, "is_deleted": person.is_deleted})
    if person.is_erased:
        found["stg_erasure_requests"].append({"customer_id": customer})
    found["int_customer_ids_known"].append(
        {
            "person_key": person.key,
            "person_id": person.subject_id,
            "known_on": person.known_on,
            "last_merged_on": person.merged_on,
        }
    )
    choice = shop.first_choice.get(person.subject_id)
    if choice:
        found["next_best_product"] += [
            {"subject_id": person.subject_id, "rank": rank, "product_id": product}
            for rank, product in ((1, choice), (2, "p2"))
        ]


GIVEN = (
    *("int_settings", "int_kpi_windows", "int_periods", "int_persons", "int_account_members"),
    *("int_subjects", "int_session_starts", "int_person_signals", "int_reactivations"),
    *("int_stage_intervals", "int_possible_moves", "int_health_spans", "int_order_limits"),
    *("int_paid_periods", "int_subscription_event_terms", "int_cart_events", "int_carts"),
    *("int_order_details", "int_refunds", "int_ticket_resolutions", "stg_customer_consents"),
    *("int_customer_merges", "int_customer_ids_known", "stg_customers", "stg_erasure_requests"),
    *("next_best_product", "plays", "frameworks", "framework_stages", "health_labels"),
    *("signal_labels", "int_built_frameworks", "int_signal_names"),
)
MARTS = ("play_entries", "plays_due", "play_results")
