"""Hypothesis strategies that invent small, awkward worlds.

Belongs here: worlds of one to four people whose dates sit on window edges, whose instants sit on
midnight and session edges, and whose rows contradict each other in every way the contract allows.
Does not belong here: random rule rows (``rule_strategies``) and settings (``batches``).

Not invented, since the page leaves them to a hash or to the machine's clock: two versions of a
row that only their hash tells apart, two merges of one customer at one instant, rows whose copy
lies in the future; nor plans paid until the end of all days, which Python cannot count beyond.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from tests.reference.texts import canonical_id
from tests.reference.world import (
    Customer,
    CustomerMerge,
    Event,
    Order,
    OrderLine,
    Product,
    Refund,
    Settings,
    World,
)

EDGE_GAPS = (0, 1, 6, 7, 8, 13, 14, 15, 29, 30, 31, 59, 60, 61, 89, 90, 91, 120, 180, 181)
LONG_GAPS = (199, 235, 300, 364, 365, 366, 400)
FIRST_DAYS_BACK = (0, 14, 30, 31, 60, 90, 180, 200, 365, 366, 400, 500, 700, 731, 900, 1100)
SESSION_GAPS = (
    timedelta(0),
    timedelta(seconds=1),
    timedelta(minutes=29, seconds=59),
    timedelta(minutes=30),
    timedelta(minutes=30, microseconds=1),
    timedelta(minutes=30, seconds=1),
    timedelta(minutes=45),
    timedelta(minutes=45, seconds=1),
    timedelta(hours=23, minutes=59),
    timedelta(hours=24),
    timedelta(hours=24, seconds=1),
)
LOCAL_TIMES = (
    time(0, 0),
    time(0, 0, 0, 1),
    time(0, 29, 59),
    time(1, 45),
    time(2, 30),
    time(12, 0),
    time(12, 0),
    time(18, 30),
    time(23, 30),
    time(23, 59, 59, 999999),
)
PRICES = (
    *(Decimal("0.0001"), Decimal("0.01"), Decimal(3), Decimal("33.33"), Decimal("99.9999")),
    *(Decimal(100), Decimal("249.9999"), Decimal(250), Decimal("250.0001"), Decimal("499.9999")),
    *(Decimal(500), Decimal("500.0001"), Decimal("1234.5678"), Decimal("20000.0005")),
)
NOT_IDS = (
    None,
    "",
    " NULL ",
    "0",
    "undefined",
    "None",
    "NaN",
    "00000000-0000-0000-0000-000000000000",
)
# What an optional column holds when it holds nothing.
NULLS = (None, None, "NaN", "\\N", " null ", "N/A", "")
BROWSING = (
    *("Product Viewed", "product_viewed", "view_item", "Product Added", "Checkout Started"),
    *("Content Viewed", "Article Read", "Social Shared", "Products Searched", "Page Viewed"),
    *("Product Shared", "share", "Feature Used", "Ticket Opened", "Chat Started", "Chat Answered"),
    *("Button Clicked", "PRODUCT--viewed ", "Order Completed", "Email Opened", "Survey Sent"),
    *(
        "Order Shipped",
        "identify",
        "Email Clicked",
        "FAQ Viewed",
        "Payment Failed",
        "Plan Switched",
    ),
)
MILESTONES = (
    *("Signed Up", "Newsletter Subscribed", "Trial Started", "Trial Ended", "Quote Requested"),
    *("Contract Signed", "Onboarding Completed", "Referral Sent", "Referral Converted"),
    *("Loyalty Joined", "Points Earned", "Points Redeemed", "CSAT Answered", "Ticket Resolved"),
)
SUBSCRIBING = (
    *("Subscription Started", "Subscription Renewed", "subscription_renewed"),
    *("Subscription Changed", "Subscription Cancelled", "Payment Failed"),
)
INTERVALS = (None, None, None, 1, 3, 12, "12", 12.0, " 6 ", "1.2e1", 0, 121, 1.5, "soon", True)
PAGES = ("https://shop.example/pricing", "https://shop.example/help?x=1", " /Pricing ", None)
# Of some people the id is a number, which spreadsheets write as they like.
CUSTOMERS = (
    ("c1",),
    ("c1", "c2"),
    ("c1", "c2", "c3"),
    ("c1", "c2", "c3", "c4"),
    ("c1", "5", "5.0"),
    ("c1", "c2", "7", "'7", "7.00"),
)
CURRENCIES = ("EUR", "EUR", "USD", "GBP", "JPY")


@dataclass
class Draft:
    """A world while it is being written, with the days and people it uses."""

    draw: Callable[[Any], Any]
    settings: Settings
    as_of: date
    days: list[date]
    customers: list[str]
    devices: list[str]
    received: bool
    rows: dict[str, list[Any]] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)

    def pick(self, options: Sequence[Any]) -> Any:
        """One of the options."""
        return self.draw(st.sampled_from(options))

    def chance(self, one_in: int) -> bool:
        """True about once in ``one_in``."""
        return self.draw(st.integers(1, one_in)) == one_in

    def new_id(self, letter: str) -> str:
        """An id nobody has yet, whose text order is not its order of birth."""
        number = self.draw(st.integers(1, 200))
        while f"{letter}{number}" in self.used:
            number += 7
        self.used.add(f"{letter}{number}")
        return f"{letter}{number}"

    def instant(self, day: date | None = None) -> datetime:
        """An awkward UTC instant on an awkward reporting day."""
        local = datetime.combine(day or self.pick(self.days), self.pick(LOCAL_TIMES))
        aware = local.replace(tzinfo=ZoneInfo(self.settings.timezone))
        return aware.astimezone(UTC).replace(tzinfo=None)

    def near(self, at: datetime) -> datetime:
        """An instant a window's edge before, at or after another one."""
        days = self.pick((0, 0, 0, 1, 1, 2, 3, 13, 14, 15, 30, 60, 90))
        shift = self.pick((timedelta(0), timedelta(seconds=1), timedelta(hours=11)))
        return at + timedelta(days=days) + shift

    def arrival(self, latest: datetime) -> datetime | None:
        """When a row that says something about ``latest`` was received, if it says."""
        if not self.received or self.chance(3):
            return None
        known_at = self.settings.known_at
        if known_at is not None and known_at > latest and self.chance(3):
            return known_at + self.pick((timedelta(0), timedelta(0), timedelta(microseconds=1)))
        return latest + self.pick(
            (timedelta(0), timedelta(minutes=5), timedelta(days=1), timedelta(days=40))
        )

    def add(self, table: str, row: Any) -> Any:
        """Put a row into the world."""
        self.rows.setdefault(table, []).append(row)
        return row

    def world(self) -> World:
        """The finished world."""
        tables: dict[str, Any] = {table: tuple(rows) for table, rows in self.rows.items()}
        return World(**tables)


