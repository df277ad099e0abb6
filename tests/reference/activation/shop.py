"""What plays are told from: people, what happened to them, what they said, and the plays.

Belongs here: the facts, and what they say of one day. Does not belong here: what a play makes of
them (`entries`), whether it works (`results`), where they come from (`worlds`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal

DAY = timedelta(days=1)
SILENCE = timedelta(hours=24)
NEVER = date(9999, 1, 1)


@dataclass(frozen=True)
class Play:
    """A row of plays.csv, its framework named."""

    play: str
    framework: str
    subject_type: str | None
    trigger: str
    trigger_value: str
    delay_days: int
    open_days: int
    cool_down_days: int
    priority: int
    is_service: bool
    needs_consent: bool
    holdout_share: float
    goal_signal: str
    goal_days: int
    starts_on: date | None


@dataclass(frozen=True)
class Fact:
    """One signal."""

    signal: str
    at: datetime
    value: Decimal | None = None
    voided_on: date | None = None

    @property
    def day(self) -> date:
        """Its reporting date."""
        return self.at.date()

    @property
    def stood(self) -> bool:
        """Whether it stood at the end of its own day."""
        return self.voided_on is None or self.voided_on > self.day


@dataclass(frozen=True)
class Order:
    """One valid order; its refunds are days and amounts."""

    order_id: str
    at: datetime
    value: Decimal | None
    is_confirmed: bool = True
    cancelled_on: date | None = None
    cart: str | None = None
    refunds: tuple[tuple[date, Decimal], ...] = ()

    @property
    def day(self) -> date:
        """Its reporting date."""
        return self.at.date()


@dataclass(frozen=True)
class CartEvent:
    """An event that names a cart."""

    cart: str
    at: datetime
    event_id: str
    is_addition: bool


@dataclass(frozen=True)
class Term:
    """A contract event: begins a paid period, cancels, both, or neither."""

    subscription: str
    place: int
    day: date
    is_paid: bool
    is_cancel: bool
    paid_until: date
    ends_on: date
    cancels_from: date | None = None


@dataclass(frozen=True)
class Epoch:
    """Days on which the same orders stand, with the day of the next one expected."""

    first: date
    until: date
    last_order_on: date
    gap: int


@dataclass(frozen=True)
class State:
    """What a subject is from a day on."""

    day: date
    name: str


@dataclass
class Subject:
    """A person, or an account, whose facts are those of its members."""

    key: int
    subject_id: str
    facts: list[Fact] = field(default_factory=list)
    stages: list[State] = field(default_factory=list)
    healths: list[State] = field(default_factory=list)
    epochs: list[Epoch] = field(default_factory=list)
    resolutions: list[datetime] = field(default_factory=list)

    @property
    def is_account(self) -> bool:
        """Whether it is an account."""
        return self.key < 0


@dataclass
class Person(Subject):
    """A person; what is told of persons alone."""

    customer_id: str | None = None
    account: str | None = None
    visits: list[datetime] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    cart_events: list[CartEvent] = field(default_factory=list)
    terms: list[Term] = field(default_factory=list)
    consents: list[tuple[datetime, bool | None]] = field(default_factory=list)
    known_on: date | None = None
    merged_on: date | None = None
    is_deleted: bool = False
    is_erased: bool = False


@dataclass
class Shop:
    """All of it, up to today."""

    as_of: date
    plays: list[Play]
    people: list[Person]
    accounts: list[Subject]
    stages: tuple[str, ...]
    salt: str = "play"
    control_share: float = 0.05
    cap: int = 2
    first_choice: dict[str, str] = field(default_factory=dict)

    def subjects(self, play: Play) -> list[Subject]:
        """Those whom a play is for."""
        if play.subject_type is None:
            return []
        return [*self.people] if play.subject_type == "person" else [*self.accounts]

    def members(self, subject: Subject) -> list[Person]:
        """The person itself, or the members of the account."""
        if isinstance(subject, Person):
            return [subject]
        name = subject.subject_id.removeprefix("account:")
        return [person for person in self.people if person.account == name]

    def facts(self, subject: Subject) -> Iterator[Fact]:
        """Facts that stood at the end of their day, by then."""
        own = subject.facts if subject.is_account else []
        for fact in [*own, *(fact for one in self.members(subject) for fact in one.facts)]:
            if subject.is_account and fact.signal == "reactivation" and fact not in own:
                continue  # An account comes back by itself.
            if fact.day <= self.as_of and fact.stood:
                yield fact

    def contact(self, subject: Subject, day: date, fit: Callable[[Person], bool]) -> Person | None:
        """The person to write to: of an account the fit member with the latest visit by the day."""
        if isinstance(subject, Person):
            return subject if fit(subject) else None
        seen = [
            (max(visits), person)
            for person in self.members(subject)
            if fit(person) and (visits := [at for at in person.visits if at.date() <= day])
        ]
        if not seen:
            return None
        latest = max(at for at, _ in seen)
        return min((one for at, one in seen if at == latest), key=lambda one: one.subject_id)


def lot(text: str) -> float:
    """Where a text falls in the lottery."""
    return int(hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()[:8], 16) / 16**8


def quarter(day: date) -> str:
    """The quarter of a day."""
    return f"{day.year}Q{(day.month + 2) // 3}"


def day_end(day: date) -> datetime:
    """The last instant of a day."""
    return datetime.combine(day + DAY, time()) - timedelta(microseconds=1)


def state_on(states: list[State], day: date) -> str | None:
    """What a subject is on a day; None before its first."""
    return next((state.name for state in reversed(states) if state.day <= day), None)


def consent_on(person: Person, day: date) -> bool | None:
    """What the latest statement by the day says; None where it says nothing, or there is none."""
    stated = [(at, says) for at, says in person.consents if at.date() <= day]
    stated += [(fact.at, False) for fact in person.facts if fact.signal == "email_unsubscribed"]
    stated = [(at, says) for at, says in stated if at.date() <= day]
    latest = [says for at, says in stated if at == max(at for at, _ in stated)]
    if latest and all(latest):
        return True
    return False if any(says is False for says in latest) else None


def is_permitted(play: Play, consent: bool | None) -> bool:
    """Whether a play may be sent to somebody of whom this is known."""
    if play.needs_consent:
        return consent is True
    return play.is_service or consent is not False


def overdue_on(subject: Subject, day: date) -> int | None:
    """Days overdue, by the orders that stand on the day."""
    for epoch in subject.epochs:
        if epoch.first <= day < epoch.until:
            over = (day - epoch.last_order_on).days - epoch.gap
            return over if over > 0 else None
    return None


def renews_on(shop: Shop, subject: Subject, day: date) -> date | None:
    """The next renewal as it is known on the day."""
    found: list[date] = []
    for person in shop.members(subject):
        for name in {term.subscription for term in person.terms}:
            terms = [each for each in person.terms if each.subscription == name and each.day <= day]
            begun = [each for each in terms if each.is_paid]
            running = [each.paid_until for each in begun if each.day <= day < each.ends_on]
            last_begun = max((each.place for each in begun), default=0)
            last_cancel = max((each.place for each in terms if each.is_cancel), default=0)
            if running and last_cancel <= last_begun:
                # A period whose last day paid for has come says nothing of a renewal.
                ahead = [until for until in running if until > day]
                found += [max(ahead)] if ahead else []
    return min(found, default=None)
