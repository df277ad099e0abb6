"""Hypothesis strategies for the rows that only KPIs read.

Belongs here: carts, messages, surveys, tickets, invitations, trials, subscriptions, order lines,
channels, on and beside the edges of their windows. Does not belong here: what the lifecycle reads
(``tests.reference.invented.strategies``, whose scenes are played too).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from tests.reference.invented import strategies
from tests.reference.invented.strategies import Draft
from tests.reference.texts import canonical_id
from tests.reference.world import (
    Customer,
    Event,
    Order,
    OrderLine,
    Product,
    Settings,
    World,
)

FIRST_DAYS_BACK = (366, 31, 60, 90, 100, 120, 180, 0, 400)
GAPS = (0, 1, 2, 5, 7, 14, 30, 31, 60, 90, 90, 91, 91, 120)
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
VISIT_GAPS = (timedelta(seconds=9), 10 * SECOND, 11 * SECOND, timedelta(minutes=31))
CART_GAPS = (timedelta(minutes=10), timedelta(minutes=31), DAY, DAY + SECOND, DAY + 2 * SECOND)
# After the last event of a cart: still in time, recovered, too late.
CART_ORDER_GAPS = (
    *(timedelta(minutes=5), DAY - SECOND, DAY, DAY + SECOND),
    *(7 * DAY, 8 * DAY, 8 * DAY + SECOND, 9 * DAY),
)
# After a session: credited to it, only touched by it, neither.
VISIT_ORDER_GAPS = (
    *(timedelta(minutes=5), DAY - SECOND, DAY, DAY + SECOND),
    *(29 * DAY, 30 * DAY, 31 * DAY),
)
REACTION_GAPS = (timedelta(0), 6 * DAY, 7 * DAY, 8 * DAY, -SECOND)
MONTH_GAPS = (timedelta(0), SECOND, 29 * DAY, 30 * DAY, 30 * DAY, 31 * DAY, 31 * DAY, -SECOND)
COUNTRIES = ("IT", "IT", "DE", None)
# Names of channels, sources of the channel map, and what is neither.
STATED_CHANNELS = (None, None, " Email", "google", "paid_search", "a friend", "n/a")
CONSENTS = (None, True, False)
# A landing page says by its parameters where its visitor came from, a referrer by its host.
PAGES = (
    *(
        None,
        None,
        "https://shop.example/",
        "https://shop.example/?utm_source=Google&utm_medium=cpc",
    ),
    *("https://shop.example/?utm_campaign=spring", "https://shop.example/?gclid=abc&fbclid=x"),
    *("https://shop.example/?fbclid=x&utm_source=newsletter", "https://shop.example/?msclkid="),
)
REFERRERS = (
    *(None, None, "https://www.google.com/", "https://news.example/a", "https://SHOP.example/x"),
    *("https://pay.shop.example/", "https://l.facebook.com/", "https://www.paypal.com/", "blog"),
)
SOURCES = (None, None, None, None, "google", "Google", "facebook", "newsletter", "nobody knows")
MEDIA = (None, None, None, "cpc", "CPC")
DEVICES = (None, "mobile", None, "desktop")
CAMPAIGNS = (None, "spring", "summer")
BRANDS = ("acme", None, "zeta")
# Lines share their order by price less discount, by quantity where that is nothing, else alike.
LINE_PRICES = (Decimal(5), Decimal("3.3333"), Decimal(0), Decimal("0.0001"), Decimal("19.99"))
LINE_DISCOUNTS = (None, Decimal(1), None, Decimal(100), Decimal("0.5"), None, Decimal("0.0001"))
CENTS = (Decimal(0), Decimal("0.3333"), Decimal("9.99"), Decimal(20), Decimal("75.5"))


@st.composite
def people(draw: Callable[[Any], Any], settings: Settings, end: date) -> World:
    """A few people of a shop, in the last fourteen months before ``end``."""
    day = end - timedelta(days=draw(st.sampled_from(FIRST_DAYS_BACK)))
    days = [day]
    for _ in range(draw(st.integers(2, 6))):
        day += timedelta(days=draw(st.sampled_from(GAPS)))
        if day <= end + timedelta(days=10):
            days.append(day)
    draft = Draft(
        draw=draw,
        settings=settings,
        as_of=end,
        days=days,
        customers=["c1", *(f"c{n}" for n in range(1, draw(st.integers(1, 3)) + 1))],
        devices=["d1", *(f"d{n}" for n in range(1, draw(st.integers(1, 2)) + 1))],
        received=settings.known_at is not None,
    )
    scenes = [*SCENES, *SCENES, *strategies.SCENES]
    for scene in draw(st.lists(st.sampled_from(scenes), min_size=8, max_size=16)):
        scene(draft)
    _dress(draft)
    return draft.world()


def say(
    draft: Draft, name: str, at: datetime, who: dict[str, Any], **told: str | int | float | None
) -> Event:
    """An event with properties."""
    properties = {key: value for key, value in told.items() if value is not None}
    event = Event(
        event_id=draft.new_id("e"),
        event_name=name,
        occurred_at=at,
        received_at=draft.arrival(at),
        properties=json.dumps(properties) if properties else None,
        **who,
    )
    return draft.add("events", event)


def _who(draft: Draft) -> dict[str, Any]:
    if draft.chance(4):
        return {"anonymous_id": draft.pick(draft.devices)}
    return {"user_id": draft.pick(draft.customers)}


def _order(draft: Draft, at: datetime, who: dict[str, Any], cart_id: str | None) -> None:
    order = Order(
        order_id=draft.new_id("o"),
        created_at=at,
        received_at=draft.arrival(at),
        total_price=draft.pick(strategies.PRICES),
        customer_id=who.get("user_id"),
        anonymous_id=who.get("anonymous_id"),
        currency=draft.pick(("EUR", "EUR", "USD")),
        cart_id=cart_id,
    )
    draft.add("orders", order)


def _cart(draft: Draft) -> None:
    """A cart that goes silent around 24 hours, and an order around the edges of recovery."""
    who = _who(draft)
    at = draft.instant()
    cart_id = draft.pick((None, None, "k1", "k2", " none "))
    for _ in range(draft.draw(st.integers(1, 4))):
        name = draft.pick(("Product Added", "Product Added", "Checkout Started", "Product Viewed"))
        event = Event(
            event_id=draft.new_id("e"),
            event_name=name,
            occurred_at=at,
            received_at=draft.arrival(at),
            cart_id=cart_id,
            value=draft.pick((None, Decimal("33.3333"), Decimal(20))),
            quantity=draft.pick((None, Decimal(2), Decimal("0.5"))),
            currency=draft.pick((None, "EUR", "USD")),
            **who,
        )
        draft.add("events", event)
        at += draft.pick(CART_GAPS)
    if not draft.chance(3):
        last = draft.rows["events"][-1].occurred_at
        named = draft.pick((None, cart_id, cart_id, "nobody's"))
        _order(draft, last + draft.pick(CART_ORDER_GAPS), who, named)


def _cart_again(draft: Draft) -> None:
    """A cart that an order closes, and what comes under its id at that instant and after it."""
    who = _who(draft)
    at = draft.instant()
    cart_id = draft.new_id("k")
    for _ in range(draft.draw(st.integers(2, 3))):
        for _ in range(draft.draw(st.integers(1, 2))):
            name = draft.pick(("Product Added", "Product Added", "Checkout Started"))
            told = {"price": 7.5} if draft.chance(3) else {}
            added = say(draft, name, at, who, cart_id=cart_id, **told)
            if not told:
                value = draft.pick((None, Decimal("33.3333")))
                draft.rows["events"][-1] = replace(added, value=value)
            at += draft.pick((timedelta(0), SECOND, timedelta(minutes=10), DAY + SECOND))
        at -= draft.pick((timedelta(0), SECOND))
        _order(draft, at, who, draft.pick((cart_id, cart_id, cart_id, None)))
        at += draft.pick((timedelta(0), SECOND, timedelta(minutes=1), 8 * DAY))


def _visit_and_order(draft: Draft) -> None:
    """Page views, perhaps a checkout, and an order around 24 hours or 30 days later."""
    who = _who(draft)
    at = draft.instant()
    if draft.chance(4):
        say(draft, "Page Viewed", at, who)
        _order(draft, draft.pick(_skewed(at)), who, None)
        return
    for _ in range(draft.draw(st.integers(1, 3))):
        say(draft, draft.pick(("Page Viewed", "Button Clicked", "Checkout Started")), at, who)
        at += draft.pick(VISIT_GAPS)
    last = draft.rows["events"][-1].occurred_at
    _order(draft, last + draft.pick(VISIT_ORDER_GAPS), who, None)


def _skewed(at: datetime) -> tuple[datetime, datetime]:
    """Instants a shop's slow clock gives to an order: still credited, and not."""
    start = at - timedelta(minutes=5)
    return start, start - SECOND


