"""KPIs of what channels report.

Belongs here: sums and stocks of ``channel_daily``. Does not belong here: spend beside revenue or
customers (``acquisition``).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal

from tests.reference.kpis.periods import Period
from tests.reference.kpis.rows import Spend
from tests.reference.kpis.shop import Shop
from tests.reference.kpis.units import (
    Measure,
    Number,
    Unit,
    dated,
    largest,
    largest_day,
    ratio,
    summed,
)

Pick = Callable[[Spend], Number | None]


def measures(shop: Shop) -> Iterator[Measure]:
    """Every KPI of the topic."""
    sums: dict[str, Pick] = {
        "impressions": lambda day: day.row.impressions,
        "clicks": lambda day: day.row.clicks,
        "spend": _spend,
        "podcast_downloads": lambda day: day.row.podcast_downloads,
        "social_interactions": _interactions,
    }
    ratios: dict[str, tuple[Pick, Pick]] = {
        "click_through_rate": (sums["clicks"], sums["impressions"]),
        "cost_per_click": (_spend, sums["clicks"]),
        "cost_per_mille": (_thousand_times_spend, sums["impressions"]),
        "social_engagement_rate": (_interactions, sums["impressions"]),
    }
    for kpi, pick in sums.items():
        yield dated(kpi, list(_units(shop, kpi, pick, None)), summed)
    for kpi, (above, below) in ratios.items():
        yield dated(kpi, list(_units(shop, kpi, above, below)), ratio)
    listeners = list(_units(shop, "", lambda day: day.row.podcast_listeners, None))
    yield dated("podcast_listeners", listeners, largest)
    reach = list(_units(shop, "", lambda day: day.row.reach, None))
    yield dated("reach", reach, largest_day)
    yield from _follower_measures(shop)


def _spend(day: Spend) -> Number | None:
    # A spend that cannot be converted is known to be there: it counts, without a number.
    return Decimal(0) if day.is_missing_rate else day.spend


def _thousand_times_spend(day: Spend) -> Number | None:
    spend = _spend(day)
    return None if spend is None else 1000 * spend


def _interactions(day: Spend) -> Number | None:
    known = [
        count for count in (day.row.likes, day.row.comments, day.row.shares) if count is not None
    ]
    return sum(known) if known else None


def _units(shop: Shop, kpi: str, above: Pick, below: Pick | None) -> Iterator[Unit]:
    is_money = kpi in {"spend", "cost_per_click", "cost_per_mille"}
    for day in shop.channel_days:
        numerator = above(day)
        denominator = below(day) if below else 0
        if numerator is not None and denominator is not None:
            yield Unit(
                day=day.row.date,
                numerator=numerator,
                denominator=denominator,
                channel=day.channel,
                is_missing_rate=is_money and day.is_missing_rate,
            )


def _follower_measures(shop: Shop) -> Iterator[Measure]:
    stocks: dict[str, dict[date, int]] = {}
    mapped: dict[str, str] = {}
    for day in shop.channel_days:
        if day.row.followers is not None:
            of_channel = stocks.setdefault(day.row.channel, {})
            # Campaigns of one day tell of the same followers: the largest number stands.
            of_channel[day.row.date] = max(of_channel.get(day.row.date, 0), day.row.followers)
            mapped[day.row.channel] = day.channel

    def last_before(channel: str, end: date) -> int | None:
        days = [day for day in stocks[channel] if day < end]
        return stocks[channel][max(days)] if days else None

    def held(period: Period) -> list[Unit]:
        ends = {channel: last_before(channel, period.end) for channel in stocks}
        return [
            Unit(day=period.last_day(shop.as_of), numerator=number, channel=mapped[channel])
            for channel, number in ends.items()
            if number is not None
        ]

    changes: list[Unit] = []
    for channel, of_channel in stocks.items():
        days = sorted(of_channel)
        changes += [
            Unit(later, of_channel[later] - of_channel[earlier], channel=mapped[channel])
            for earlier, later in itertools.pairwise(days)
        ]

    def is_new(period: Period, channel: str | None) -> bool:
        """Whether no stock is known from before the period to compare with."""
        return not any(
            min(of_channel) < period.start
            for raw, of_channel in stocks.items()
            if channel in (None, mapped[raw])
        )

    def is_unheard(period: Period, channel: str | None) -> bool:
        return not any(
            min(of_channel) < period.end
            for raw, of_channel in stocks.items()
            if channel in (None, mapped[raw])
        )

    yield Measure("followers", held, summed, is_unheard)
    won = dated("net_new_followers", changes, summed)
    yield Measure("net_new_followers", won.units, summed, is_new)
