"""Short ways to write hand-computed cases for the reference.

Belongs here: terse builders of rules, rows and settings for ``tests/unit/test_reference_*``. Does
not belong here: random worlds (``strategies``).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from tests.reference import health, signals, staging
from tests.reference.health import Subject
from tests.reference.rulebook import (
    NOT_IDS,
    Condition,
    EventSignal,
    Framework,
    HealthPolicy,
    Rulebook,
    Stage,
)
from tests.reference.signals import Fact
from tests.reference.stages import history
from tests.reference.stages.history import Interval
from tests.reference.staging import Resolved, Staged
from tests.reference.world import Event, Order, Settings, World

SHIPPED_POLICY = HealthPolicy(60, 3, 0.9, 0.8, 0.95, 7, 730, 180)

EVENT_SIGNALS = (
    EventSignal("Product Viewed", "product_view"),
    EventSignal("NPS Answered", "nps", is_visit=False),
    EventSignal("Product Reviewed", "review", "rating"),
    EventSignal("Email Clicked", "email_clicked", is_visit=False),
    EventSignal("Subscription Started", "subscription_start", is_money=True, is_visit=False),
    EventSignal("Subscription Renewed", "subscription_renewal", is_money=True, is_visit=False),
    EventSignal("Subscription Changed", "subscription_change", is_money=True, is_visit=False),
    EventSignal("Subscription Cancelled", "subscription_cancel", is_money=True, is_visit=False),
    EventSignal("Payment Failed", "payment_failed", is_visit=False),
    EventSignal("Referral Converted", "referral_converted", is_visit=False),
)


def at(text: str) -> datetime:
    """``2020-01-31`` (noon) or ``2020-01-31 23:59:59``."""
    return datetime.fromisoformat(text if " " in text else f"{text} 12:00:00")


def day(text: str) -> date:
    """``2020-01-31``."""
    return date.fromisoformat(text)


def condition(text: str) -> Condition:
    """``order count/30 >=2 <5``: signal, measure, window and bounds of one row."""
    signal, measure, *bounds = text.split()
    measure, _, window = measure.partition("/")
    found = {bound.rstrip("0123456789.-"): bound.lstrip("<>=") for bound in bounds}
    return Condition(
        signal=signal,
        measure=measure,
        window_days=int(window) if window else None,
        at_least=Decimal(found[">="]) if ">=" in found else None,
        below=Decimal(found["<"]) if "<" in found else None,
    )


def rules(
    *stages: tuple[str, ...],
    optional: Iterable[str] = (),
    subject_type: str = "person",
    policy: HealthPolicy = SHIPPED_POLICY,
    event_signals: Iterable[EventSignal] = (),
) -> Rulebook:
    """A framework ``f``: the stage ``low`` for everybody seen, then one stage per argument.

    Args:
        stages: the stage's name, then its rules, each written as conditions joined by ``;``.
        optional: names of stages that are optional.
        subject_type: of the framework.
        policy: health policy.
        event_signals: rows beside ``EVENT_SIGNALS``.
    """
    named = [("low", "any count >=1"), *stages]
    conditions: dict[str, tuple[Condition, ...]] = {}
    for name, *texts in named:
        for number, text in enumerate(texts, start=1):
            conditions[f"{name}_{number}"] = tuple(condition(part) for part in text.split(";"))
    return Rulebook(
        frameworks=(
            Framework(
                "f",
                subject_type,
                True,
                tuple(
                    Stage(
                        name,
                        ordinal,
                        name in optional,
                        tuple(f"{name}_{number}" for number in range(1, len(texts) + 1)),
                    )
                    for ordinal, (name, *texts) in enumerate(named, start=1)
                ),
            ),
        ),
        conditions=conditions,
        event_signals=(*EVENT_SIGNALS, *event_signals),
        health=policy,
        excluded_ids=NOT_IDS,
    )


def order(order_id: str, when: str, total: str | int = 100, **columns: Any) -> Order:
    """A paid order of customer ``c`` in EUR."""
    if not {"customer_id", "anonymous_id"} & columns.keys():
        columns["customer_id"] = "c"
    return Order(order_id, at(when), Decimal(total), **columns)


def event(event_id: str, when: str, name: str = "Product Viewed", **columns: Any) -> Event:
    """An event; of customer ``c`` unless an id is given."""
    if not {"user_id", "anonymous_id"} & columns.keys():
        columns["user_id"] = "c"
    return Event(event_id, name, at(when), **columns)


def settled(
    world: World, rulebook: Rulebook | None = None, **settings: Any
) -> tuple[Staged, Resolved, Rulebook]:
    """A world staged, its settings decided; as of 2020-12-31 unless told otherwise."""
    rulebook = rulebook or rules()
    chosen = Settings(**{"as_of_date": day("2020-12-31"), **settings})
    return (
        staging.stage(world, chosen, rulebook),
        staging.resolve([world], chosen, rulebook),
        rulebook,
    )


def facts(world: World, rulebook: Rulebook | None = None, **settings: Any) -> list[Fact]:
    """Every fact of a world but ``any``."""
    found = signals.facts_of(*settled(world, rulebook, **settings))
    return [fact for fact in found if fact.signal != "any"]


def subject(world: World, rulebook: Rulebook | None = None, **settings: Any) -> Subject:
    """The only subject of a world, reactivations included."""
    (only,) = health.subjects(*settled(world, rulebook, **settings))
    return only


def rows(world: World, rulebook: Rulebook, **settings: Any) -> list[Interval]:
    """The history of a world, looked at day by day, equal to that from days of change alone."""
    staged, resolved, rulebook = settled(world, rulebook, **settings)
    slow = history.history(staged, resolved, rulebook, every_day=True)
    assert slow == history.history(staged, resolved, rulebook)
    return slow