def _second_order(draft: Draft) -> None:
    """A customer nobody else is, whose second order comes around 90 days after the first."""
    who = {"user_id": draft.new_id("n")}
    draft.customers.append(who["user_id"])
    at = draft.instant()
    for days in (0, draft.pick((0, 1, 89, 90, 90, 91)), 91):
        _order(draft, at + days * DAY, who, None)


def _emails(draft: Draft) -> None:
    """Deliveries with and without an id, and reactions around seven days later."""
    who = _who(draft)
    at = draft.instant()
    for _ in range(draft.draw(st.integers(1, 3))):
        message_id = draft.pick((None, "m1", "m2", draft.new_id("m")))
        say(draft, "Email Delivered", at, who, message_id=message_id)
        for _ in range(draft.draw(st.integers(0, 2))):
            name = draft.pick(("Email Opened", "Email Clicked", "Email Unsubscribed"))
            say(draft, name, at + draft.pick(REACTION_GAPS), who, message_id=message_id)
        at += draft.pick((timedelta(0), SECOND, DAY, 6 * DAY))


def _surveys(draft: Draft) -> None:
    """Surveys sent and answers around thirty days later, before and after the next survey."""
    who = _who(draft)
    at = draft.instant()
    for _ in range(draft.draw(st.integers(1, 3))):
        say(draft, "Survey Sent", at, who)
        if not draft.chance(3):
            answer = say(
                draft,
                draft.pick(("NPS Answered", "CSAT Answered", "Review Posted")),
                at + draft.pick(MONTH_GAPS),
                who,
            )
            score = draft.pick((None, *map(Decimal, ("0", "1", "3", "4", "4.5", "5", "9", "11"))))
            draft.rows["events"][-1] = replace(answer, value=score)
        at += draft.pick((SECOND, 29 * DAY, 30 * DAY, 60 * DAY))