@st.composite
def worlds(draw: Callable[[Any], Any], settings: Settings, end: date) -> World:
    """A world for a batch.

    Args:
        draw: hypothesis' hand.
        settings: the batch's; zone, session timeout and ``known_at`` decide what is awkward.
        end: the day around which the world ends (``as_of_date`` where it is given).
    """
    day = end - timedelta(days=draw(st.sampled_from(FIRST_DAYS_BACK)))
    days = [day]
    for _ in range(draw(st.integers(2, 6))):
        gaps = LONG_GAPS if draw(st.integers(1, 5)) == 5 else EDGE_GAPS
        day += timedelta(days=draw(st.sampled_from(gaps)))
        # Two months beyond the end are enough to show that later facts are ignored.
        if day <= end + timedelta(days=60):
            days.append(day)
    # A rate that changes on the day of an order applies to it already.
    days += [rate.date for rate in settings.rates if days[0] <= rate.date <= end]
    draft = Draft(
        draw=draw,
        settings=settings,
        as_of=end,
        days=days,
        # The first of them is drawn twice as often, so that one subject gathers many facts.
        customers=["c1", *draw(st.sampled_from(CUSTOMERS))],
        devices=["d1", *(f"d{n}" for n in range(1, draw(st.integers(1, 3)) + 1))],
        received=settings.known_at is not None or draw(st.booleans()),
    )
    first = draw(st.sampled_from((_shopping, _shopping, _browsing, _identification, _customers)))
    first(draft)
    for scene in draw(st.lists(st.sampled_from(SCENES), min_size=4, max_size=12)):
        scene(draft)
    return draft.world()


