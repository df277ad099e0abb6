"""The mart ``customers``.

Belongs here: who is one, and every column told anew from the settled shop. Does not belong here:
subscriptions, scores and orders (``subscriptions``, ``rfm``, ``orders``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from tests.reference.activation.shop import lot
from tests.reference.customers import subscriptions
from tests.reference.customers.orders import line_amounts, product_cost
from tests.reference.customers.rfm import Scored, rfm_segments
from tests.reference.kpis.catalogue import UNKNOWN
from tests.reference.kpis.rows import Booked, Said
from tests.reference.kpis.shop import Shop
from tests.reference.stages.history import Interval, subject_history
from tests.reference.stages.outlook import outlook
from tests.reference.staging import money
from tests.reference.texts import rounded

CONTROL_SHARE = 0.05


@dataclass(frozen=True)
class CustomerRow:
    """One row of ``customers`` but for the predicted value, which ``customer_value`` tells."""

    subject_id: str
    subject_type: str
    first_seen_on: date
    first_order_on: date | None
    last_order_on: date | None
    orders: int
    net_revenue: Decimal | None
    acquisition_channel: str
    first_touch_campaign: str | None
    country: str | None
    account_id: str | None
    is_identified: bool
    stage: str
    stage_since: date
    health: str
    health_since: date
    next_change_on: date | None
    at_risk_on: date | None
    lapsed_on: date | None
    usual_gap_days: int | None
    expected_next_order_on: date | None
    days_overdue: int | None
    renews_on: date | None
    first_order_id: str | None
    last_order_id: str | None
    order_days: int
    days_since_first_order: int | None
    days_since_last_order: int | None
    units: Decimal | None
    margin: Decimal | None
    average_order_value: Decimal | None
    refund_rate: Decimal | None
    coupon_order_share: Decimal | None
    net_revenue_365d: Decimal | None
    net_revenue_rank_share: Decimal | None
    first_category: str | None
    first_product_id: str | None
    favourite_category: str | None
    first_touch_channel: str | None
    device_type: str | None
    last_visit_on: date | None
    visits_30d: int
    open_tickets: int
    tickets_365d: int
    last_nps: int | None
    last_nps_on: date | None
    last_csat: int | None
    loyalty_points: Decimal | None
    referrals: int
    monthly_amount: Decimal | None
    marketing_consent: bool | None
    is_global_control: bool
    rfm_segment: str | None
    recency_score: int | None
    frequency_score: int | None
    monetary_score: int | None


def customers_of(shop: Shop) -> list[str]:
    """Persons with a customer id, and visitors with a booked order that is no guest's."""
    return [
        person
        for person in shop.customers
        if person.startswith("customer:") or person in shop.booked_of
    ]


def customers(shop: Shop, seeds_dir: Path) -> Iterator[CustomerRow]:
    """Every customer."""
    everybody = _Everybody(shop, seeds_dir)
    for person in customers_of(shop):
        yield everybody.row(person)


