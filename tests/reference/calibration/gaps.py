"""How long customers take to order again: ``lapse_calibration`` and ``lapse_backtest``.

Belongs here: Kaplan and Meier over the gaps between order days, and who was called lapsed. Does not
belong here: the SQL's ways.
"""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any

from tests.reference.calibration.paces import lapsed_after
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


def known_days(days: Sequence[tuple[date, date | None]], on: date) -> list[date]:
    """The order days that stood on a day, in order."""
    return sorted(day for day, gone in days if day <= on and (gone is None or gone > on))


def logarithms(days: Sequence[date]) -> list[float]:
    """The natural logarithms of the gaps between days."""
    return [math.log((later - day).days) for day, later in pairwise(days)]


def has_left(order_fit: Mapping[str, float], orders: int, last: int, silence: int) -> bool:
    """Whether BG/NBD gives less than one half to who ordered so often up to so long ago."""
    if not orders:
        return False
    r, alpha, a, b = (order_fit[name] for name in ("r", "alpha", "a", "b"))
    longer = (alpha + last + silence) / (alpha + last)
    return 1 / (1 + a / (b + orders - 1) * longer ** (r + orders)) < 0.5


def lapse_backtest(
    days: Mapping[Any, Sequence[tuple[date, date | None]]],
    health: Mapping[Any, Sequence[tuple[date, str]]],
    as_of: date,
    windows: Mapping[str, int],
    policies: Mapping[date, Mapping[str, Any]],
    order_fits: Mapping[date, Mapping[str, float]],
) -> list[dict[str, Any]]:
    """One row per policy and month end, of order days with the day on which each was voided.

    `policies` are those recommended and `order_fits` the parameters of BG/NBD, by month end.
    """
    truth, silence = windows["lapse_truth_days"], windows["judged_silence_days"]
    called: dict[tuple[str, date], list[tuple[bool, bool, int]]] = defaultdict(list)
    month = min((day for found in days.values() for day, _ in found), default=as_of)
    while (end := month.replace(day=1) - timedelta(days=1)) + timedelta(days=truth) <= as_of:
        for customer, found in days.items():
            known = known_days(found, end)
            if not known or (end - max(known)).days > silence:
                continue
            since = (end - max(known)).days
            is_back = any(gone is None and 0 < (day - end).days <= truth for day, gone in found)
            for limit in (60, 90, 120, 180, 365):
                called[f"fixed_{limit}", end].append((since >= limit, is_back, limit))
            told = [change for change in health.get(customer, []) if change[0] <= end]
            is_lapsed = bool(told) and told[-1][1] == "lapsed"
            since_call = (told[-1][0] - max(known)).days if told else 0
            called["shipped", end].append((is_lapsed, is_back, since_call))
            if policy := policies.get(end):
                logs = logarithms(known)
                quantiles = (policy["at_risk_quantile"], policy["lapsed_quantile"])
                limit = lapsed_after(policy, len(logs), math.fsum(logs), *quantiles)
                called["recommended", end].append((since >= limit, is_back, limit))
            if order_fit := order_fits.get(end):
                orders, last = len(known) - 1, (max(known) - min(known)).days
                told_left = (
                    day for day in range(since + 1) if has_left(order_fit, orders, last, day)
                )
                limit = next(told_left, None)
                called["p_alive_below_half", end].append((limit is not None, is_back, limit or 0))
        month = (month.replace(day=1) + timedelta(days=31)).replace(day=1)
    rows: list[dict[str, Any]] = []
    for (policy, end), found in called.items():
        gone = sum(not is_back for _, is_back, _ in found)
        alarms = sum(is_called and is_back for is_called, is_back, _ in found)
        misses = sum(not is_called and not is_back for is_called, is_back, _ in found)
        back = len(found) - gone
        calls = [length for is_called, _, length in found if is_called]
        rows.append(
            {
                "policy": policy,
                "month_end": end,
                "customers": len(found),
                "called_lapsed": len(calls),
                "gone": gone,
                "false_alarms": alarms,
                "misses": misses,
                "balanced_error": rounded((Fraction(alarms, back) + Fraction(misses, gone)) / 2)
                if back and gone
                else None,
                "median_days_to_call": rounded(Fraction(statistics.median(calls)))
                if calls
                else None,
            }
        )
    return rows
