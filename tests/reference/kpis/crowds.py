"""Hypothesis strategies for rows of a whole shop: answers of many, reports of channels.

Belongs here: what concerns no small group of people. Does not belong here: those groups
(``strategies``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from tests.reference.invented.strategies import Draft
from tests.reference.kpis.strategies import CENTS, DAY, SECOND, say
from tests.reference.world import ChannelDay, Event, Order, Settings, World

# From the last month backwards; orders are worth up to 20,000, and some twenty a month are firsts.
CAMPAIGN_SPEND = (900, 30_000, 80_000, 60_000, 9_000, 5_000, 3_000, 20_001, 1_500)
LAUNCH_DAYS_BACK = 440  # In a month before that of everybody else's first order.
CHANNELS = ("google", "facebook", "newsletter", "Meta", "tv", "nobody knows")


@st.composite
def polls(draw: Callable[[Any], Any], settings: Settings, end: date) -> World:
    """Visitors who answer on one day: one too few to be a sample on one day, enough on another."""
    draft = Draft(draw, settings, end, [end], [], [], received=False)
    for day, answers in ((end - 45 * DAY, 29), (end - 75 * DAY, 30)):
        for number in range(answers):
            for name, high in (("NPS Answered", 10), ("CSAT Answered", 5)):
                who = {"anonymous_id": f"d{number}"}
                said = say(draft, name, draft.instant(day), who)
                score = Decimal(draw(st.integers(1, high)))
                draft.rows["events"][-1] = replace(said, value=score)
    return draft.world()


def launch(end: date) -> World:
    """Whoever was first and paid back the launch two months later, and a guest much later.

    A chat of theirs is answered after a while, which the draws of a small shop may leave out.
    """
    first_on = datetime.combine(end - LAUNCH_DAYS_BACK * DAY, time(12))
    chatted_at = datetime.combine(end - 40 * DAY, time(12))
    chat = '{"chat_id": "h1"}'
    return World(
        events=(
            Event("e1", "Chat Started", chatted_at, user_id="c1", properties=chat),
            Event(
                "e2",
                "Chat Answered",
                chatted_at + 40 * SECOND,
                user_id="c1",
                properties=chat,
            ),
        ),
        orders=(
            Order("o1", first_on, Decimal(1000), customer_id="c1"),
            Order("o2", first_on + 62 * DAY, Decimal(3000), customer_id="c1"),
            Order("o3", first_on + 400 * DAY, Decimal(20)),
        ),
    )


@st.composite
def channel_days(draw: Callable[[Any], Any], end: date) -> tuple[ChannelDay, ...]:
    """What channels report of the last months, with gaps, holes and a day after ``end``."""
    number = st.one_of(st.none(), st.integers(0, 900))
    rows: dict[tuple[date, str, str], ChannelDay] = {}
    for _ in range(draw(st.integers(60, 90))):
        # Rates above one block publishing, so nobody reacts to what was not shown.
        impressions = draw(st.one_of(st.none(), st.just(0), st.integers(300, 900)))
        most = 900 if impressions is None else impressions
        part = st.one_of(st.none(), st.integers(0, most // 3))
        row = ChannelDay(
            date=end - timedelta(days=draw(st.integers(-1, 75))),
            channel=draw(st.sampled_from(CHANNELS)),
            campaign=draw(st.sampled_from(("", "", "spring"))),
            impressions=impressions,
            clicks=draw(part),
            spend=draw(st.sampled_from((None, *CENTS))),
            currency=draw(st.sampled_from((None, "EUR", "USD"))),
            followers=draw(number),
            likes=draw(part),
            comments=draw(part),
            shares=draw(part),
            podcast_downloads=draw(number),
            podcast_listeners=draw(number),
            reach=draw(number),
        )
        rows.setdefault((row.date, row.channel, row.campaign), row)
    return (*rows.values(), *_parts(draw, list(rows.values())), *_campaigns(end))


def _parts(draw: Callable[[Any], Any], rows: list[ChannelDay]) -> Iterator[ChannelDay]:
    """More rows of some keys: in the same file parts of one, in a later file another version."""
    for row in rows[::6]:
        clicks = None if row.impressions is None else 1
        part = ChannelDay(row.date, row.channel, row.campaign, clicks=clicks, reach=5, followers=3)
        spend = draw(st.sampled_from((None, *CENTS)))
        yield replace(part, spend=spend, currency="USD", podcast_listeners=7)
    for row in rows[3::9]:
        yield replace(row, spend=Decimal(3), reach=None, delivery=10)


def _campaigns(end: date) -> Iterator[ChannelDay]:
    """Spend that the new customers of a month pay back at once, months later, or never."""
    yield ChannelDay(end - LAUNCH_DAYS_BACK * DAY, "tv", "launch", spend=Decimal(2000))
    for months, spend in enumerate(CAMPAIGN_SPEND):
        yield ChannelDay(
            end - timedelta(days=30 * months + 5), "tv", "launch", spend=Decimal(spend)
        )