def exact_worlds(settings: Settings) -> list[World]:
    """Worlds that chance rarely hits: rates at their edges, comebacks, a lone quote."""
    zone = ZoneInfo(settings.timezone)

    def noon(day: date) -> datetime:
        local = datetime.combine(day, time(12), tzinfo=zone)
        return local.astimezone(UTC).replace(tzinfo=None)

    made: list[World] = []
    for rate in settings.rates:
        orders = [
            Order(
                f"o{number}",
                noon(rate.date - timedelta(days=eve)),
                Decimal(price),
                customer_id=f"c{number}",
                currency=rate.currency,
            )
            for number, (eve, price) in enumerate(
                (eve, price) for eve in (0, 1) for price in ("100", "20000.0005")
            )
        ]
        made.append(World(orders=tuple(orders)))
    # Gaps that grow faster than the limits learnt from them: two reactivations, a third cycle.
    comebacks = [
        Order(f"o{number}", noon(day), Decimal(10), customer_id="c1", currency=CURRENCIES[0])
        for number, day in enumerate((date(2017, 6, 1), date(2018, 3, 28), date(2019, 6, 21)))
    ]
    made.append(World(orders=tuple(comebacks)))
    # An account that asks for a quote and never buys: the B2B stage that chance rarely stops at.
    asked = date(2020, 1, 2)
    made.append(
        World(
            events=(Event("e1", "Quote Requested", noon(asked), user_id="c1"),),
            customers=(Customer("c1", noon(asked), account_id="acc1"),),
        )
    )
    first = noon(date(2020, 1, 1))
    visits = [
        Event(f"e{number}", "Clicked", at, user_id="c1", session_id=" null ")
        for number, at in enumerate((first, first + timedelta(minutes=31)))
    ]
    return [*made, World(events=tuple(visits))]


def _event(draft: Draft, name: str, at: datetime, **columns: Any) -> Event:
    event = Event(
        event_id=draft.new_id("e"),
        event_name=name,
        occurred_at=at,
        received_at=draft.arrival(at),
        **columns,
    )
    return draft.add("events", _hidden(draft, event))


def _hidden(draft: Draft, event: Event) -> Event:
    """The event, sometimes with an id or its value in the properties alone, or with a page."""
    properties = json.loads(event.properties) if event.properties else {}
    if draft.chance(6):
        column = draft.pick(("user_id", "user_id", "session_id", "cart_id", "country"))
        told = getattr(event, column)
        if told is not None:
            number = told.strip().lstrip("'")
            is_number = number.replace(".", "").isdigit() and number not in {"0", "0.0"}
            properties[column] = json.loads(number) if is_number and draft.chance(2) else told
            blank = draft.pick((*NULLS, "guest"))
            event = replace(event, **{column: blank})
    if event.value is not None and draft.chance(4):
        properties |= {"value": draft.pick(("many", True, None)), "price": float(event.value)}
        event = replace(event, value=None)
    if draft.chance(4):
        event = replace(event, page_url=draft.pick(PAGES), country=draft.pick((None, "IT", " it")))
        properties["quantity"] = draft.pick((0.5, "0.9999", 2, "few", None))
        properties["plan"] = draft.pick(("Plan A", " Plan A", "plan a", 3, "3.0", 2.9999, True))
    return replace(event, properties=json.dumps(properties) if properties else None)


def _who(draft: Draft) -> dict[str, Any]:
    """Ids of an event: a device, a customer, both, or a placeholder beside the other."""
    device = draft.pick(draft.devices)
    customer = draft.pick(draft.customers)
    match draft.pick(("device", "device", "customer", "both", "placeholder")):
        case "device":
            return {"anonymous_id": device, "user_id": draft.pick(NOT_IDS[:3])}
        case "customer":
            return {"user_id": customer, "anonymous_id": draft.pick(NOT_IDS)}
        case "both":
            return {"anonymous_id": device, "user_id": customer}
        case _:
            return {"anonymous_id": device, "user_id": draft.pick(NOT_IDS)}


def _browsing(draft: Draft) -> None:
    """A run of events of one device with gaps on session edges."""
    who = _who(draft)
    at = draft.instant()
    session = draft.pick((None, None, "s1", "s1", "s2", " null "))
    for _ in range(draft.draw(st.integers(1, 5))):
        value = draft.pick((None, Decimal("2.5"), Decimal(100)))
        _event(draft, draft.pick(BROWSING), at, session_id=session, value=value, **who)
        at += draft.pick(SESSION_GAPS)
        if draft.chance(4):
            session = draft.pick((None, "s1", "s3"))