def _tickets(draft: Draft) -> None:
    """Tickets opened twice, answered twice, resolved again, or never opened."""
    who = _who(draft)
    at = draft.instant()
    ticket_id = draft.pick((None, "t1", draft.new_id("t"), draft.new_id("t")))
    name = draft.pick(("Ticket Opened", "Ticket Opened", "Ticket First Response"))
    for _ in range(draft.draw(st.integers(2, 5))):
        say(draft, name, at, who, ticket_id=ticket_id)
        at += draft.pick((timedelta(0), *CART_GAPS))
        name = draft.pick(
            ("Ticket Opened", "Ticket First Response", "Ticket First Response", "Ticket Resolved")
        )


def _repeat_contacts(draft: Draft) -> None:
    """Tickets of one person around seven days apart."""
    who = _who(draft)
    at = draft.instant()
    for _ in range(draft.draw(st.integers(2, 3))):
        say(draft, "Ticket Opened", at, who, ticket_id=draft.pick((None, draft.new_id("t"))))
        at += draft.pick((timedelta(0), SECOND, 7 * DAY, 8 * DAY))


def _chats(draft: Draft) -> None:
    """Chats begun twice, answered early, in time, too late, twice or never."""
    who = _who(draft)
    at = draft.instant()
    chat_id = draft.pick((None, draft.new_id("h"), draft.new_id("h")))
    say(draft, "Chat Started", at, who, chat_id=chat_id)
    for _ in range(draft.draw(st.integers(0, 3))):
        name = draft.pick(("Chat Answered", "Chat Answered", "Chat Started"))
        soon = 40 * SECOND
        after = draft.pick((-SECOND, timedelta(0), soon, soon, DAY, DAY + SECOND))
        say(draft, name, at + after, who, chat_id=chat_id)


