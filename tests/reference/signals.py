"""The facts of every subject (docs/lifecycle_semantics.md#signals), reactivations excepted.

Belongs here: one ``Fact`` per signal row, of persons and accounts. Does not belong here:
reactivations, which need health (``engine``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from tests.reference import contracts, sessions
from tests.reference.identity import Identity, identify
from tests.reference.rulebook import EventSignal, Rulebook
from tests.reference.staging import Cleaner, Resolved, Staged, money, rate_on
from tests.reference.texts import properties_of
from tests.reference.world import Event, Order, Refund

# Signals that repeat what another one says.
NO_ACTIVITY = {"purchase"}


@dataclass(frozen=True)
class Fact:
    """One dated, typed piece of evidence about one subject."""

    subject_id: str
    signal: str
    signal_date: date
    occurred_at: datetime
    value: Decimal | None
    voided_on: date | None
    source_table: str
    source_id: str

    def stands_on(self, day: date) -> bool:
        """Whether it belongs to F(day)."""
        return self.signal_date <= day and (self.voided_on is None or self.voided_on > day)


def facts_of(staged: Staged, resolved: Resolved, rulebook: Rulebook) -> list[Fact]:
    """Every fact dated on or before ``as_of_date``, of persons and of accounts."""
    identity = identify(staged, resolved)
    facts = [
        *_event_facts(staged, resolved, rulebook, identity),
        *_visit_facts(staged, resolved, rulebook, identity),
        *_order_facts(staged, resolved, identity),
        *_lead_facts(staged, resolved, identity),
    ]
    facts = [fact for fact in facts if fact.signal_date <= resolved.as_of_date]
    facts += [
        replace(fact, signal="any", value=None, voided_on=None)
        for fact in facts
        if fact.signal not in NO_ACTIVITY
    ]
    facts += _subscribed_facts(staged, resolved, rulebook, identity)
    accounts = accounts_of(staged)
    facts += [
        replace(fact, subject_id=accounts[fact.subject_id])
        for fact in facts
        if fact.subject_id in accounts
    ]
    return facts


def accounts_of(staged: Staged) -> dict[str, str]:
    """The account of each person who has one."""
    # A merged customer's facts already bear its final customer, so only that row's account counts.
    return {
        f"customer:{customer.customer_id}": f"account:{customer.account_id}"
        for customer in staged.customers
        if customer.account_id is not None and not customer.is_deleted
    }


def _event_facts(
    staged: Staged, resolved: Resolved, rulebook: Rulebook, identity: Identity
) -> Iterator[Fact]:
    cleaner = Cleaner(rulebook.excluded_ids)
    for event in staged.events:
        feeds = rulebook.signals_of(event)
        person = identity.person_of_event(event) if feeds else ""

        def fact(signal: str, row: EventSignal, event: Event = event, person: str = person) -> Fact:
            return Fact(
                subject_id=person,
                signal=signal,
                signal_date=resolved.date_of(event.occurred_at),
                occurred_at=event.occurred_at,
                value=_event_value(event, row, resolved),
                voided_on=None,
                source_table="events",
                source_id=event.event_id,
            )

        for signal, row in feeds.items():
            if signal != "referral_converted" or not is_self_referral(
                event, person, cleaner, identity
            ):
                yield fact(signal, row)
        bought = feeds.get("subscription_start") or feeds.get("subscription_renewal")
        if bought is not None and contracts.is_paid(contracts.stated_amount(event, feeds)):
            yield fact("purchase", bought)


def is_self_referral(event: Event, person: str, cleaner: Cleaner, identity: Identity) -> bool:
    """Whether an event names its own person as the one referred."""
    referred = cleaner.property_id(properties_of(event.properties), "referred_customer_id")
    return referred is not None and person == f"customer:{identity.final_customer(referred)}"


def _event_value(event: Event, row: EventSignal, resolved: Resolved) -> Decimal | None:
    value = contracts.stated(event, row)
    if value is None or not row.is_money or not event.currency:
        return value
    rate = rate_on(resolved, event.currency, resolved.date_of(event.occurred_at))
    return None if rate is None else money(Fraction(value) * Fraction(rate))


def _subscribed_facts(
    staged: Staged, resolved: Resolved, rulebook: Rulebook, identity: Identity
) -> Iterator[Fact]:
    for subscription in contracts.subscriptions_of(staged, resolved, rulebook, identity):
        for told in subscription.told:
            if told.period is not None:
                yield Fact(
                    subject_id=subscription.person,
                    signal="subscribed",
                    signal_date=told.day,
                    occurred_at=told.at,
                    value=None,
                    voided_on=told.period.ends,
                    source_table="events",
                    source_id=told.event_id,
                )


def _visit_facts(
    staged: Staged, resolved: Resolved, rulebook: Rulebook, identity: Identity
) -> list[Fact]:
    seen = [
        event
        for event in staged.events
        if resolved.date_of(event.occurred_at) <= resolved.as_of_date and rulebook.is_visit(event)
    ]
    return [
        Fact(
            subject_id=identity.person_of_event(first),
            signal="visit",
            signal_date=resolved.date_of(first.occurred_at),
            occurred_at=first.occurred_at,
            value=None,
            voided_on=None,
            source_table="sessions",
            source_id=first.event_id,
        )
        for first in sessions.first_events(seen, resolved.session_timeout_minutes)
    ]


def _order_facts(staged: Staged, resolved: Resolved, identity: Identity) -> list[Fact]:
    facts: list[Fact] = []
    given: dict[str, list[Refund]] = {}
    for refund in staged.refunds:
        given.setdefault(refund.order_id, []).append(refund)
    for order in staged.orders:
        # What is known on as_of_date: an order or refund dated later is not, nor is a later
        # cancellation or delivery of an order known by then.
        if resolved.date_of(order.created_at) > resolved.as_of_date:
            continue
        refunds = [
            refund
            for refund in given.get(order.order_id, ())
            if resolved.date_of(refund.created_at) <= resolved.as_of_date
        ]
        facts += _facts_of_order(order, refunds, resolved, identity.person_of_order(order))
    return facts


def _facts_of_order(
    order: Order, refunds: list[Refund], resolved: Resolved, person: str
) -> list[Fact]:
    ordered_on = resolved.date_of(order.created_at)
    cancelled_on = _known_date(order.cancelled_at, resolved)
    delivered_on = _known_date(order.delivered_at, resolved)
    refunded_on = fully_refunded_on(order, refunds, resolved)
    overdue_on = ordered_on + timedelta(days=resolved.fulfilment_sla_days)
    value = order_value(order, resolved)

    def fact(signal: str, value: Decimal | None, voided_on: date | None) -> Fact:
        return Fact(
            person, signal, ordered_on, order.created_at, value, voided_on, "orders", order.order_id
        )

    facts = [
        fact("order", value, _first(cancelled_on, refunded_on)),
        fact("purchase", value, _first(cancelled_on, refunded_on)),
        fact("revenue", value, cancelled_on),
        fact("open_order", None, _first(delivered_on, cancelled_on, refunded_on, overdue_on)),
    ]
    if order.delivered_at is not None and delivered_on is not None:
        facts.append(
            replace(
                facts[-1],
                signal="delivery",
                signal_date=delivered_on,
                occurred_at=order.delivered_at,
                voided_on=None,
            )
        )
    for refund in refunds:
        returned = refund_value(order, refund, resolved)
        given_back = Fact(
            subject_id=person,
            signal="refund",
            signal_date=resolved.date_of(refund.created_at),
            occurred_at=refund.created_at,
            value=returned,
            voided_on=None,
            source_table="refunds",
            source_id=refund.refund_id,
        )
        lost = None if returned is None else -returned
        facts += [
            given_back,
            replace(given_back, signal="revenue", value=lost, voided_on=cancelled_on),
        ]
    return facts


def order_value(order: Order, resolved: Resolved) -> Decimal | None:
    """Net order value in reporting currency, None when its rate is missing."""
    rate = rate_on(resolved, order.currency, resolved.date_of(order.created_at))
    if rate is None:
        return None
    net = Fraction(order.total_price) - Fraction(order.total_tax or 0) - shipping(order)
    return money(max(net, Fraction(0)) * Fraction(rate))


def shipping(order: Order) -> Fraction:
    """What shipping cost without tax, in the order's currency."""
    charged = Fraction(order.total_shipping or 0)
    if charged == 0:
        return charged
    if order.shipping_tax is not None:
        return charged - Fraction(order.shipping_tax)
    if order.taxes_included:
        return charged * (1 - Fraction(order.total_tax or 0) / Fraction(order.total_price))
    return charged