class _Everybody:
    """What is looked up of one customer after the other."""

    def __init__(self, shop: Shop, seeds_dir: Path) -> None:
        self.shop = shop
        self.year_after = shop.as_of - timedelta(days=365)
        self.scores: dict[str, Scored] = {
            row.subject_id: row
            for row in rfm_segments(shop, seeds_dir)
            if row.as_of_date == shop.as_of
        }
        self.plans: dict[str, list[subscriptions.Interval]] = {}
        for interval in subscriptions.subscriptions(shop):
            self.plans.setdefault(interval.subject_id, []).append(interval)
        self.tickets = _first_with(shop.said("support_contact"), "ticket_id")
        self.solved = [(said.id("ticket_id"), said.at) for said in shop.said("support_resolution")]
        known = {event.user_id for event in shop.staged.events}
        known |= {order.customer_id for order in shop.staged.orders}
        known |= {customer.customer_id for customer in shop.staged.customers}
        final = {shop.identity.final_customer(customer) for customer in known if customer}
        self.referred = {
            (said.person, f"customer:{referred}")
            for said in shop.said("referral_converted")
            if (stated := said.id("referred_customer_id"))
            and (referred := shop.identity.final_customer(stated)) in final
            and said.person != f"customer:{referred}"
        }
        buyers = [
            person
            for person in customers_of(shop)
            if any(order.day > self.year_after for order in shop.booked_of.get(person, []))
        ]
        buyers.sort(key=lambda person: (-(self.revenue_in_year(person) or Decimal(0)), person))
        buyers.sort(key=lambda person: self.revenue_in_year(person) is None)
        self.ranks = {
            person: rounded(Fraction(place, len(buyers)), 10)
            for place, person in enumerate(buyers, 1)
        }

    def revenue_in_year(self, person: str) -> Decimal | None:
        orders = self.shop.booked_of.get(person, [])
        if any(
            order.is_missing_rate
            for order in orders
            if order.day > self.year_after
            or any(given.day > self.year_after for given in order.refunds)
        ):
            return None
        return _sum(order.gross for order in orders if order.day > self.year_after) - _sum(
            given.value
            for order in orders
            for given in order.refunds
            if given.day > self.year_after
        )

    def row(self, person: str) -> CustomerRow:
        shop, today = self.shop, self.shop.as_of
        orders = shop.booked_of.get(person, [])
        visits = shop.visits_of.get(person, [])
        subject = shop.subjects[person]
        history = subject_history(
            subject,
            [shop.rulebook.default_framework],
            shop.settings,
            shop.rulebook,
            every_day=False,
        )
        comes = outlook(subject, shop.rulebook.default_framework.name, shop.settings, shop.rulebook)
        scored = self.scores.get(person)
        days = sorted({order.day for order in orders})
        is_known = not any(order.is_missing_rate for order in orders)
        net = _sum(order.gross - order.refunded for order in orders) if is_known else None
        gross = _sum(order.gross for order in orders) if orders and is_known else None
        costs = [product_cost(shop, order) for order in orders]
        lines = [line for order in orders for line in order.lines]
        first_lines = sorted(orders[0].lines, key=lambda line: line.line_number) if orders else []
        first_product = first_lines[0].product_id if first_lines else None
        tickets = [said for said in self.tickets.values() if said.person == person]
        nps, csat = self.answer(person, "nps", 0, 10), self.answer(person, "csat", 1, 5)
        channel = visits[0].channel if visits else None
        record = shop.records.get(person)
        return CustomerRow(
            subject_id=person,
            subject_type="person",
            first_seen_on=subject.first_seen_on,
            first_order_on=days[0] if days else None,
            last_order_on=days[-1] if days else None,
            orders=len(orders),
            net_revenue=net,
            acquisition_channel=shop.acquisition_channel(person),
            first_touch_campaign=visits[0].events[0].utm_campaign if visits else None,
            country=_known(shop.country(person)),
            account_id=_known(shop.account(person)),
            is_identified=person.startswith("customer:"),
            stage=history[-1].stage,
            stage_since=[row for row in history if row.movement != "health_only"][-1].valid_from,
            health=history[-1].health,
            health_since=_health_since(history),
            next_change_on=history[-1].next_change_on,
            at_risk_on=comes.at_risk_on,
            lapsed_on=comes.lapsed_on,
            usual_gap_days=comes.usual_gap_days,
            expected_next_order_on=comes.expected_next_order_on,
            days_overdue=comes.days_overdue,
            renews_on=comes.renews_on,
            first_order_id=orders[0].order.order_id if orders else None,
            last_order_id=orders[-1].order.order_id if orders else None,
            order_days=len(days),
            days_since_first_order=(today - days[0]).days if days else None,
            days_since_last_order=(today - days[-1]).days if days else None,
            units=_sum(line.quantity for line in lines) if lines else None,
            margin=(
                money(Fraction(net) - sum(cost or Fraction(0) for cost in costs))
                if costs and net is not None and all(cost is not None for cost in costs)
                else None
            ),
            average_order_value=(None if gross is None else money(Fraction(gross) / len(orders))),
            refund_rate=_share(bool(order.refunds) for order in orders),
            coupon_order_share=_share(
                bool((order.order.coupon_code or "").strip()) for order in orders
            ),
            net_revenue_365d=self.revenue_in_year(person),
            net_revenue_rank_share=self.ranks.get(person),
            first_category=self.category(first_product),
            first_product_id=first_product,
            favourite_category=self.favourite(orders),
            first_touch_channel=channel,
            device_type=next(
                (
                    visit.events[0].device_type
                    for visit in reversed(visits)
                    if visit.events[0].device_type
                ),
                None,
            ),
            last_visit_on=visits[-1].day if visits else None,
            visits_30d=sum(visit.day > today - timedelta(days=30) for visit in visits),
            open_tickets=sum(not self.is_solved(said) for said in tickets),
            tickets_365d=sum(said.day > self.year_after for said in tickets),
            last_nps=None if nps is None or nps.value is None else int(nps.value),
            last_nps_on=None if nps is None else nps.day,
            last_csat=None if csat is None or csat.value is None else int(csat.value),
            loyalty_points=self.points(person),
            referrals=len({pair for pair in self.referred if pair[0] == person}),
            monthly_amount=self.monthly_amount(person),
            marketing_consent=record.marketing_consent if record else None,
            is_global_control=lot(f"play:{person}") < CONTROL_SHARE,
            rfm_segment=scored.segment if scored else None,
            recency_score=scored.recency_score if scored else None,
            frequency_score=scored.frequency_score if scored else None,
            monetary_score=scored.monetary_score if scored else None,
        )

    def category(self, product_id: str | None) -> str | None:
        product = self.shop.products.get(product_id or "")
        return product.category if product else None

    def favourite(self, orders: Iterable[Booked]) -> str | None:
        totals: dict[str, Decimal | None] = {}
        for order in orders:
            for line, amount in line_amounts(order):
                category = self.category(line.product_id)
                if category is not None:
                    so_far = totals.setdefault(category, None)
                    if amount is not None:
                        totals[category] = (so_far or Decimal(0)) + amount
        ordered = sorted(
            totals.items(), key=lambda pair: (pair[1] is None, -(pair[1] or Decimal(0)), pair[0])
        )
        return ordered[0][0] if ordered else None

    def is_solved(self, ticket: Said) -> bool:
        return any(
            ticket_id == ticket.id("ticket_id") and at >= ticket.at for ticket_id, at in self.solved
        )

    def answer(self, person: str, survey: str, low: int, high: int) -> Said | None:
        found = [
            said
            for said in self.shop.said(survey)
            if said.person == person
            and said.value is not None
            and said.value == int(said.value)
            and low <= said.value <= high
        ]
        return found[-1] if found else None

    def points(self, person: str) -> Decimal | None:
        changes = [
            said.value * sign
            for signal, sign in (("points_earned", 1), ("points_redeemed", -1))
            for said in self.shop.said(signal)
            if said.person == person and said.value is not None
        ]
        return _sum(changes) if changes else None

    def monthly_amount(self, person: str) -> Decimal | None:
        plans = self.plans.get(person)
        if plans is None:
            return None
        amounts = [plan.monthly_amount for plan in plans if plan.valid_to is None]
        return None if None in amounts else _sum(amounts)


def _health_since(history: list[Interval]) -> date:
    since = history[-1]
    for interval in reversed(history):
        if interval.health != since.health:
            break
        since = interval
    return since.valid_from


def _first_with(said: Iterable[Said], name: str) -> dict[str, Said]:
    found: dict[str, Said] = {}
    for one in said:
        key = one.id(name)
        if key is not None:
            found.setdefault(key, one)
    return found


def _sum(amounts: Iterable[Decimal | None]) -> Decimal:
    return sum((amount or Decimal(0) for amount in amounts), Decimal(0))


def _share(truths: Iterable[bool]) -> Decimal | None:
    found = list(truths)
    return rounded(Fraction(sum(found), len(found)), 10) if found else None


def _known(text: str) -> str | None:
    return None if text == UNKNOWN else text