def _help(draft: Draft) -> None:
    """A help page, read by somebody who asks all the same, before, in time or too late."""
    who = _who(draft)
    at = draft.instant()
    say(draft, draft.pick(("Help Article Viewed", "FAQ Viewed")), at, who)
    if draft.chance(2):
        after = draft.pick((-SECOND, timedelta(0), DAY, DAY + SECOND))
        say(draft, draft.pick(("Chat Started", "Ticket Opened")), at + after, who)


def _lead(draft: Draft) -> None:
    """Somebody new who leaves an address and buys before, within the hour, in time or too late."""
    who = {"user_id": draft.new_id("n")}
    at = draft.instant()
    say(draft, draft.pick(("Signed Up", "Newsletter Subscribed")), at, who)
    hour = timedelta(hours=1)
    later = at + draft.pick((-DAY, hour, hour + SECOND, hour + SECOND, 90 * DAY, 91 * DAY))
    if draft.chance(2):
        _order(draft, later, who, None)
    else:
        started = say(draft, "Subscription Started", later, who)
        amount = draft.pick((None, Decimal(9), Decimal(0)))
        draft.rows["events"][-1] = replace(started, value=amount)


def _onboarding(draft: Draft) -> None:
    """A new customer's first steps, before the purchase and around the 30th day after it."""
    who = {"user_id": draft.new_id("n")}
    draft.customers.append(who["user_id"])
    at = draft.instant()
    if draft.chance(2):
        _order(draft, at, who, None)
    else:
        say(draft, "Subscription Started", at, who)
    for name in ("Onboarding Completed", "Feature Used"):
        after = draft.pick((-40 * DAY, -SECOND, 30 * DAY, 31 * DAY, None))
        if after is not None:
            say(draft, name, at + after, who)


def _invitations(draft: Draft) -> None:
    """Invitations, conversions around thirty days later, sometimes of oneself."""
    who = _who(draft)
    at = draft.instant()
    referral_id = draft.pick((None, "r1", draft.new_id("f")))
    say(draft, draft.pick(("Referral Sent", "Invite Sent")), at, who, referral_id=referral_id)
    if not draft.chance(3):
        invited = draft.pick((*draft.customers, None))
        after = draft.pick(MONTH_GAPS)
        say(
            draft,
            "Referral Converted",
            at + after,
            who,
            referral_id=referral_id,
            referred_customer_id=invited,
        )


def _trial(draft: Draft) -> None:
    """A trial, then a subscription or an order around thirty days later."""
    who = _who(draft)
    at = draft.instant()
    say(draft, "Trial Started", at, who)
    later = at + draft.pick(MONTH_GAPS)
    if draft.chance(2):
        _order(draft, later, who, None)
    else:
        started = say(draft, "Subscription Started", later, who, subscription_id="s1")
        amount = draft.pick((None, Decimal(0), Decimal("9.99")))
        draft.rows["events"][-1] = replace(started, value=amount)


def _loyalty(draft: Draft) -> None:
    """A member's points."""
    who = _who(draft)
    at = draft.instant()
    for _ in range(draft.draw(st.integers(1, 3))):
        name = draft.pick(("Loyalty Joined", "Points Earned", "Points Redeemed"))
        told = say(draft, name, at, who)
        draft.rows["events"][-1] = replace(told, value=draft.pick((None, *CENTS)))
        at = draft.near(at)


SCENES = (
    *(_cart, _cart_again, _visit_and_order, _visit_and_order, _emails, _surveys, _tickets),
    *(_second_order, _invitations, _trial, _loyalty, _repeat_contacts, _chats, _help, _lead),
    *(_onboarding, strategies.subscription, strategies.subscription),
)


