"""Sessions, what came of them, and what they are given of orders, told from a settled shop.

Belongs here: ``sessions``, ``touchpoints``, ``attributed_orders`` and ``channel_performance``, read
from the YAML beside them and docs/kpi_conventions.md#touches-and-attribution. Does not belong here:
where a session begins (``sessions``), marts told from tables (``marts``).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from urllib.parse import urlsplit

from tests.reference.kpis.periods import Period, period_of
from tests.reference.kpis.rows import Booked, Visit
from tests.reference.kpis.shop import Shop
from tests.reference.kpis.topics.acquisition import touches_of
from tests.reference.kpis.topics.visits import credited_visits, is_engaged
from tests.reference.value.ledger import share

DIRECT = "direct"
HALF_LIFE_DAYS = 7
TEN_DECIMALS = 10**10
FIRST_YEAR = timedelta(days=365)
GRAINS = ("day", "week", "month", "quarter", "year")


@dataclass(frozen=True)
class SessionRow:
    """One row of ``sessions``."""

    session_id: str
    subject_id: str
    started_on: date
    started_at: datetime
    ended_at: datetime
    duration_seconds: int
    channel: str
    campaign: str
    landing_path: str | None
    device_type: str | None
    events: int
    page_views: int
    key_events: int
    is_engaged: bool
    has_checkout: bool
    orders: int


@dataclass(frozen=True)
class TouchRow:
    """One row of ``touchpoints``."""

    session_id: str
    subject_id: str
    touched_on: date
    touched_at: datetime
    channel: str
    campaign: str
    is_direct: bool
    touch_number: int
    journey_number: int
    touch_in_journey: int
    next_order_id: str | None
    days_to_next_order: int | None


@dataclass(frozen=True)
class AttributedRow:
    """One row of ``attributed_orders``."""

    order_id: str
    model: str
    touch_number: int
    touches: int
    subject_id: str
    ordered_at: datetime
    ordered_on: date
    is_first_order: bool
    session_id: str | None
    touched_at: datetime | None
    touched_on: date | None
    days_before_order: int | None
    channel: str
    campaign: str
    share: Fraction
    attributed_value: Decimal | None
    attributed_net_value: Decimal | None


def sessions(shop: Shop) -> Iterator[SessionRow]:
    """Every visit."""
    credited = credited_visits(shop)
    for visit in shop.visits:
        first = visit.events[0]
        yield SessionRow(
            session_id=visit.session_id,
            subject_id=visit.person,
            started_on=visit.day,
            started_at=visit.started_at,
            ended_at=visit.ended_at,
            duration_seconds=(visit.ended_at - visit.started_at) // timedelta(seconds=1),
            channel=visit.channel,
            campaign=first.utm_campaign or "",
            landing_path=landing_path(first.page_url),
            device_type=first.device_type,
            events=len(visit.events),
            page_views=len(shop.of_visit(visit, "page_view")),
            key_events=sum(map(shop.rulebook.is_key_event, visit.events)),
            is_engaged=visit.session_id in credited or is_engaged(shop, visit),
            has_checkout=bool(shop.of_visit(visit, "checkout")),
            orders=credited[visit.session_id],
        )


def landing_path(address: str | None) -> str | None:
    """The path of a page, lower case; None where it may name a person."""
    if address is None:
        return None
    path = urlsplit(address.lower()).path
    return None if "@" in path or "%40" in path else path or "/"


def touchpoints(shop: Shop) -> Iterator[TouchRow]:
    """Every session as a touch on the way to its person's next order."""
    for person, visits in shop.visits_of.items():
        orders = shop.booked_of.get(person, [])
        journeys: Counter[int] = Counter()
        for number, visit in enumerate(visits, start=1):
            # A session that starts in the very instant of an order has led to it.
            before = sum(booked.order.created_at < visit.started_at for booked in orders)
            then = orders[before] if before < len(orders) else None
            journeys[before] += 1
            yield TouchRow(
                session_id=visit.session_id,
                subject_id=person,
                touched_on=visit.day,
                touched_at=visit.started_at,
                channel=visit.channel,
                campaign=visit.events[0].utm_campaign or "",
                is_direct=visit.channel == DIRECT,
                touch_number=number,
                journey_number=before + 1,
                touch_in_journey=journeys[before],
                next_order_id=then.order.order_id if then else None,
                days_to_next_order=(then.day - visit.day).days if then else None,
            )