def _identification(draft: Draft) -> None:
    """A device seen anonymous, then known, then perhaps known as somebody else."""
    device = draft.pick(draft.devices)
    at = draft.instant()
    _event(draft, draft.pick(BROWSING), at, anonymous_id=device)
    for customer in draft.draw(st.lists(st.sampled_from(draft.customers), min_size=1, max_size=3)):
        at = draft.near(at)
        _event(draft, draft.pick(BROWSING), at, anonymous_id=device, user_id=customer)
        if draft.chance(2):
            other = draft.pick(draft.customers)
            _event(draft, draft.pick(BROWSING), at, anonymous_id=device, user_id=other)
        if draft.chance(2):
            _event(draft, draft.pick(BROWSING), at, anonymous_id=device)
    if draft.chance(2):
        _event(draft, draft.pick(BROWSING), draft.near(at), anonymous_id=device)


def _namesakes(draft: Draft) -> None:
    """A device that bears the id of a customer: their sessions are not one."""
    at = draft.instant()
    _event(draft, draft.pick(BROWSING), at, anonymous_id="c1", session_id=None)
    _event(draft, draft.pick(BROWSING), at + timedelta(minutes=5), user_id="c1")


def _milestones(draft: Draft) -> None:
    for _ in range(draft.draw(st.integers(1, 3))):
        value = draft.pick((None, Decimal(-3), Decimal(10), Decimal("0.3333")))
        _event(draft, draft.pick(MILESTONES), draft.instant(), value=value, **_who(draft))


def _surveys(draft: Draft) -> None:
    """Scores on both sides of a bound, some at one instant, some without a number."""
    at = draft.instant()
    who = draft.pick((_who(draft), {"user_id": "c1"}))
    for _ in range(draft.draw(st.integers(1, 4))):
        if draft.chance(3):
            rating = draft.pick((3, 4, 4.5, "4", "many", None))
            properties = json.dumps({"rating": rating} if rating is not None else {"other": 1})
            _event(draft, "Product Reviewed", at, properties=properties, **who)
        else:
            name = draft.pick(("NPS Answered", "NPS Answered", "Review Posted"))
            value = draft.pick((None, *map(Decimal, ("3.9999", "4", "8", "8.9999", "9", "10"))))
            # A score is no money, so a currency beside it converts nothing.
            currency = draft.pick((None, None, "USD", "JPY"))
            _event(draft, name, at, value=value, currency=currency, **who)
        at = draft.pick((at, at, draft.near(at), draft.instant()))


def _milestone_of_oneself(draft: Draft) -> None:
    """A referral of oneself, of somebody merged into oneself, or of another."""
    referred = draft.pick((*draft.customers, "c9", "null", None, 5))
    properties = json.dumps({"referred_customer_id": referred})
    who = {"user_id": draft.pick(draft.customers)}
    _event(draft, "Referral Converted", draft.instant(), properties=properties, **who)


def subscription(draft: Draft) -> None:
    """A plan whose events fall on the edges of terms, slack, grace and ends."""
    who = draft.pick((_who(draft), {"user_id": draft.pick(draft.customers)}, {"user_id": "c1"}))
    at = draft.instant(draft.pick((draft.days[0], *draft.days)))
    currency = draft.pick((None, *CURRENCIES))
    subscription_id = draft.pick((None, None, "s1", "s1", "s2", 7, 7.0, "none"))
    slack, grace = draft.settings.renewal_slack_days, draft.settings.subscription_grace_days
    name = draft.pick(("Subscription Started", "Subscription Started", *SUBSCRIBING))
    for _ in range(draft.draw(st.integers(1, 5))):
        interval = draft.pick(INTERVALS)
        told: dict[str, Any] = {"subscription_id": subscription_id, "interval_months": interval}
        if draft.chance(4):
            told["paid_until"] = _stated(draft, at)
        if "Cancel" in name and draft.chance(2):
            told["ends_on"] = _stated(draft, at)
        told = {key: value for key, value in told.items() if value is not None}
        value = draft.pick((None, Decimal("9.99"), Decimal("9.99"), Decimal("19.9950"), Decimal(0)))
        properties = json.dumps(told) if told else None
        _event(draft, name, at, value=value, currency=currency, properties=properties, **who)
        months = interval if type(interval) is int and 1 <= interval <= 12 else draft.pick((1, 12))
        term = draft.pick((0, 1, 30 * months, 31 * months, 365))
        edge = draft.pick((0, 0, slack, grace, grace, slack + grace)) + draft.pick((-1, 0, 1))
        at += timedelta(days=max(term + edge, 0), seconds=draft.pick((0, 1)))
        name = draft.pick(SUBSCRIBING)


