"""What a published statement changes from, in the order in which causes are looked for.

Belongs here: the causes, and from which day on each of them can matter between two builds. Does not
belong here: the raw rows behind them (`arrivals`), or what changed (`diff`, and the mart
`restatements`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from orchestration.changes.version import Version

ALWAYS = date(1, 1, 1)


class Cause(StrEnum):
    """A cause; the first that fits a change is told."""

    RULES = "rules"
    SETTINGS = "settings"
    ERASURE = "erasure"
    MERGE_OR_LINK = "merge_or_link"
    REFUND_OR_CANCELLATION = "refund_or_cancellation"
    LATE_FACT = "late_fact"
    RATE = "rate"
    UNEXPLAINED = "unexplained"


# Those that raw rows bring, in their order.
BY_ROWS = (
    Cause.ERASURE,
    Cause.MERGE_OR_LINK,
    Cause.REFUND_OR_CANCELLATION,
    Cause.LATE_FACT,
    Cause.RATE,
)


@dataclass(frozen=True)
class Maker:
    """What a build computes by.

    Attributes:
        rules_hash: of the rule seeds.
        settings_hash: of the settings that decide what is computed, and of the package's version.
    """

    rules_hash: str
    settings_hash: str


def causes_between(before: Version, maker: Maker, rows: Mapping[Cause, date]) -> dict[Cause, date]:
    """Return each cause there is with the first day that it can have changed.

    Args:
        before: the older version.
        maker: what the newer one is computed by.
        rows: the causes that raw rows bring.
    """
    found: dict[Cause, date] = {}
    if before.rules_hash != maker.rules_hash:
        found[Cause.RULES] = ALWAYS
    if before.settings_hash != maker.settings_hash:
        found[Cause.SETTINGS] = ALWAYS
    return found | dict(rows)