def refund_value(order: Order, refund: Refund, resolved: Resolved) -> Decimal | None:
    """What a refund gives back, in reporting currency at the order's rate."""
    value = order_value(order, resolved)
    if value is None:
        return None
    return money(Fraction(value) * Fraction(refund.amount) / Fraction(order.total_price))


def fully_refunded_on(order: Order, refunds: list[Refund], resolved: Resolved) -> date | None:
    """The first date on which the refunds so far reach the order's total."""
    for day in sorted({resolved.date_of(refund.created_at) for refund in refunds}):
        so_far = sum(
            refund.amount for refund in refunds if resolved.date_of(refund.created_at) <= day
        )
        if so_far >= order.total_price:
            return day
    return None


def _lead_facts(staged: Staged, resolved: Resolved, identity: Identity) -> list[Fact]:
    return [
        Fact(
            subject_id=f"customer:{identity.final_customer(customer.customer_id)}",
            signal="lead",
            signal_date=resolved.date_of(customer.created_at),
            occurred_at=customer.created_at,
            value=None,
            voided_on=None,
            source_table="customers",
            source_id=customer.customer_id,
        )
        for customer in staged.customers
        if not customer.is_deleted
    ]


def _known_date(instant: datetime | None, resolved: Resolved) -> date | None:
    if instant is None or resolved.date_of(instant) > resolved.as_of_date:
        return None
    return resolved.date_of(instant)


def _first(*days: date | None) -> date | None:
    return min((day for day in days if day is not None), default=None)
