"""KPIs of invitations, affiliates, reviews, shares and points.

Belongs here: what customers do for the shop and get from it. Does not belong here: surveys
(``contact``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction

from tests.reference.kpis.periods import Period
from tests.reference.kpis.rows import Booked, Said, follows
from tests.reference.kpis.shop import Shop
from tests.reference.kpis.units import Measure, Unit, dated, ratio, summed
from tests.reference.staging import money

CONVERSION_DAYS = 30


def measures(shop: Shop) -> Iterator[Measure]:
    """Every KPI of the topic."""
    yield dated("referral_rate", list(_referred(shop)), ratio)
    yield from _invitations(shop)
    yield dated("affiliate_revenue", list(_affiliate_revenue(shop)), summed)
    yield dated("affiliate_commission", list(_commissions(shop)), summed)
    scored = [said for said in shop.said("review") if _score(said) is not None]
    yield dated(
        "review_average",
        [Unit(said.day, _score(said) or 0, 1, said.person) for said in scored],
        ratio,
    )
    yield dated("review_count", [Unit(said.day, person=said.person) for said in scored], summed)
    shares = [Unit(said.day, person=said.person) for said in shop.said("product_share")]
    yield dated("shares_count", shares, summed)
    redeemed = [
        Unit(said.day, said.value, 0, said.person, sample=0)
        for said in shop.said("points_redeemed")
        if said.value is not None
    ]
    earned = [
        Unit(said.day, 0, said.value, said.person, sample=1)
        for said in shop.said("points_earned")
        if said.value is not None
    ]
    yield dated("points_redeemed_to_earned", [*redeemed, *earned], ratio)
    yield _balance(shop, [*earned, *redeemed])


def _balance(shop: Shop, points: Sequence[Unit]) -> Measure:
    def units(period: Period) -> Iterator[Unit]:
        last = period.last_day(shop.as_of)
        balance: dict[str | None, Fraction] = {}
        for unit in points:
            if unit.day <= last:
                kept = Fraction(unit.denominator) - Fraction(unit.numerator)
                balance[unit.person] = balance.get(unit.person, Fraction(0)) + kept
        for person, left in balance.items():
            yield Unit(last, left, person=person)

    return Measure("loyalty_points_balance", units, summed)


def _score(said: Said) -> Decimal | None:
    return said.value if said.value is not None and 1 <= said.value <= 5 else None


def _referred(shop: Shop) -> Iterator[Unit]:
    named = {
        f"customer:{shop.identity.final_customer(customer)}"
        for said in shop.said("referral_converted")
        if (customer := said.id("referred_customer_id"))
    }
    for person, orders in shop.booked_of.items():
        has_code = bool((orders[0].order.referral_code or "").strip())
        yield Unit(orders[0].day, int(has_code or person in named), 1, person)


def _invitations(shop: Shop) -> Iterator[Measure]:
    sent: dict[str, Said] = {}
    for said in shop.said("referral_sent"):
        referral_id = said.id("referral_id")
        if referral_id is not None:
            sent.setdefault(referral_id, said)

    def converts(referral_id: str, invitation: Said) -> bool:
        return any(
            said.id("referral_id") == referral_id and follows(invitation, said, CONVERSION_DAYS)
            for said in shop.said("referral_converted")
        )

    units = [
        Unit(said.day, int(converts(referral_id, said)), 1, said.person)
        for referral_id, said in sent.items()
    ]
    yield dated("invite_conversion_rate", units, ratio)

    def viral(period: Period) -> Iterator[Unit]:
        for unit in units:
            if period.holds(unit.day):
                yield Unit(unit.day, unit.numerator, 0, unit.person)
        last = period.last_day(shop.as_of)
        for person in shop.customers:
            if shop.is_active(person, last):
                # The stock is never immature: only invitations may still convert.
                yield Unit(last, 0, 1, person, mature_on=last)

    yield Measure("viral_coefficient", viral, ratio)


def _affiliate_revenue(shop: Shop) -> Iterator[Unit]:
    for booked in _by_affiliates(shop):
        yield _unit(booked, booked.gross)
        for given in booked.refunds:
            yield Unit(
                given.day,
                -(given.value or Decimal(0)),
                person=booked.person,
                channel=booked.channel,
                sample=0,
                is_missing_rate=booked.is_missing_rate,
            )


def _commissions(shop: Shop) -> Iterator[Unit]:
    for booked in _by_affiliates(shop):
        order = booked.order
        if order.affiliate_commission is None:
            continue
        value = shop.converted(order.affiliate_commission, order.currency, booked.day)
        commission = value or Decimal(0)
        yield _unit(booked, commission)
        for given in booked.refunds:
            share = Fraction(given.amount) / Fraction(order.total_price)
            yield Unit(
                given.day,
                -money(Fraction(commission) * share),
                person=booked.person,
                channel=booked.channel,
                sample=0,
                is_missing_rate=booked.is_missing_rate,
            )


def _by_affiliates(shop: Shop) -> list[Booked]:
    return [booked for booked in shop.booked if (booked.order.affiliate_id or "").strip()]


def _unit(booked: Booked, numerator: Decimal) -> Unit:
    return Unit(
        booked.day,
        numerator,
        person=booked.person,
        channel=booked.channel,
        is_missing_rate=booked.is_missing_rate,
    )
