"""The reference reads docs/kpi_conventions.md#status and #periods-and-roll-up as by hand."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from tests.reference.kpis import catalogue, values
from tests.reference.kpis.periods import period_of, periods
from tests.reference.kpis.small import numbers, rows_of, said, told
from tests.reference.small import day, event, order
from tests.reference.world import ChannelDay, World


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


@pytest.mark.parametrize(
    ("grain", "first_month", "on", "start", "end"),
    [
        ("quarter", 1, "2020-03-31", "2020-01-01", "2020-04-01"),
        ("quarter", 1, "2020-04-01", "2020-04-01", "2020-07-01"),
        ("quarter", 2, "2020-01-31", "2019-11-01", "2020-02-01"),
        ("quarter", 2, "2020-02-01", "2020-02-01", "2020-05-01"),
        ("year", 1, "2020-12-31", "2020-01-01", "2021-01-01"),
        ("year", 4, "2020-03-31", "2019-04-01", "2020-04-01"),
        ("year", 4, "2020-04-01", "2020-04-01", "2021-04-01"),
        ("month", 4, "2020-02-29", "2020-02-01", "2020-03-01"),
    ],
)
def test_quarters_and_years_begin_with_the_fiscal_year(grain, first_month, on, start, end):
    found = period_of(grain, day(on), first_month)
    assert (found.start, found.end) == (day(start), day(end))


def test_the_fiscal_year_is_a_setting_and_every_kpi_with_months_has_quarters_and_years():
    world = World(orders=(order("o", "2020-02-15"), order("p", "2020-05-15")))
    assert told(world, "orders", "2020-01-01", "year") == numbers(2, None)
    given = {"fiscal_year_start_month": 4, "as_of_date": day("2021-03-31")}
    assert told(world, "orders", "2019-04-01", "year", **given) == numbers(1, None)
    assert told(world, "orders", "2020-04-01", "quarter", **given) == numbers(1, None)
    for entry in catalogue.entries().values():
        assert {"month", "quarter", "year"} <= set(entry.grains)


@pytest.mark.parametrize(("history", "first"), [(30, "2020-12-01"), (31, "2020-11-01")])
def test_kpis_begin_with_the_whole_period_of_the_first_day_of_their_history(history, first: str):
    world = World(orders=(order("o", "2020-11-02"), order("p", "2020-12-01", customer_id="d")))
    found = [row for row in rows_of(world, "orders", kpi_history_days=history) if row.numerator]
    months = [row.period_start for row in found if row.period_grain == "month"]
    assert min(months) == day(first)
    opening = {"2020-12-01": "2020-12-01", "2020-11-01": "2020-11-30"}[first]
    assert min(
        row.period_start
        for row in rows_of(world, "orders", kpi_history_days=history)
        if row.period_grain == "day"
    ) == day(opening)


def test_a_slice_of_nothing_is_not_written_but_all_is():
    world = World(
        orders=(order("o", "2020-01-02"),),
        channel_daily=(
            ChannelDay(day("2020-01-02"), "google", impressions=0),
            ChannelDay(day("2020-01-02"), "facebook", impressions=5),
        ),
    )
    found = rows_of(world, "impressions")
    named = {row.dimension_value for row in found if row.dimension == "channel"}
    assert len(named) == 1
    assert told(world, "impressions", "2020-02-01") == (None, None, "no_input")
    assert told(world, "orders", "2020-02-01") == numbers(0, None)
    # A rate of nothing has a denominator, and a median of nothing is no absence.
    assert told(world, "refund_rate", "2020-01-01", slice_=("country", "unknown")) is not None
    assert told(
        world, "median_days_to_first_order", "2020-01-01", slice_=("country", "unknown")
    ) == numbers(0, None)


def test_a_kpi_without_any_input_is_written_for_months_and_all_alone():
    world = World(orders=(order("o", "2020-11-15"),))
    found = rows_of(world, "csat")
    assert {(row.period_grain, row.dimension) for row in found} == {("month", "all")}
    assert {row.status for row in found} == {"no_input"}
    # One of two inputs is there: the other is missing, in every grain.
    grains = {row.period_grain for row in rows_of(world, "tickets_per_100_orders")}
    assert grains == {"day", "week", "month", "quarter", "year"}


def test_hours_carry_ten_decimals_and_nothing_is_rounded_on_the_way():
    world = World(
        events=(
            said("a", "2020-01-01 12:00:00", "Ticket Opened", ticket_id="t"),
            said("b", "2020-01-01 12:01:00", "Ticket First Response", ticket_id="t"),
            said("c", "2020-01-02 12:00:00", "Ticket Opened", ticket_id="u"),
            said("d", "2020-01-02 12:01:00", "Ticket First Response", ticket_id="u"),
        )
    )
    assert told(world, "first_response_hours", "2020-01-01", "day") == numbers("0.0166666667", 1)
    # Two sixtieths, not twice the rounded one.
    assert told(world, "first_response_hours", "2020-01-01") == numbers("0.0333333333", 2)


def stages_of(world: World, kpi: str, **settings: Any) -> dict[str, Decimal | None]:
    return {
        row.dimension_value: row.numerator
        for row in rows_of(world, kpi, **settings)
        if row.dimension == "stage" and row.period_grain == "month"
    }


def test_the_stage_of_a_fact_is_that_of_its_eve():
    world = World(
        events=(event("e", "2020-03-01", "Newsletter Subscribed"),),
        orders=(order("o", "2020-03-02"), order("p", "2020-03-03")),
    )
    # The first order finds a person engaged, the second one converted, the lead nobody seen.
    assert stages_of(world, "orders") == {"engagement": 1, "conversion": 1}
    assert stages_of(world, "sessions") == {"unknown": 1}


def test_a_later_stage_moves_no_past_slice():
    orders = (order("o", "2020-03-02"), order("p", "2020-03-03"))
    later = (*orders, order("q", "2020-04-01"), order("r", "2020-05-01"))
    before = stages_of(World(orders=orders), "orders", as_of_date=day("2020-03-31"))
    after = [
        row
        for row in rows_of(World(orders=later), "orders")
        if row.dimension == "stage" and row.period_start == day("2020-03-01")
    ]
    assert before == {"unknown": 1, "conversion": 1}
    assert {row.dimension_value: row.numerator for row in after if row.period_grain == "month"} == (
        before
    )


def test_every_kpi_by_health_is_by_stage_too():
    for entry in catalogue.entries().values():
        assert ("health" in entry.dimensions) == ("stage" in entry.dimensions)


@pytest.mark.parametrize(
    ("columns", "known", "numbers_"),
    [
        (({"clicks": 1}, {"impressions": 9}), True, (1, 9)),
        (({"clicks": 1}, {"clicks": 2, "impressions": 9}), True, (3, 9)),
        (({"clicks": 1}, {"reach": 9}), False, (0, 0)),
    ],
)
def test_parts_of_a_channel_row_make_one_row(columns, known: bool, numbers_: tuple[int, int]):
    parts = tuple(ChannelDay(day("2020-01-02"), "google", **each) for each in columns)
    world = World(orders=(order("o", "2020-01-02"),), channel_daily=parts)
    status = "ok" if known else "no_input"
    expected = numbers(*numbers_) if known else (None, None, status)
    assert told(world, "click_through_rate", "2020-01-01") == expected