def _stated(draft: Draft, at: datetime) -> Any:
    """A day around an instant as properties state it, usable or not."""
    then = at + timedelta(days=draft.pick((-1, 0, 1, 30, 31, 90, 365)))
    stated = then.date().isoformat()
    return draft.pick(
        (
            *(stated, stated, stated, f"{stated}T23:30:00Z", f"{stated} 00:15"),
            *(f"{stated}T00:30:00.5+02:00", f"{stated}T22:00-05:30", f"{stated}T24:00"),
            *(then.strftime("%d.%m.%Y"), "2020-02-30", 20200101, None),
        )
    )


def _order(draft: Draft, at: datetime, who: dict[str, Any]) -> Order:
    price = draft.pick(PRICES)
    order = Order(
        order_id=draft.new_id("o"),
        created_at=at,
        total_price=price,
        status=draft.pick(("paid", "fulfilled", "delivered", "refunded", "partially_refunded")),
        currency=draft.pick(CURRENCIES),
        total_tax=draft.pick((None, Decimal(0), Decimal("0.0001"), price / 4)),
        total_shipping=draft.pick((None, None, Decimal(0), Decimal("4.9000"))),
        shipping_tax=draft.pick((None, None, Decimal(0), Decimal("0.7824"))),
        taxes_included=draft.pick((None, False, True)),
        **who,
    )
    order = replace(order, total_tax=_money(order.total_tax))
    if draft.chance(3):
        order = replace(order, delivered_at=draft.near(at))
    if draft.chance(5):
        late = draft.pick((timedelta(0), timedelta(minutes=1), timedelta(days=100)))
        order = replace(order, cancelled_at=draft.near(at) + late)
        order = replace(order, status=draft.pick(("cancelled", "paid")))
    if draft.chance(6):
        order = replace(
            order,
            **draft.pick(
                (
                    {"is_test": True},
                    {"is_deleted": True},
                    {"status": "failed"},
                    {"status": "pending"},
                    {"status": "pending"},
                    {"status": "cancelled"},
                    {"total_price": Decimal(0)},
                    {"is_test": False, "is_deleted": False},
                )
            ),
        )
    stamps = (order.created_at, order.cancelled_at, order.delivered_at)
    known = max(stamp for stamp in stamps if stamp is not None)
    order = replace(order, received_at=draft.arrival(known))
    if draft.chance(6):
        draft.add("products", Product(draft.new_id("p"), "a thing"))
        line = OrderLine(order.order_id, 1, "p1", Decimal(1), order.total_price)
        draft.add("order_lines", line)
    draft.add("orders", order)
    _refunds(draft, order)
    return order


def _refunds(draft: Draft, order: Order) -> None:
    """None, a part, exact halves, all at once, too much, or one before its order."""
    total = order.total_price
    third = _money(total / 3) or total
    amounts = draft.pick(
        (
            *((), (), (), (), (third,), (third, third)),
            *((third, third, total - 2 * third), (total,), (total + 1,), (total, third)),
        )
    )
    at = order.created_at
    if amounts and draft.chance(8):
        at -= timedelta(days=1)
    for amount in amounts:
        if amount <= 0:
            continue
        at = draft.near(at)
        refund = Refund(draft.new_id("r"), order.order_id, at, amount, draft.arrival(at))
        draft.add("refunds", refund)


def _shopping(draft: Draft) -> None:
    """Orders of one person whose gaps sit on window and health edges."""
    who = _buyer(draft)
    day = draft.pick((draft.days[0], *draft.days))
    for _ in range(draft.draw(st.integers(1, 6))):
        if day > draft.as_of + timedelta(days=60):
            break
        _order(draft, draft.instant(day), who)
        gaps = LONG_GAPS if draft.chance(3) else EDGE_GAPS
        day += timedelta(days=draft.pick(gaps))


def _comeback(draft: Draft) -> None:
    """Silence long enough to lapse, then orders of one day that may be voided one by one."""
    who = {"customer_id": draft.pick(draft.customers)}
    at = draft.instant(draft.days[0])
    _order(draft, at, who)
    day = draft.days[0] + timedelta(days=draft.pick((100, 263, 264, 265, 300, 366, 400)))
    if day > draft.as_of:
        return
    for _ in range(draft.draw(st.integers(1, 3))):
        order = _order(draft, draft.instant(day), who)
        if draft.chance(2):
            days = timedelta(days=draft.pick((0, 1, 5, 30, 31, 60)))
            cancelled = replace(order, cancelled_at=order.created_at + days, received_at=None)
            draft.rows["orders"][draft.rows["orders"].index(order)] = cancelled


