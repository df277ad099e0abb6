"""Whether the cohorts of acquisition channels tell which of them bring customers who stay.

Who came through a social network stays shorter, who was sent by a friend longer
(simulator/shop/people.sql). A channel differs if the 90 % interval of the difference between its
share of active customers six months on and that of the others does not hold zero.
"""

from __future__ import annotations

import math
from collections import Counter

import duckdb

NAMES = ("retention_cohorts",)
LEVEL = 0.10
PLANTED = "social"
_Z = 1.6448536269514722
_FEWEST = 30
# The shop's own records say google or facebook, the visits of guests which of their links.
_ONE_NAME = {
    "organic_search": "search",
    "paid_search": "search",
    "paid_social": "social",
    "referral": "affiliate",
}
_STAYS_LONGER = "friend_referral"


def deviations(connection: duckdb.DuckDBPyConnection) -> dict[str, float]:
    """By how many standard errors each channel's customers stay longer than the others."""
    active: Counter[str] = Counter()
    customers: Counter[str] = Counter()
    for channel, of_them_active, of_them in connection.execute(
        "select dimension_value, sum(active)::int, sum(customers)::int "
        "from marts.retention_cohorts "
        "where dimension = 'acquisition_channel' and age_months = 6 and is_mature "
        "group by all order by all"
    ).fetchall():
        name = _ONE_NAME.get(channel, str(channel))
        active[name] += of_them_active
        customers[name] += of_them
    found: dict[str, float] = {}
    for channel, count in customers.items():
        others = [
            name for name in customers if name != channel and not _is_planted_too(name, channel)
        ]
        rest, rest_active = (sum(of[name] for name in others) for of in (customers, active))
        if count >= _FEWEST:
            share, rest_share = active[channel] / count, rest_active / rest
            error = math.sqrt(share * (1 - share) / count + rest_share * (1 - rest_share) / rest)
            found[channel] = (share - rest_share) / error
    return found


def _is_planted_too(name: str, channel: str) -> bool:
    return channel == PLANTED and name == _STAYS_LONGER


def differ(found: dict[str, float]) -> list[str]:
    """The channels whose interval does not hold zero."""
    return [channel for channel, deviation in found.items() if abs(deviation) > _Z]
