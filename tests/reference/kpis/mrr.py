"""KPIs of recurring revenue.

Belongs here: what a subscription is worth on a day, and its movements. Does not belong here:
trials (``support``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tests.reference.kpis.periods import Period
from tests.reference.kpis.rows import Said
from tests.reference.kpis.shop import Shop
from tests.reference.kpis.units import Measure, Number, Unit, ratio, summed

RUNS = ("subscription_start", "subscription_renewal", "subscription_change")
GRACE_DAYS = 31 + 45
NOTHING = Decimal(0)


@dataclass(frozen=True)
class Ends:
    """A person's recurring revenue at the ends of a period."""

    start: Decimal
    end: Decimal
    had_before: bool

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


class Subscriptions:
    """Every person's recurring revenue, day by day."""

    def __init__(self, shop: Shop) -> None:
        """Gather the events of each subscription."""
        self.shop = shop
        self.by_person: dict[str, dict[str | None, list[Said]]] = {}
        self._worth: dict[tuple[str, date], Decimal] = {}
        self._first: dict[str, date | None] = {}
        for said in shop.said(*RUNS, "subscription_cancel"):
            of_person = self.by_person.setdefault(said.person, {})
            of_person.setdefault(said.property("subscription_id"), []).append(said)

    def worth(self, person: str, day: date) -> Decimal:
        """Recurring revenue of a person at the end of a day."""
        key = (person, day)
        if key not in self._worth:
            subscriptions = self.by_person[person].values()
            self._worth[key] = sum((self._amount(told, day) for told in subscriptions), NOTHING)
        return self._worth[key]

    def _amount(self, told: Sequence[Said], day: date) -> Decimal:
        so_far = [said for said in told if said.day <= day]
        if not so_far or said_cancel(self.shop, so_far[-1]):
            return NOTHING
        if (day - so_far[-1].day).days >= GRACE_DAYS:
            return NOTHING
        stated = [
            said
            for said in told
            if said.event.value is not None and not said_cancel(self.shop, said)
        ]
        known = [said for said in stated if said.day <= day]
        if not known:
            return NOTHING
        # Always the rate of the first amount's day, so that no rate alone moves the revenue.
        last = known[-1].event
        assert last.value is not None
        currency = last.currency or self.shop.settings.currency
        return max(self.shop.converted(last.value, currency, stated[0].day) or NOTHING, NOTHING)

    def ends(self, person: str, period: Period) -> Ends:
        """Revenue of a person at the ends of a period."""
        first = self.first_above_zero(person)
        return Ends(
            start=self.worth(person, period.eve),
            end=self.worth(person, period.last_day(self.shop.as_of)),
            had_before=first is not None and first <= period.eve,
        )

    def first_above_zero(self, person: str) -> date | None:
        """The first day at whose end a person had recurring revenue."""
        if person not in self._first:
            # It can only rise on the day of an event.
            days = {said.day for told in self.by_person[person].values() for said in told}
            above = [day for day in days if self.worth(person, day) > 0]
            self._first[person] = min(above, default=None)
        return self._first[person]


def said_cancel(shop: Shop, said: Said) -> bool:
    """Whether it is a cancellation."""
    return shop.rulebook.event_signals[said.event.event_name].signal == "subscription_cancel"


def measures(shop: Shop) -> Iterator[Measure]:
    """Every KPI of the topic."""
    subscriptions = Subscriptions(shop)

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
    for kpi, amount in counts.items():
        yield Measure(kpi, _units(subscriptions, amount, None), summed)
    for kpi, (above, below) in ratios.items():
        yield Measure(kpi, _units(subscriptions, above, below), ratio)


def _units(
    subscriptions: Subscriptions, above: Amount, below: Amount | None
) -> Callable[[Period], Iterator[Unit]]:
    def units(period: Period) -> Iterator[Unit]:
        for person in subscriptions.by_person:
            ends = subscriptions.ends(person, period)
            numerator = above(ends)
            denominator = below(ends) if below else NOTHING
            if numerator or denominator:
                yield Unit(
                    period.last_day(subscriptions.shop.as_of),
                    numerator,
                    denominator,
                    person,
                    sample=int(denominator > 0) if below else 1,
                )

    return units
