"""How the statistics of plays do on many simulated campaigns, in blocks of a hundred seeds.

    PYTHONPATH=. .venv/bin/python -m tests.reference.activation.coverage 40

Belongs here: counting by plain Python, which the SQL agrees with (`test_play_statistics`,
`test_play_reference`), and the spread of what chance makes of a block. Does not belong here: a
verdict; DECISIONS.md has the figures. 40 blocks take about seven CPU minutes.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import timedelta
from statistics import fmean
from typing import Any

from tests.reference.activation.campaigns import COOL_DOWN, FIRST, GOAL_DAYS, Occasion, campaign
from tests.reference.activation.results import Arm, compared
from tests.reference.activation.shop import quarter

LIFT = 0.08
TWO_YEARS = 730


def counted(occasions: Sequence[Occasion]) -> list[Occasion]:
    """The first entry of person and quarter that rests from none and whose id was known."""
    rests: dict[int, int] = {}
    first: dict[tuple[int, str], Occasion] = {}
    for each in sorted(occasions, key=lambda one: (one.person, one.due_from)):
        day = each.due_from.toordinal()
        if day - rests.get(each.person, day - COOL_DOWN - 1) <= COOL_DOWN:
            continue
        rests[each.person] = day
        if each.known_on is not None and each.known_on <= each.due_from:
            first.setdefault((each.person, quarter(each.due_from)), each)
    return list(first.values())


def result(entries: Sequence[Occasion]) -> dict[str, Any]:
    """The row of the whole campaign."""
    arms = (
        [each for each in entries if each.arm == "treat"],
        [each for each in entries if each.arm == "holdout"],
    )
    one, two = (
        Arm([each.goal_on is not None for each in arm], [each.value for each in arm])
        for arm in arms
    )
    return compared("all", one, two)


def is_ever_conclusive(entries: Sequence[Occasion]) -> bool:
    """Whether a look at the end of some month says so."""
    ends = [FIRST + timedelta(days=days - GOAL_DAYS) for days in range(30, TWO_YEARS + 30, 30)]
    return any(
        result([each for each in entries if each.due_from <= end])["is_conclusive"] for end in ends
    )


def main(blocks: int) -> None:
    """Print what each block of a hundred seeds comes to, and all of them together."""
    rows: list[tuple[float, int, int, int]] = []
    for seed in range(100 * blocks):
        people = {"first_person": 1 + 1000 * seed}
        planted = campaign(f"lift_{seed}", seed, lift=LIFT, people=400, visitors=0.5, **people)
        found = result(counted([each for each in planted if each.known_on is not None]))
        idle = counted(
            campaign(f"null_{seed}", seed, lift=0.0, people=120, days=TWO_YEARS, **people)
        )
        nothing = result(idle)
        rows.append(
            (
                found["lift"],
                found["lift_low"] <= LIFT <= found["lift_high"],
                not nothing["lift_low"] <= 0 <= nothing["lift_high"],
                is_ever_conclusive(idle),
            )
        )
    lifts, *verdicts = zip(*rows, strict=True)
    titles = ("holds the lift", "excludes zero", "ever conclusive")
    for title, told in zip(titles, verdicts, strict=True):
        of_blocks = [sum(told[first : first + 100]) for first in range(0, len(told), 100)]
        print(f"{title}: {fmean(told):.4f} of all; by block {sorted(of_blocks)}")
    print(f"mean lift: {fmean(lifts):.4f} of {LIFT}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
