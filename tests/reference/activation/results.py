"""Whether plays work: `play_results` and expected values, from entries, by the formulas as written.

Belongs here: who counts, and the statistics of two arms. Does not belong here: entries.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tests.reference.activation.entries import Entry
from tests.reference.activation.shop import DAY, Person, Shop, lot, quarter

Z = 1.6448536269514722
FOUR = Decimal("0.0001")


@dataclass
class Arm:
    """What those of an arm did, one row each."""

    goals: list[bool] = field(default_factory=list)
    values: list[Decimal | None] = field(default_factory=list)

    @property
    def n(self) -> int:
        """How many."""
        return len(self.goals)

    @property
    def x(self) -> int:
        """How many reached the goal."""
        return sum(self.goals)


def counted(found: list[Entry]) -> list[Entry]:
    """The first of subject, play and quarter of those that count."""
    first: dict[tuple[str, str, str], Entry] = {}
    for entry in sorted(found, key=lambda each: each.due_from):
        starts_on = entry.play.starts_on
        if not starts_on or entry.due_from < starts_on or not entry.is_matured:
            continue
        if entry.suppressed_by or entry.arm not in {"treat", "holdout"}:
            continue
        if isinstance(entry.subject, Person):
            known, merged = entry.subject.known_on, entry.subject.merged_on
            if known is None or known > entry.due_from or (merged and merged > entry.due_from):
                continue
        key = (entry.play.play, entry.subject.subject_id, quarter(entry.due_from))
        first.setdefault(key, entry)
    return list(first.values())


def results(shop: Shop, found: list[Entry]) -> list[dict[str, Any]]:
    """The rows of play_results."""
    arms: defaultdict[tuple[str, str], dict[str, Arm]] = defaultdict(
        lambda: {"treat": Arm(), "holdout": Arm()}
    )
    for entry in counted(found):
        for month in (f"{entry.due_from:%Y-%m}", "all"):
            arm = arms[entry.play.play, month][entry.arm or ""]
            arm.goals.append(entry.goal_on is not None)
            arm.values.append(entry.goal_value)
    arms |= _programme(shop)
    return [
        {"play": play, "month": month, **compared(month, both["treat"], both["holdout"])}
        for (play, month), both in sorted(arms.items())
    ]


def expected_values(found: list[Entry]) -> dict[str, Decimal | None]:
    """Mean value of a counted treated entry, by play; None under 30."""
    values: defaultdict[str, list[Decimal | None]] = defaultdict(list)
    for entry in counted(found):
        if entry.arm == "treat":
            values[entry.play.play].append(entry.goal_value)
    return {
        play: (
            (sum(each or Decimal(0) for each in some) / len(some)).quantize(FOUR, ROUND_HALF_UP)
            if len(some) >= 30 and None not in some
            else None
        )
        for play, some in values.items()
    }


def _programme(shop: Shop) -> dict[tuple[str, str], dict[str, Arm]]:
    starts = [
        play.starts_on
        for play in shop.plays
        if play.starts_on and not play.is_service and play.subject_type
    ]
    if not starts or min(starts) > shop.as_of:
        return {}
    reached = {
        person.key: max(min(starts), person.known_on)
        for person in shop.people
        if person.customer_id and person.known_on and person.known_on <= shop.as_of
    }
    begins = min(reached.values(), default=shop.as_of + DAY)
    found: dict[tuple[str, str], dict[str, Arm]] = {}
    day = begins
    spans = [("all", date.min, shop.as_of)]
    while day <= shop.as_of:
        first = day.replace(day=1)
        following = (first.replace(day=28) + 4 * DAY).replace(day=1)
        if following - DAY <= shop.as_of:
            spans.append((f"{day:%Y-%m}", first, following - DAY))
        day = following
    for month, first, last in spans:
        both = {"treat": Arm(), "holdout": Arm()}
        for person in shop.people:
            since = reached.get(person.key)
            if since is None or since > last:
                continue
            orders = [
                order
                for order in person.orders
                if order.is_confirmed
                and since <= order.day <= shop.as_of
                and not (order.cancelled_on and order.cancelled_on <= last)
            ]
            ordered = [order for order in orders if first <= order.day <= last]
            refunds = [
                (order, amount)
                for order in orders
                for day, amount in order.refunds
                if first <= day <= last
            ]
            touched = [*ordered, *(order for order, _ in refunds)]
            value = sum((order.value or Decimal(0) for order in ordered), Decimal(0)) - sum(
                amount for _, amount in refunds
            )
            is_control = lot(f"{shop.salt}:{person.subject_id}") < shop.control_share
            arm = both["holdout" if is_control else "treat"]
            arm.goals.append(bool(ordered))
            arm.values.append(None if any(order.value is None for order in touched) else value)
        if both["treat"].n + both["holdout"].n:
            found["programme", month] = both
    return found


def compared(month: str, treat: Arm, holdout: Arm) -> dict[str, Any]:
    """Both arms, their difference and how sure it is."""
    row: dict[str, Any] = {}
    for name, arm in (("treat", treat), ("holdout", holdout)):
        row[f"{name}_persons"] = arm.n
        row[f"{name}_goals"] = arm.x
        row[f"{name}_rate"] = arm.x / arm.n if arm.n else None
        row[f"{name}_net_revenue"] = (
            None if None in arm.values else sum(each or Decimal(0) for each in arm.values)
        )
    names = ("lift", "lift_low", "lift_high", "min_detectable_lift", "is_conclusive")
    revenue = ("incremental_revenue", "incremental_revenue_low", "incremental_revenue_high")
    row |= dict.fromkeys((*names, *revenue))
    if not (treat.n and holdout.n):
        return row
    p1, p2, inverse = treat.x / treat.n, holdout.x / holdout.n, 1 / treat.n + 1 / holdout.n
    (l1, u1), (l2, u2) = wilson(treat), wilson(holdout)
    p = (treat.x + holdout.x + 1) / (treat.n + holdout.n + 2)
    row["lift"] = p1 - p2
    row["lift_low"] = p1 - p2 - math.hypot(p1 - l1, u2 - p2)
    row["lift_high"] = p1 - p2 + math.hypot(u1 - p1, p2 - l2)
    row["min_detectable_lift"] = 2.4865 * math.sqrt(p * (1 - p) * inverse)
    if treat.n < 30 or holdout.n < 30:
        return row
    if month == "all":
        v = sum((q := (arm.x + 0.5) / (arm.n + 1)) * (1 - q) / arm.n for arm in (treat, holdout))
        t2 = 0.05**2
        row["is_conclusive"] = abs(p1 - p2) > math.sqrt(
            v * (v + t2) / t2 * math.log((v + t2) / (0.01 * v))
        )
    if None not in treat.values and None not in holdout.values:
        one, two = ([float(each or 0) for each in arm.values] for arm in (treat, holdout))
        m1, m2 = math.fsum(one) / len(one), math.fsum(two) / len(two)
        squares = math.fsum((each - m1) ** 2 for each in one)
        squares += math.fsum((each - m2) ** 2 for each in two)
        margin = Z * treat.n * math.sqrt(squares / (treat.n + holdout.n - 2) * inverse)
        gained = treat.n * (m1 - m2)
        ends = (gained, gained - margin, gained + margin)
        row |= dict(zip(revenue, (round(end, 4) for end in ends), strict=True))
    return row


def wilson(arm: Arm) -> tuple[float, float]:
    """Wilson's interval of the arm's rate."""
    p, n = arm.x / arm.n, arm.n
    middle = (p + Z * Z / (2 * n)) / (1 + Z * Z / n)
    half = Z * math.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n)) / (1 + Z * Z / n)
    return middle - half, middle + half
