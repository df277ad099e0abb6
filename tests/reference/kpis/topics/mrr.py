"""KPIs of recurring revenue.

Belongs here: what a subscription is worth on a day, and its movements. Does not belong here:
trials (``contact``), what is in force (``contracts``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tests.reference.contracts import Subscription, Told
from tests.reference.kpis.periods import Period
from tests.reference.kpis.shop import Shop
from tests.reference.kpis.units import Measure, Number, Unit, ratio, summed

NOTHING = Decimal(0)


# Running subscriptions whose amounts cannot be converted, with those amounts.
Unconverted = frozenset[tuple[str | None, Decimal]]


@dataclass(frozen=True)
class Ends:
    """A person's recurring revenue at the ends of a period."""

    start: Decimal
    end: Decimal
    had_before: bool
    start_missing: Unconverted
    end_missing: Unconverted

    @property
    def has_unknown_change(self) -> bool:
        """Whether an amount without a rate came, went or changed."""
        return self.start_missing != self.end_missing

    @property
    def new(self) -> Decimal:
        """Risen from zero, never above it before."""
        return self.end if self.start == 0 and not self.had_before else NOTHING

    @property
    def reactivated(self) -> Decimal:
        """Risen from zero, above it before."""
        return self.end if self.start == 0 and self.had_before else NOTHING

    @property
    def expansion(self) -> Decimal:
        """Risen from above zero."""
        return max(self.end - self.start, NOTHING) if self.start > 0 else NOTHING

    @property
    def contraction(self) -> Decimal:
        """Fallen, but not to zero."""
        return max(self.start - self.end, NOTHING) if self.end > 0 else NOTHING

    @property
    def churned(self) -> Decimal:
        """Fallen to zero."""
        return self.start if self.end == 0 else NOTHING


Amount = Callable[[Ends], Number]
Test = Callable[[Ends], bool]


class Recurring:
    """Every person's recurring revenue, day by day."""

    def __init__(self, shop: Shop) -> None:
        """Gather the subscriptions of each person."""
        self.shop = shop
        self.by_person = {
            person: subject.subscriptions
            for person, subject in shop.subjects.items()
            if subject.subscriptions
        }
        self._worth: dict[tuple[str, date], Decimal] = {}
        self._first: dict[str, date | None] = {}

    def worth(self, person: str, day: date) -> Decimal:
        """Recurring revenue of a person at the end of a day, as far as it has rates."""
        key = (person, day)
        if key not in self._worth:
            running = self._running(person, day)
            self._worth[key] = sum((self._converted(*pair) or NOTHING for pair in running), NOTHING)
        return self._worth[key]

    def missing(self, person: str, day: date) -> Unconverted:
        """What is in force at the end of a day and has no rate."""
        return frozenset(
            (plan.subscription_id, told.amount or NOTHING)
            for plan, told in self._running(person, day)
            if self._converted(plan, told) is None
        )

    def _running(self, person: str, day: date) -> Iterator[tuple[Subscription, Told]]:
        """Of each subscription in force above zero: it, and what stated its last amount."""
        for plan in self.by_person[person]:
            stated = [told for told in plan.told if told.day <= day and told.amount is not None]
            if plan.in_force(day) and stated and (stated[-1].amount or NOTHING) > 0:
                yield plan, stated[-1]

    def _converted(self, plan: Subscription, told: Told) -> Decimal | None:
        # Always the rate of the first contract event's day, so that no rate alone moves revenue.
        assert told.amount is not None
        currency = told.currency or self.shop.settings.currency
        return self.shop.converted(told.amount, currency, plan.told[0].day)

    def ends(self, person: str, period: Period) -> Ends:
        """Revenue of a person at the ends of a period."""
        first = self.first_above_zero(person)
        last = period.last_day(self.shop.as_of)
        return Ends(
            start=self.worth(person, period.eve),
            end=self.worth(person, last),
            had_before=first is not None and first <= period.eve,
            start_missing=self.missing(person, period.eve),
            end_missing=self.missing(person, last),
        )

    def first_above_zero(self, person: str) -> date | None:
        """The first day at whose end a person had recurring revenue."""
        if person not in self._first:
            # It can only rise on the day of an event.
            days = {told.day for plan in self.by_person[person] for told in plan.told}
            above = [day for day in days if self.worth(person, day) > 0]
            self._first[person] = min(above, default=None)
        return self._first[person]


def measures(shop: Shop) -> Iterator[Measure]:
    """Every KPI of the topic."""
    recurring = Recurring(shop)

    def lost(ends: Ends) -> Decimal:
        return ends.churned + ends.contraction

    def won(ends: Ends) -> Decimal:
        return ends.new + ends.expansion + ends.reactivated

    def start(ends: Ends) -> Decimal:
        return ends.start

    counts: dict[str, Amount] = {
        "mrr": lambda ends: ends.end,
        "new_mrr": lambda ends: ends.new,
        "expansion_mrr": lambda ends: ends.expansion,
        "contraction_mrr": lambda ends: ends.contraction,
        "churned_mrr": lambda ends: ends.churned,
        "reactivation_mrr": lambda ends: ends.reactivated,
    }
    ratios: dict[str, tuple[Amount, Amount]] = {
        "gross_mrr_churn_rate": (lost, start),
        # Who starts from zero expands by nothing, so all three concern those at the start.
        "net_revenue_retention": (lambda ends: ends.start - lost(ends) + ends.expansion, start),
        "gross_revenue_retention": (lambda ends: ends.start - lost(ends), start),
        "quick_ratio": (won, lost),
    }

    def changes(ends: Ends) -> bool:
        return ends.has_unknown_change

    def always(_: Ends) -> bool:
        return True

    def has_start(ends: Ends) -> bool:
        return ends.start > 0 or bool(ends.start_missing)

    for kpi, amount in counts.items():
        is_unknown = (lambda ends: bool(ends.end_missing)) if kpi == "mrr" else changes
        yield Measure(kpi, _units(recurring, amount, None, is_unknown, always), summed)
    for kpi, (above, below) in ratios.items():
        is_unknown = (lambda ends: bool(ends.start_missing)) if below is start else changes
        is_sample = has_start if below is start else (lambda ends: lost(ends) > 0)
        yield Measure(kpi, _units(recurring, above, below, is_unknown, is_sample), ratio)


def _units(
    recurring: Recurring,
    above: Amount,
    below: Amount | None,
    is_unknown: Test,
    is_sample: Test,
) -> Callable[[Period], Iterator[Unit]]:
    def units(period: Period) -> Iterator[Unit]:
        for person in recurring.by_person:
            ends = recurring.ends(person, period)
            numerator = above(ends)
            denominator = below(ends) if below else NOTHING
            if numerator or denominator or is_unknown(ends):
                yield Unit(
                    period.last_day(recurring.shop.as_of),
                    numerator,
                    denominator,
                    person,
                    sample=int(is_sample(ends)),
                    is_missing_rate=is_unknown(ends),
                )

    return units