def _dress(draft: Draft) -> None:
    """Give orders, events, customers and products what only KPIs read."""
    draft.rows["products"] = [
        Product(f"p{number}", "a thing", draft.pick(("shoes", "hats", None)), BRANDS[number], cost)
        for number, cost in enumerate((Decimal("2.5"), Decimal("0.3333"), None))
    ]
    draft.rows["order_lines"] = []
    dressed: dict[Order, Order] = {}
    for order in draft.rows.get("orders", []):
        # The same content may come in two deliveries, and stays the same.
        content = replace(order, delivery=1)
        if content not in dressed:
            dressed[content] = _dressed(draft, content)
    draft.rows["orders"] = [
        replace(dressed[replace(order, delivery=1)], delivery=order.delivery)
        for order in draft.rows.get("orders", [])
    ]
    for order_id in sorted({order.order_id for order in dressed}):
        for number in range(draft.pick((0, 1, 1, 2))):
            product_id = draft.pick(("p0", "p0", "p1", "p2", "p9"))
            quantity = draft.pick((Decimal(0), Decimal(1), Decimal(2), Decimal("1.5")))
            line = OrderLine(
                *(order_id, number + 1, product_id, quantity),
                LINE_PRICES[_mixed(order_id, number, len(LINE_PRICES))],
                total_discount=LINE_DISCOUNTS[_mixed(order_id, number, len(LINE_DISCOUNTS))],
            )
            draft.add("order_lines", line)
            if number == 0 and draft.chance(5):
                # A later file has the lines anew: there is one only.
                draft.add("order_lines", replace(line, quantity=Decimal(4), delivery=10))
    draft.rows["events"] = [
        # Only whole copies of an event may look alike, so the id decides.
        replace(
            event,
            utm_source=SOURCES[_digit(event.event_id, len(SOURCES))],
            utm_medium=MEDIA[_digit(event.event_id, len(MEDIA))],
            page_url=PAGES[_digit(event.event_id, len(PAGES))],
            referrer=REFERRERS[_digit(event.event_id, len(REFERRERS))],
            utm_campaign=CAMPAIGNS[_digit(event.event_id, len(CAMPAIGNS))],
            device_type=DEVICES[_digit(event.event_id, len(DEVICES))],
        )
        for event in draft.rows.get("events", [])
    ]
    known = {canonical_id(row.customer_id) for row in draft.rows.get("customers", [])}
    everybody = {canonical_id(customer) or "" for customer in draft.customers}
    for customer in sorted(everybody - known):
        account_id = draft.pick(("a1", "a2", None))
        draft.add("customers", Customer(customer, draft.instant(), account_id=account_id))
    draft.rows["customers"] = [
        replace(
            row,
            country=draft.pick(COUNTRIES),
            acquisition_channel=_of_record(row, STATED_CHANNELS),
            marketing_consent=_of_record(row, CONSENTS),
        )
        for row in draft.rows.get("customers", [])
    ]


def _dressed(draft: Draft, order: Order) -> Order:
    promised = draft.pick((None, None, timedelta(0), timedelta(days=3)))
    affiliate = draft.pick((None, None, "a1"))
    # An order of less than nothing would carry the discount rate beyond one.
    is_worth_something = (order.total_tax or 0) + (order.total_shipping or 0) <= order.total_price
    return replace(
        order,
        total_discounts=draft.pick((None, *CENTS)) if is_worth_something else None,
        source_channel=draft.pick((None, None, "pos", "Web")),
        utm_source=draft.pick(SOURCES),
        utm_medium=draft.pick(MEDIA),
        affiliate_id=affiliate,
        affiliate_commission=draft.pick((None, *CENTS)),
        referral_code=draft.pick((None, None, None, "FRIEND")),
        coupon_code=draft.pick((None, None, " ", "n/a", "SPRING")),
        promised_at=None if promised is None else order.created_at + promised,
        country=COUNTRIES[_mixed(order.order_id, 0, len(COUNTRIES))],
        utm_campaign=CAMPAIGNS[_mixed(order.order_id, 0, len(CAMPAIGNS))],
    )


def _digit(event_id: str, below: int) -> int:
    return int(event_id[1:]) % below


def _of_record(row: Customer, choices: Sequence[Any]) -> Any:
    return choices[_mixed(f"{row.customer_id} {row.created_at}", row.delivery, len(choices))]


def _mixed(order_id: str, number: int, below: int) -> int:
    """A choice that follows from the row, so that it draws nothing and copies stay alike."""
    return (sum(map(ord, order_id)) + 7 * number) % below