def attributed_orders(
    shop: Shop, orders: Iterable[Booked] | None = None
) -> Iterator[AttributedRow]:
    """Every booked order, or these, by model and touch with a share."""
    firsts = {orders[0].order.order_id for orders in shop.booked_of.values()}
    for booked in shop.booked if orders is None else orders:
        touches = [] if booked.is_guest else touches_of(shop, booked)
        days = [(booked.day - visit.day).days for visit in touches]
        for model, weights in weights_by_model(touches, days).items():
            shares = _shares(weights) or {0: TEN_DECIMALS}
            net = None if booked.value is None else booked.value - booked.refunded
            values = (_split(booked.value, shares), _split(net, shares))
            for number, part in shares.items():
                visit = touches[number - 1] if number else None
                own = booked.order.utm_campaign
                yield AttributedRow(
                    order_id=booked.order.order_id,
                    model=model,
                    touch_number=number,
                    touches=len(touches),
                    subject_id=booked.person,
                    ordered_at=booked.order.created_at,
                    ordered_on=booked.day,
                    is_first_order=booked.is_guest or booked.order.order_id in firsts,
                    session_id=visit.session_id if visit else None,
                    touched_at=visit.started_at if visit else None,
                    touched_on=visit.day if visit else None,
                    days_before_order=days[number - 1] if visit else None,
                    channel=visit.channel if visit else booked.channel,
                    campaign=(visit.events[0].utm_campaign if visit else own) or "",
                    share=Fraction(part, TEN_DECIMALS),
                    attributed_value=values[0][number],
                    attributed_net_value=values[1][number],
                )


def weights_by_model(touches: Sequence[Visit], days: Sequence[int]) -> dict[str, list[int]]:
    """How much each model makes of each touch, in whole numbers."""
    many = len(touches)
    places = range(many)
    told = [place for place in places if touches[place].channel != DIRECT]
    latest = told[-1] if told else many - 1
    ends = {0, many - 1}
    return {
        "first": [int(place == 0) for place in places],
        "last": [int(place == many - 1) for place in places],
        "last_non_direct": [int(place == latest) for place in places],
        "linear": [1] * many,
        # 40 % each to both ends and 20 % to all between: 2 to 1 for one between.
        "position_based": [
            1 if many <= 2 else 2 * (many - 2) if place in ends else 1 for place in places
        ],
        "time_decay": [round(2 ** (-age / HALF_LIFE_DAYS) * TEN_DECIMALS) for age in days],
    }


def _shares(weights: Sequence[int]) -> dict[int, int]:
    """Shares in ten-billionths by the number of the touch; the latest takes the rest."""
    shares = {
        number: weight * TEN_DECIMALS // sum(weights)
        for number, weight in enumerate(weights, start=1)
        if weight
    }
    if shares:
        shares[max(shares)] += TEN_DECIMALS - sum(shares.values())
    return shares


def _split(amount: Decimal | None, shares: dict[int, int]) -> dict[int, Decimal | None]:
    """The parts of an amount, cut towards 0 after 4 decimals; the latest takes the rest."""
    if amount is None:
        return dict.fromkeys(shares)
    parts: dict[int, Decimal | None] = {}
    left = amount
    for number, part in shares.items():
        units = int(abs(amount).scaleb(4)) * part // TEN_DECIMALS
        cut = Decimal(units).scaleb(-4).copy_sign(amount)
        parts[number], left = cut, left - cut
    last = max(shares)
    parts[last] = (parts[last] or Decimal(0)) + left
    return parts


