"""Simulated campaigns of which the effect is known: what the statistics of plays must find again.

Belongs here: people who are triggered again and again, who react to what they get, and whose later
entries change with it. Does not belong here: what is made of them.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from tests.reference.activation.shop import lot, quarter

FIRST = date(2024, 1, 1)
COOL_DOWN = 30
GOAL_DAYS = 7
HOLDOUT = 0.3


@dataclass(frozen=True)
class Occasion:
    """One entry of one person, as it went.

    Attributes:
        play: the campaign.
        person: number of the person.
        due_from: the day it was due.
        arm: treat or holdout.
        goal_on: the day of the goal; None without one.
        value: what was ordered.
        known_on: the day on which the person's id was known at last; None if it never was.
    """

    play: str
    person: int
    due_from: date
    arm: str
    goal_on: date | None
    value: Decimal
    known_on: date | None


def campaign(
    play: str,
    seed: int,
    *,
    lift: float,
    people: int,
    first_person: int,
    days: int = 365,
    visitors: float = 0.0,
) -> list[Occasion]:
    """Play a campaign; the same one in every run.

    Whoever was triggered lately buys less, and whoever buys is not triggered for long.

    Args:
        play: its name.
        seed: what chance begins with.
        lift: by how much a message raises the chance of the goal.
        people: how many there are.
        first_person: number of the first.
        days: for how long it goes on.
        visitors: share of people whose id only their goal tells, and who get no message.
    """
    dice = random.Random(seed)
    found: list[Occasion] = []
    for person in range(first_person, first_person + people):
        is_visitor = dice.random() < visitors
        chance = dice.betavariate(3, 7)
        day, rests_until, seen_on = dice.expovariate(1 / 25), 0, -99
        while day < days:
            due = int(day) + 1
            due_from = FIRST + timedelta(days=due)
            subject = f"customer:c{person:06d}"
            dealt = lot(f"play:{play}:{subject}:{quarter(due_from)}")
            arm = "holdout" if dealt < HOLDOUT else "treat"
            is_sent = arm == "treat" and due > rests_until and not is_visitor
            if due > rests_until:
                rests_until = due + COOL_DOWN
            now = chance * (0.4 if due - seen_on <= COOL_DOWN else 1) + lift * is_sent
            reached = dice.random() < now
            goal_on = due_from + timedelta(days=dice.randrange(GOAL_DAYS)) if reached else None
            found.append(
                Occasion(
                    play,
                    person,
                    due_from,
                    arm,
                    goal_on,
                    Decimal(dice.randint(20, 60)) if reached else Decimal(0),
                    known_on=goal_on if is_visitor else FIRST,
                )
            )
            seen_on = due
            day += 1 + dice.expovariate(1 / 25) + 40 * reached
            if is_visitor and reached:
                break
    return found


def counted_naively(occasions: Sequence[Occasion]) -> tuple[list[Occasion], list[Occasion]]:
    """The entries of both arms if what was sent alone starts a cool-down, every one counted."""
    kept: list[Occasion] = []
    rests: dict[int, date] = {}
    for each in sorted(occasions, key=lambda one: (one.person, one.due_from)):
        if each.due_from > rests.get(each.person, date.min):
            kept.append(each)
            if each.arm == "treat":
                rests[each.person] = each.due_from + timedelta(days=COOL_DOWN)
    return (
        [each for each in kept if each.arm == "treat"],
        [each for each in kept if each.arm == "holdout"],
    )
