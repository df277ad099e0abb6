"""The reference reads docs/kpi_conventions.md#status and #periods-and-roll-up as by hand."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from tests.reference.kpis import values
from tests.reference.kpis.periods import period_of, periods
from tests.reference.kpis.small import numbers, told
from tests.reference.small import day, event, order
from tests.reference.world import World


def test_weeks_are_iso_weeks_and_a_leap_day_ends_its_month():
    assert period_of("week", day("2021-01-03")).start == day("2020-12-28")
    assert period_of("week", day("2021-01-04")).start == day("2021-01-04")
    assert period_of("month", day("2020-02-29")).end == day("2020-03-01")
    assert len(periods("month", day("2020-01-31"), day("2020-03-01"))) == 3


@pytest.mark.parametrize(
    ("exact", "places", "rounded"),
    [("0.00005", 4, "0.0001"), ("-0.00005", 4, "-0.0001"), ("0.000049", 4, "0.0000")],
)
def test_halves_are_rounded_away_from_zero(exact: str, places: int, rounded: str):
    assert values.rounded(Fraction(exact), places) == Decimal(rounded)


def test_money_without_a_rate_is_never_a_number():
    world = World(orders=(order("a", "2020-01-01"), order("b", "2020-01-02", currency="JPY")))
    assert told(world, "gross_revenue", "2020-01-01") == (None, None, "missing_rate")
    assert told(world, "gross_revenue", "2020-01-01", "day") == numbers(100, None)
    assert told(world, "orders", "2020-01-01") == numbers(2, None)


def test_each_status_but_the_small_sample_has_its_case():
    world = World(orders=(order("o", "2020-11-15"),))
    assert told(world, "sessions", "2020-11-01") == (None, None, "no_input")
    assert told(world, "orders", "2020-11-01", as_of_date=day("2020-11-29")) == numbers(
        1, None, "partial"
    )
    assert told(world, "orders", "2020-11-01", as_of_date=day("2020-11-30")) == numbers(1, None)
    assert told(world, "average_order_value", "2020-12-01") == numbers(0, 0, "no_base")
    assert told(world, "second_order_rate_90d", "2020-11-01") == numbers(0, 1, "immature")


def test_ratings_of_29_are_a_small_sample_and_of_30_are_not():
    def answers(count: int) -> World:
        return World(
            events=tuple(
                event(
                    f"e{n}", "2020-01-01", "CSAT Answered", anonymous_id=f"d{n}", value=Decimal(4)
                )
                for n in range(count)
            )
        )

    assert told(answers(29), "csat", "2020-01-01") == numbers(29, 29, "small_sample")
    assert told(answers(30), "csat", "2020-01-01") == numbers(30, 30)