def channel_performance(shop: Shop) -> Iterator[dict[str, Any]]:
    """What each channel and campaign cost and brought in each period of which anything is known."""
    facts: dict[tuple[Period, str, str], list[tuple[str, Any]]] = defaultdict(list)
    for day, channel, campaign, what, amount in _facts(shop):
        for grain in GRAINS:
            first_month = shop.settings.fiscal_year_start_month
            facts[period_of(grain, day, first_month), channel, campaign or ""].append(
                (what, amount)
            )
    for (period, channel, campaign), told in facts.items():
        amounts: dict[str, list[Any]] = defaultdict(list)
        for what, amount in told:
            amounts[what].append(amount)
        spend, gross = _known(amounts["spend"]), _sum(amounts["order"])
        refunded, touched = _sum(amounts["refund"]), _sum(amounts["last_touch"])
        new = len(amounts["customer"])
        row = {
            "period_grain": period.grain,
            "period_start": period.start,
            "period_end": period.end,
            "channel": channel,
            "campaign": campaign,
            "impressions": _known(amounts["impressions"]),
            "clicks": _known(amounts["clicks"]),
            "spend": spend,
            "sessions": len(amounts["session"]),
            "orders": len(amounts["order"]),
            "new_customers": new,
            "gross_revenue": gross,
            "refunded_amount": refunded,
            "net_revenue": None if gross is None or refunded is None else gross - refunded,
            "last_touch_revenue": touched,
            "customer_acquisition_cost": None if spend is None else share(spend, new),
            "return_on_ad_spend": share(touched, spend)
            if spend and spend > 0 and touched is not None
            else None,
            "is_complete": period.end - timedelta(days=1) <= shop.as_of,
        }
        is_year_old = period.end - timedelta(days=1) + FIRST_YEAR <= shop.as_of
        for model in weights_by_model([], []):
            parts = amounts[model]
            worth = _sum(worth for _, worth in parts)
            row[f"customers_{model}"] = sum((part for part, _ in parts), Fraction(0))
            row[f"value_12_months_{model}"] = (
                None if worth is None or not is_year_old else _rounded(worth)
            )
        yield row


def _facts(shop: Shop) -> Iterator[tuple[date, str, str | None, str, Any]]:
    """What is known of a day, channel and campaign; an amount is None without a rate."""
    for spent in shop.channel_days:
        place = (spent.row.date, spent.channel, spent.row.campaign)
        yield *place, "impressions", spent.row.impressions
        yield *place, "clicks", spent.row.clicks
        yield *place, "spend", "missing" if spent.is_missing_rate else spent.spend
    for visit in shop.visits:
        yield visit.day, visit.channel, visit.events[0].utm_campaign, "session", 1
    firsts = {orders[0].order.order_id: orders for orders in shop.booked_of.values()}
    for booked in shop.booked:
        tags = (booked.channel, booked.order.utm_campaign)
        yield booked.day, *tags, "order", booked.value
        for given in booked.refunds:
            yield given.day, *tags, "refund", given.value
        if booked.order.order_id in firsts:
            yield booked.day, *tags, "customer", 1
        touches = [] if booked.is_guest else touches_of(shop, booked)
        if touches:
            last = touches[-1]
            yield (
                *(booked.day, last.channel, last.events[0].utm_campaign),
                *("last_touch", booked.value),
            )
    for row in attributed_orders(shop, (orders[0] for orders in firsts.values())):
        worth = _first_year(firsts[row.order_id])
        part = None if worth is None else worth * row.share
        yield row.ordered_on, row.channel, row.campaign, row.model, (row.share, part)


def _first_year(orders: Sequence[Booked]) -> Fraction | None:
    """What a customer brought up to 365 days after the first order; None without a rate."""
    last = orders[0].day + FIRST_YEAR
    moves = [(booked.day, booked.value) for booked in orders]
    moves += [
        (given.day, None if booked.value is None else -(given.value or Decimal(0)))
        for booked in orders
        for given in booked.refunds
    ]
    return _sum(amount for day, amount in moves if day <= last)


def _sum(amounts: Any) -> Fraction | None:
    found = list(amounts)
    return None if None in found else sum(map(Fraction, found), Fraction(0))


def _known(amounts: Sequence[Any]) -> Any:
    """The sum of what is stated; None of nothing, or where a rate is missing."""
    stated = [amount for amount in amounts if amount is not None]
    return sum(stated) if stated and "missing" not in stated else None


def _rounded(worth: Fraction) -> Decimal:
    units = int(abs(worth) * 10**4 + Fraction(1, 2))
    return Decimal(units if worth >= 0 else -units).scaleb(-4)
