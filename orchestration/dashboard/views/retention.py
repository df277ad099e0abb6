"""Retention: cohorts by age, how long silences last, and which order is the hard one."""

from __future__ import annotations

from collections.abc import Mapping
from operator import itemgetter
from typing import Any

import streamlit as st

from orchestration.dashboard import show
from orchestration.dashboard.charts.retention import HORIZONS, order_lines, silence_curves
from orchestration.dashboard.context import Context
from orchestration.dashboard.queries import retention
from orchestration.pictures import charts
from orchestration.pictures.published import Rows

_ALL = "all"
_DAYS = 365
# Of curves that may step on every day, a table that people read tells each tenth.
_TABLE_EVERY = 10


def page(context: Context) -> None:
    """Draw the page."""
    words = context.words
    show.title(words("page_retention"), context.with_currency(words("retention_note")))
    picked = None
    with show.section(words, words("retention"), words("cohorts_note")):
        picked = _pick(context)
        if picked is not None:
            _cohorts(context, *picked)
    if picked is None:
        return
    with show.section(words, words("sequence"), words("sequence_note")):
        _sequence(context, *picked)
    with show.section(words, words("silences"), words("silences_note")):
        _silences(context)


def _pick(context: Context) -> tuple[str, str] | None:
    words = context.words
    rows = retention.slices(context.published)
    if not rows:
        show.note(words("no_cohorts"))
        return None
    left, right = st.columns(2)
    names = list(dict.fromkeys(str(row["dimension"]) for row in rows))
    with left:
        dimension = st.selectbox(
            words("dimension"), names, format_func=lambda name: words(f"dimension_{name}"),
            key="cohort_dimension",
        )  # fmt: skip
    values = {
        str(row["dimension_value"]): f"{_value(context, row['dimension_value'])} "
        f"({words.number(row['customers'])})"
        for row in rows
        if row["dimension"] == dimension
    }
    with right:
        value = st.selectbox(
            words("slice"), list(values), format_func=values.__getitem__,
            key=f"cohort_value_{dimension}",
        )  # fmt: skip
    return dimension, value


def _value(context: Context, value: str) -> str:
    return context.words("all_together") if value == _ALL else value


def _cohorts(context: Context, dimension: str, value: str) -> None:
    words = context.words
    rows = retention.cohorts(context.published, dimension, value)
    if not rows:
        show.note(words("no_retention"))
        return

    def as_table() -> None:
        show.table(
            list(map(words, ("cohort", "age", "customers", "active", "ordered"))),
            [
                [
                    f"{row['cohort_month']:%Y-%m}",
                    words.number(row["age_months"]),
                    words.number(row["customers"]),
                    words.number(row["active"]),
                    words.number(row["retention_rate"], "share"),
                ]
                for row in rows
            ],
        )

    show.picture(charts.retention(rows, words), words, words("retention"), as_table)


def _sequence(context: Context, dimension: str, value: str) -> None:
    words = context.words
    rows = retention.order_days(context.published, dimension, value)
    if not rows:
        show.note(words("no_sequence"))
        return
    if all(row[name] is None for row in rows for name in HORIZONS):
        show.note(words("no_horizon"))
        return

    def as_table() -> None:
        head = ("order_day", "customers", *HORIZONS, "median_gap", "average_order_value")
        show.table(
            list(map(words, head)),
            [
                [
                    f"{row['order_day_number']}{'+' if row['is_pooled'] else ''}",
                    words.number(row["customers"]),
                    *(words.number(row[name], "share") for name in HORIZONS),
                    words.number(row["median_days"], "days"),
                    words.number(row["average_order_value"], "money"),
                ]
                for row in rows
            ],
        )

    show.picture(order_lines(rows, words), words, words("sequence"), as_table)


def _silences(context: Context) -> None:
    words = context.words
    rows = retention.silences(context.published, _DAYS)
    if not rows:
        show.note(words("no_silences"))
        return

    def as_table() -> None:
        show.table(
            list(map(words, ("days_since", "gap", "not_back", "customers"))),
            [
                [
                    words.number(row["day"]),
                    words("after_order", number=row["gap_ordinal"]),
                    words.number(row["survival"], "share"),
                    words.number(row["at_risk"]),
                ]
                for row in at_round_days(rows)
            ],
            texts=2,
        )

    show.picture(silence_curves(rows, words), words, words("silences"), as_table)


def at_round_days(rows: Rows) -> Rows:
    """What curves say on each tenth day: as on the last day before on which they stepped."""
    curves: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        curves.setdefault(str(row["gap_ordinal"]), []).append(row)
    return [
        {**max((row for row in curve if row["day"] <= day), key=itemgetter("day")), "day": day}
        for curve in curves.values()
        for day in range(_TABLE_EVERY, curve[-1]["day"] + 1, _TABLE_EVERY)
        if curve[0]["day"] <= day
    ]
