"""How long customers take to order again, in plain Python: ``lapse_calibration``.

Belongs here: Kaplan and Meier over the gaps between order days. Does not belong here: the SQL's
ways.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import Any

from tests.reference.value.ledger import rounded


def lapse_calibration(
    customers: Sequence[Sequence[date]], as_of: date, pooled: int
) -> list[dict[str, Any]]:
    """One row per gap's ordinal and day, of the standing order days of each customer."""
    gaps: dict[int, list[tuple[int, bool]]] = defaultdict(list)
    for days in customers:
        for number, (start, end) in enumerate(pairwise([*sorted(days), as_of]), start=1):
            gaps[min(number, pooled)].append(((end - start).days, number < len(days)))
    rows: list[dict[str, Any]] = []
    for number, found in gaps.items():
        survival = Fraction(1)
        for day in sorted({length for length, _ in found}):
            at_risk = sum(length >= day for length, _ in found)
            closed = found.count((day, True))
            survival *= 1 - Fraction(closed, at_risk)
            rows.append(
                {
                    "gap_ordinal": f"{number}+" if number == pooled else str(number),
                    "day": day,
                    "at_risk": at_risk,
                    "ordered_again": closed,
                    "still_open": found.count((day, False)),
                    "survival": rounded(survival),
                }
            )
    return rows
