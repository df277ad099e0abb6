"""People whose days of change are worked out by hand: one world each, in every batch.

Belongs here: their rows, and what the page makes of them on the day before and the day of each
change. Does not belong here: random worlds (``strategies``), and comparing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from tests.reference.world import Customer, Event, Order, World

START, RENEWAL = "Subscription Started", "Subscription Renewed"
CANCEL, FAILED = "Subscription Cancelled", "Payment Failed"


@dataclass(frozen=True)
class ByHand:
    """One person and the health of its days.

    Attributes:
        name: what is shown.
        world: the raw rows.
        health: health by day, with the shipped policy, 45 days of grace and 3 of slack.
        without_patience: the same without grace and slack, where that was worked out, too.
        subject: the subject that is looked at.
    """

    name: str
    world: World
    health: dict[str, str]
    without_patience: dict[str, str]
    subject: str = "customer:c"


def _at(day: str) -> datetime:
    # Noon of UTC is the same date in every zone of the batches.
    return datetime.fromisoformat(f"{day} 12:00:00")


def _said(day: str, name: str, **told: Any) -> Event:
    amount = None if name in (CANCEL, FAILED) else Decimal(10)
    event_id = f"e-{day}-{told.get('subscription_id', '')}"
    return Event(event_id, name, _at(day), user_id="c", value=amount, properties=json.dumps(told))


def _person(*events: Event, orders: tuple[Order, ...] = (), account: str | None = None) -> World:
    member = Customer("c", min(event.occurred_at for event in events), account_id=account)
    return World(events=events, orders=orders, customers=(member,) if account else ())


# Paid for through 2019-11-09; 45 days after the first unpaid day is 2019-12-25.
_YEARLY = _person(
    _said("2018-11-10", START, interval_months=12), _said("2020-03-02", RENEWAL), account="acc"
)
_YEAR = {
    "2018-11-10": "active",
    "2019-11-09": "active",
    "2019-11-10": "active",
    "2019-11-12": "active",
    "2019-11-13": "at_risk",
    "2019-12-24": "at_risk",
    "2019-12-25": "lapsed",
    "2020-03-01": "lapsed",
    "2020-03-02": "active",
}
_IMPATIENT_YEAR = {
    "2019-11-09": "active",
    "2019-11-10": "lapsed",
    "2020-03-01": "lapsed",
    "2020-03-02": "active",
}

BY_HAND = (
    ByHand("a yearly subscriber with events only", _YEARLY, _YEAR, _IMPATIENT_YEAR),
    ByHand("the account of a yearly subscriber", _YEARLY, _YEAR, _IMPATIENT_YEAR, "account:acc"),
    ByHand(
        "a cancel that states when it ends",
        _person(
            _said("2019-05-01", START, interval_months=12),
            _said("2019-08-15", CANCEL, ends_on="2019-09-01"),
        ),
        {
            "2019-08-14": "active",
            "2019-08-15": "at_risk",
            "2019-08-31": "at_risk",
            "2019-09-01": "lapsed",
        },
        {"2019-08-31": "at_risk", "2019-09-01": "lapsed"},
    ),
    ByHand(
        "a cancel that ends at once",
        _person(_said("2019-05-01", START, interval_months=12), _said("2019-08-15", CANCEL)),
        {"2019-08-14": "active", "2019-08-15": "lapsed"},
        {"2019-08-14": "active", "2019-08-15": "lapsed"},
    ),
    ByHand(
        "a failed payment that is made good",
        _person(
            _said("2020-01-10", START),
            _said("2020-02-09", FAILED),
            _said("2020-02-11", RENEWAL),
        ),
        {
            "2020-02-08": "active",
            "2020-02-09": "at_risk",
            "2020-02-10": "at_risk",
            "2020-02-11": "active",
            "2020-03-13": "active",
            "2020-03-14": "at_risk",
        },
        {"2020-02-09": "at_risk", "2020-02-10": "lapsed", "2020-02-11": "active"},
    ),
    ByHand(
        "a change on the first day that is not paid for, which begins a term of its own",
        _person(_said("2020-01-10", START), _said("2020-02-10", "Subscription Changed")),
        {"2020-02-10": "active", "2020-03-12": "active", "2020-03-13": "at_risk"},
        {"2020-02-10": "active", "2020-03-09": "active", "2020-03-10": "lapsed"},
    ),
    ByHand(
        "orders and a plan",
        _person(
            _said("2020-05-01", START),
            orders=(Order("o", _at("2020-01-02"), Decimal(100), customer_id="c"),),
        ),
        {
            "2020-05-01": "active",
            "2020-06-03": "active",  # the order alone is at risk from 2020-05-09 on
            "2020-06-04": "at_risk",
            "2020-07-16": "at_risk",  # the plan has lapsed, the order is only at risk
            "2020-09-21": "at_risk",
            "2020-09-22": "lapsed",
        },
        {"2020-05-31": "active", "2020-06-01": "at_risk"},
    ),
    ByHand(
        "two plans, one of them cancelled",
        _person(
            _said("2019-10-10", START, subscription_id="a", interval_months=12),
            _said("2019-10-10", START, subscription_id="b", interval_months=12),
            _said("2019-12-01", CANCEL, subscription_id="b"),
        ),
        {"2019-12-01": "active", "2020-10-12": "active", "2020-10-13": "at_risk"},
        {"2019-12-01": "active", "2020-10-09": "active", "2020-10-10": "lapsed"},
    ),
    ByHand(
        "a visitor who is not seen again for long",
        _person(
            Event("e1", "Clicked", _at("2020-01-01"), user_id="c"),
            Event("e2", "Clicked", _at("2020-08-01"), user_id="c"),
        ),
        {
            "2020-01-01": "prospect",
            "2020-06-28": "prospect",  # 179 days
            "2020-06-29": "cold",
            "2020-07-31": "cold",
            "2020-08-01": "prospect",
        },
        {"2020-06-28": "prospect", "2020-06-29": "cold"},
    ),
)