def _exact_money(draft: Draft) -> None:
    """An order or a renewal whose value says which rate it took and how it was rounded."""
    currency = draft.pick(("EUR", "USD", "USD", "GBP"))
    changes = [rate.date for rate in draft.settings.rates if rate.currency == currency]
    day = draft.pick((*draft.days, *(date for date in changes if date >= draft.days[0])))
    at = draft.instant(day - timedelta(days=draft.pick((0, 0, 1))))
    if draft.chance(3):
        price, name = Decimal("9.99"), "Subscription Renewed"
        _event(draft, name, at, value=price, currency=currency, user_id="c1")
        return
    price = draft.pick((Decimal(100), Decimal(100), Decimal(250), Decimal("20000.0005")))
    row = Order(draft.new_id("o"), at, price, customer_id="c1", currency=currency)
    draft.add("orders", row)
    if draft.chance(2):
        draft.add("refunds", Refund(draft.new_id("r"), row.order_id, at, Decimal("33.3333")))


def _buyer(draft: Draft) -> dict[str, Any]:
    customer = draft.pick(draft.customers)
    match draft.pick(("customer", "customer", "customer", "device", "nobody", "placeholder")):
        case "customer":
            return {"customer_id": customer}
        case "device":
            return {"anonymous_id": draft.pick(draft.devices)}
        case "placeholder":
            return {"customer_id": draft.pick(NOT_IDS), "anonymous_id": draft.pick(draft.devices)}
        case _:
            return {"customer_id": draft.pick(NOT_IDS), "anonymous_id": draft.pick(NOT_IDS)}


def _new_version(draft: Draft) -> None:
    """Another, different version of an order, that says when it was made or does not."""
    orders = draft.rows.get("orders", [])
    if not orders:
        return
    old = draft.pick(orders)
    if sum(order.order_id == old.order_id for order in orders) > 1:
        return
    changed = replace(old, total_price=draft.pick(PRICES), status=draft.pick(("paid", "failed")))
    stamps = (old.created_at, old.cancelled_at, old.delivered_at)
    latest = max(stamp for stamp in stamps if stamp is not None)
    match draft.pick(("timed", "timed", "file", "again", "stamp")):
        case "timed":
            stamp = old.updated_at or old.received_at or old.created_at
            changed = replace(
                changed,
                updated_at=stamp + timedelta(days=draft.pick((1, 3, 30))),
                received_at=draft.arrival(stamp + timedelta(days=60)),
            )
        case "file":
            changed = replace(changed, received_at=None, delivery=draft.pick((2, 10)))
        case "again":
            changed = replace(changed, received_at=None, delivery=2)
            draft.add("orders", replace(old, delivery=10))
        case _:
            changed = replace(
                changed, received_at=None, delivered_at=latest + timedelta(days=1), delivery=1
            )
            draft.rows["orders"][draft.rows["orders"].index(old)] = replace(old, delivery=2)
    draft.add("orders", changed)


def _customers(draft: Draft) -> None:
    for customer in sorted(set(draft.customers)):
        if draft.chance(3):
            continue
        known = {canonical_id(row.customer_id) for row in draft.rows.get("customers", [])}
        if canonical_id(customer) in known:
            continue
        at = draft.instant()
        timed = draft.chance(2)
        for version in range(draft.pick((1, 1, 1, 2))):
            row = Customer(
                customer_id=customer,
                created_at=at,
                updated_at=at + timedelta(days=version) if timed else None,
                delivery=1 if timed else 1 + 9 * version,
                account_id=draft.pick(("a1", "a1", "a2", None, " null ")),
                is_deleted=draft.pick((None, None, False, True)),
            )
            draft.add("customers", row)
    if draft.chance(6):
        draft.add("customers", Customer(draft.pick(NOT_IDS[2:]), draft.instant()))


def _company(draft: Draft) -> None:
    """Business of a customer who belongs to an account."""
    if not any(row.customer_id == "c1" for row in draft.rows.get("customers", [])):
        draft.add("customers", Customer("c1", draft.instant(), account_id="a1"))
    names = ("Quote Requested", "Contract Signed", "Trial Started", "Onboarding Completed")
    for _ in range(draft.draw(st.integers(1, 3))):
        _event(draft, draft.pick(names), draft.instant(), user_id="c1")


