"""The mart ``subscriptions``: each subscription looked at day by day.

Belongs here: amount and state of a day, the intervals they make and how these end. Does not belong
here: what is in force (``tests.reference.contracts``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby

from tests.reference.contracts import Subscription
from tests.reference.kpis.shop import Shop

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Interval:
    """One row of ``subscriptions``."""

    subject_id: str
    subscription_id: str
    valid_from: date
    valid_to: date | None
    monthly_amount: Decimal | None
    state: str
    end_reason: str | None
    paid_through_on: date


def subscriptions(shop: Shop) -> Iterator[Interval]:
    """Every interval in which something of a subscription was in force."""
    for subject in shop.subjects.values():
        for plan in subject.subscriptions:
            yield from _intervals(shop, plan)


def _intervals(shop: Shop, plan: Subscription) -> Iterator[Interval]:
    first = plan.told[0].day
    days = [first + n * DAY for n in range((shop.as_of - first).days + 1)]
    for (state, amount), run in groupby(
        days, key=lambda day: (plan.health(day), amount_on(shop, plan, day))
    ):
        if state in {"active", "at_risk"}:
            spell = list(run)
            last = spell[-1]
            until = max(period.until for period in plan.in_force(last))
            yield Interval(
                subject_id=plan.person,
                subscription_id=plan.subscription_id or "",
                valid_from=spell[0],
                valid_to=last + DAY if last < shop.as_of else None,
                monthly_amount=amount,
                state=str(state),
                end_reason=_end_reason(shop, plan, last + DAY) if last < shop.as_of else None,
                paid_through_on=until - DAY,
            )


def amount_on(shop: Shop, plan: Subscription, day: date) -> Decimal | None:
    """The amount last stated, None without a rate, 0 if none is or nothing is in force."""
    stated = [told for told in plan.told if told.day <= day and told.amount is not None]
    if not plan.in_force(day) or not stated:
        return Decimal(0)
    amount, currency = stated[-1].amount, stated[-1].currency or shop.settings.currency
    if amount is None or amount <= 0:
        return Decimal(0)
    return shop.converted(amount, currency, plan.told[0].day)


def _end_reason(shop: Shop, plan: Subscription, day: date) -> str | None:
    if plan.health(day) != "lapsed":
        return None
    grace = timedelta(days=shop.settings.subscription_grace_days)
    last = [told for told in plan.told if told.day <= day][-1]
    is_cut = any(
        period.ends == day and period.ends < period.until + grace for period in plan.periods
    )
    if is_cut or last.is_cancel:
        return "cancelled"
    return "payment_failed" if last.is_setback else "expired"
