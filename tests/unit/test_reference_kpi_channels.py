"""The reference finds the channel of a session as worked out here by hand."""

from __future__ import annotations

from typing import Any

import pytest

from tests.reference.kpis.catalogue import Seeds
from tests.reference.kpis.small import numbers, told
from tests.reference.small import event, order
from tests.reference.world import World

CHANNELS = {
    ("", ""): "direct_by_map",
    ("google", "cpc"): "paid_search",
    ("google", "organic"): "organic_search",
    ("google", ""): "search",
    ("facebook", ""): "social",
    ("known.example", "referral"): "partner",
    ("blog.example", ""): "blogs",
    ("pos", ""): "store",
}
SEEDS = Seeds(
    entries={},
    channels=CHANNELS,
    click_ids=(("gclid", "google", "cpc"), ("fbclid", "facebook", "paid")),
    referrers={
        "google.com": ("google", "organic"),
        "mail.google.com": ("gmail", "email"),
        "paypal.com": ("paypal", "payment"),
        "listed.example": ("google", "video"),
    },
)
SHOP = "https://shop.example/"


def channel(**columns: Any) -> str:
    return SEEDS.channel_of(event("e", "2020-01-01", **columns), ("shop.example",))


@pytest.mark.parametrize(
    ("source", "medium", "expected"),
    [
        ("google", "cpc", "paid_search"),
        (" Google ", "CPC", "paid_search"),
        ("google", "video", "search"),
        ("nobody", "cpc", "unknown"),
        (None, "cpc", "direct_by_map"),
    ],
)
def test_columns_are_looked_up_exactly_then_without_the_medium(source, medium, expected: str):
    assert channel(utm_source=source, utm_medium=medium) == expected


def test_any_utm_column_stops_the_search():
    landed = {"page_url": f"{SHOP}?gclid=x", "referrer": "https://google.com/"}
    assert channel(**landed, utm_campaign="spring") == "direct_by_map"
    assert channel(**landed, utm_medium="email") == "direct_by_map"
    assert channel(**landed) == "paid_search"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("utm_source=google&utm_medium=organic", "organic_search"),
        ("utm_source=Google%20&utm_medium=cpc&fbclid=x", "paid_search"),
        ("utm_campaign=spring&gclid=x", "direct_by_map"),
        ("utm_source=&gclid=x", "paid_search"),  # blank parameters say nothing
        ("gclid=x", "paid_search"),
        ("fbclid=x", "social"),
        ("fbclid=x&gclid=y", "paid_search"),  # the first row of the seed
        ("gclid=", "direct"),
        ("q=1", "direct"),
    ],
)
def test_a_landing_page_tells_by_utm_parameters_then_by_click_ids(query: str, expected: str):
    assert channel(page_url=f"{SHOP}?{query}") == expected


@pytest.mark.parametrize(
    ("referrer", "expected"),
    [
        ("https://www.google.com/search", "organic_search"),
        ("https://GOOGLE.com", "organic_search"),
        ("https://mail.google.com/x", "unknown"),  # the longest name is listed without a channel
        ("https://notgoogle.com/", "referral"),
        ("https://listed.example/", "search"),
        ("https://www.paypal.com/", "direct"),
        ("https://shop.example/cart", "direct"),
        ("https://pay.shop.example/", "direct"),
        ("https://myshop.example/", "referral"),
        ("https://known.example/", "partner"),
        ("https://blog.example:8080/", "blogs"),
        (None, "direct"),
        ("", "direct"),
    ],
)
def test_a_referrer_tells_by_its_host(referrer: str | None, expected: str):
    assert channel(referrer=referrer) == expected


def test_an_unlisted_host_may_have_a_channel_of_all_referrals():
    seeds = Seeds({}, {**CHANNELS, ("", "referral"): "links"}, referrers={})
    row = event("e", "2020-01-01", referrer="https://anybody.example/")
    assert seeds.channel_of(row, ()) == "links"


def test_a_session_has_the_channel_of_its_first_event():
    world = World(
        events=(
            event("a", "2020-01-01 12:00:00", page_url=f"{SHOP}?utm_source=google&utm_medium=cpc"),
            event("b", "2020-01-01 12:01:00", utm_source="facebook"),
        ),
        orders=(order("o", "2020-01-01", source_channel="pos", utm_source=None),),
    )
    by_channel = ("channel", "paid_search")
    assert told(world, "sessions", "2020-01-01", slice_=by_channel) == numbers(1, None)
