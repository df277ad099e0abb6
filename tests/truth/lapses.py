"""How often each health policy is wrong about who has left, by the truth and by later orders.

Belongs here: calls of policies against what is true. Does not belong here: the calls of BG/NBD,
which are no policy.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta

import duckdb

from tests.truth.shops import Shop

NAMES = ("int_lapse_trials", "int_lapse_calls", "int_persons")
YEAR = 365
WINDOWS = (60, 90, 120, 180, 365)
_CALLS = """
    select
        persons.customer_id,
        trials.month_end,
        trials.has_returned,
        trials.month_end - trials.last_order_on as silence,
        coalesce(trials.health = 'lapsed', false) as is_called_by_shipped,
        trials.month_end - trials.last_order_on >= calls.lapsed_after as is_called
    from intermediate.int_lapse_trials as trials
    inner join intermediate.int_lapse_calls as calls
        on
            calls.policy = 'recommended'
            and calls.person_key = trials.person_key
            and calls.month_end = trials.month_end
    inner join intermediate.int_persons as persons on persons.person_key = trials.person_key
"""


@dataclass(frozen=True)
class Errors:
    """Balanced errors by policy, at the month ends at which there is a recommendation."""

    by_policy: dict[str, float]

    @property
    def best_window(self) -> str:
        """The fixed number of days that errs least."""
        return min((f"fixed_{days}" for days in WINDOWS), key=self.by_policy.__getitem__)

    @property
    def excess(self) -> float:
        """By how much the recommended policy errs more than the best window."""
        return self.by_policy["recommended"] - self.by_policy[self.best_window]


def errors(
    connection: duckdb.DuckDBPyConnection, shop: Shop | None = None, back_within: int = YEAR
) -> Errors:
    """Judge the calls by the truth of a shop, or by orders in the year after.

    Args:
        connection: where the models stand.
        shop: whose truth it is; without one orders tell.
        back_within: whoever has left and is back within so many days was not gone; the policy is
            asked about the year after, as in `lapse_backtest`.
    """
    # Of those who stayed, and of those who left: all, and wrongly judged.
    counts: dict[str, list[list[int]]] = defaultdict(lambda: [[0, 0], [0, 0]])
    for (
        customer,
        month_end,
        has_returned,
        silence,
        is_shipped,
        is_recommended,
    ) in connection.execute(_CALLS).fetchall():
        if shop and customer is None:
            continue
        is_gone = _is_gone(shop, customer, month_end, back_within) if shop else not has_returned
        calls = {f"fixed_{days}": silence >= days for days in WINDOWS}
        for policy, is_called in (
            calls | {"shipped": is_shipped, "recommended": is_recommended}
        ).items():
            count = counts[policy][is_gone]
            count[0] += 1
            count[1] += is_called != is_gone
    return Errors(
        {
            policy: sum(wrong / of_all for of_all, wrong in count) / 2
            for policy, count in counts.items()
        }
    )


def _is_gone(shop: Shop, customer: str, day: date, back_within: int) -> bool:
    back_until = day + timedelta(days=back_within)
    return any(
        leave.left_on <= day and (leave.returned_on is None or leave.returned_on > back_until)
        for leave in shop.leaves.get(customer, ())
    )