def _merges(draft: Draft) -> None:
    """A chain, a branch or a cycle among the customers and one more nobody else names."""
    people = [*draft.customers, "c9"]
    taken = {row.from_customer_id for row in draft.rows.get("customer_merges", [])}
    at = draft.instant()
    for _ in range(draft.draw(st.integers(1, 4))):
        source, target = draft.pick(people), draft.pick(people)
        if canonical_id(source) != source:
            continue
        if source not in taken:
            taken.add(source)
            draft.add("customer_merges", CustomerMerge(source, target, at))
        elif draft.chance(3):
            again = max(
                row.merged_at
                for row in draft.rows["customer_merges"]
                if row.from_customer_id == source
            )
            draft.add(
                "customer_merges",
                CustomerMerge(source, target, again + timedelta(days=draft.pick((1, 30, 90)))),
            )
        at = draft.pick((at, at, draft.instant()))


def _merge_cycle(draft: Draft) -> None:
    """Two or three customers merged in a ring, perhaps all at one instant."""
    taken = {row.from_customer_id for row in draft.rows.get("customer_merges", [])}
    ring = draft.pick((("c1", "c2"), ("c1", "c2", "c3"), ("c2", "c1", "c9"), ("c1",)))
    if taken & set(ring):
        return
    at = draft.instant()
    for position, source in enumerate(ring):
        target = ring[(position + 1) % len(ring)]
        draft.add("customer_merges", CustomerMerge(source, target, at))
        at = draft.pick((at, at, draft.instant()))


def _conflicts(draft: Draft) -> None:
    """An event or refund again under its id: the same, or different and received later."""
    events, refunds = draft.rows.get("events", []), draft.rows.get("refunds", [])
    if refunds and draft.chance(3):
        old = draft.pick(refunds)
        _again(draft, "refunds", old, amount=old.amount + 1, key="refund_id")
    elif events:
        old = draft.pick([event for event in events if event.received_at] or events)
        name = draft.pick(("Newsletter Subscribed", "Product Added", "Clicked", *BROWSING))
        changes = draft.pick(({}, {}, {"user_id": draft.pick(draft.customers)}))
        _again(draft, "events", old, event_name=name, key="event_id", **changes)


def _again(draft: Draft, table: str, old: Any, key: str, **changes: Any) -> None:
    copies = [row for row in draft.rows[table] if getattr(row, key) == getattr(old, key)]
    if draft.chance(3):
        draft.add(table, old)
    elif len(set(copies)) == 1 and old.received_at is not None:
        late = draft.pick((timedelta(seconds=-1), timedelta(seconds=1), timedelta(days=30)))
        draft.add(table, replace(old, received_at=old.received_at + late, **changes))


def _future(draft: Draft) -> None:
    """Events on both sides of 24 h after their receipt; the later one is filtered."""
    at = draft.instant()
    early = draft.pick((timedelta(hours=24), timedelta(hours=24, seconds=1)))
    event = Event(draft.new_id("e"), "Product Viewed", at, at - early, **_who(draft))
    draft.add("events", event)
    if draft.chance(3):
        order = Order(draft.new_id("o"), at, Decimal(70), customer_id=draft.pick(draft.customers))
        draft.add("orders", replace(order, received_at=at - early))


def _nobody(draft: Draft) -> None:
    """An event with neither id, and a refund of an order nobody knows."""
    _event(draft, "Product Viewed", draft.instant(), anonymous_id=" none ", user_id="0")
    orphan = Refund(draft.new_id("r"), "unknown", draft.instant(), Decimal(5))
    draft.add("refunds", orphan)


SCENES = (
    *(_shopping, _shopping, _browsing, _browsing, _identification, _identification),
    *(subscription, subscription, subscription, _milestone_of_oneself),
    *(
        _exact_money,
        _exact_money,
        _comeback,
        _comeback,
        _milestones,
        _milestones,
        _surveys,
        _surveys,
    ),
    *(_customers, _customers, _company, _merges, _merges, _merge_cycle),
    *(_new_version, _conflicts, _future, _nobody, _namesakes),
)


def _money(value: Decimal | None) -> Decimal | None:
    return None if value is None else value.quantize(Decimal("0.0001"))
