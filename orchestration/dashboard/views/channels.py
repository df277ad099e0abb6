"""Channels: what is spent, whom it brings, by which ways, and who gets the credit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from orchestration.dashboard import show
from orchestration.dashboard.charts.channels import credit_marks, loyal_bars
from orchestration.dashboard.context import Context
from orchestration.dashboard.queries import channels

_MONTHS = (3, 6, 12, 24)
_MOST_PATHS = 15


def page(context: Context) -> None:
    """Draw the page."""
    words = context.words
    show.title(words("page_channels"), context.with_currency(words("channels_note")))
    with show.section(words, words("performance"), words("performance_note")):
        if not channels.has_events(context.published):
            show.note(words("no_events"))
        _performance(context)
    with show.section(words, words("to_loyal"), words("to_loyal_note")):
        _to_loyal(context)
    with show.section(words, words("attribution"), words("attribution_note")):
        _attribution(context)
    with show.section(words, words("paths"), words("paths_note")):
        _paths(context)


def _performance(context: Context) -> None:
    words = context.words
    months = st.selectbox(
        words("finished_months"), _MONTHS, format_func=lambda n: words("last_months", months=n),
        key="channel_months",
    )  # fmt: skip
    rows = channels.performance(context.published, months)
    if not rows:
        show.note(words("no_channels"))
        return
    units = {
        "spend": "money",
        "sessions": "count",
        "orders": "count",
        "new_customers": "count",
        "acquisition_cost": "money",
        "net_revenue": "money",
        "return_on_spend": "ratio",
    }
    show.table(
        [words("channel"), *map(words, units)],
        [
            [str(row["channel"]), *(words.number(row[name], unit) for name, unit in units.items())]
            for row in rows
        ],
    )


def _to_loyal(context: Context) -> None:
    words = context.words
    rows = channels.to_loyal(context.published)
    if not rows:
        show.note(words("no_channels_ever"))
        return
    units = {
        "spend": "money",
        "sessions": "count",
        "customers": "count",
        "loyal": "count",
        "cost_per_loyal": "money",
        "net_revenue": "money",
    }

    def as_table() -> None:
        show.table(
            [words("channel"), *map(words, units)],
            [
                [
                    str(row["channel"]),
                    *(words.number(row[name], unit) for name, unit in units.items()),
                ]
                for row in rows
            ],
        )

    drawn = [row for row in rows if row["customers"]]
    if drawn:
        show.picture(loyal_bars(drawn, words), words, words("to_loyal"), as_table, is_open=True)
    else:
        as_table()


def _attribution(context: Context) -> None:
    words = context.words
    rows = channels.attribution(context.published)
    if not rows:
        show.note(words("no_attribution"))
        return

    def as_table() -> None:
        names = [words(f"model_{model}") for model in channels.MODELS]
        show.table(
            [words("channel"), *names],
            [
                [str(row["channel"]), *(words.number(row[m], "ratio") for m in channels.MODELS)]
                for row in rows
            ],
        )

    chart = credit_marks(rows, channels.MODELS, words)
    show.picture(chart, words, words("attribution"), as_table)


def _paths(context: Context) -> None:
    words = context.words
    rows = channels.paths(context.published, _MOST_PATHS)
    if not rows:
        show.note(words("no_paths"))
        return
    show.table(
        list(map(words, ("path", "customers", "first_order_value", "median_gap"))),
        [
            [
                _way(context, row),
                words.number(row["customers"]),
                words.number(row["revenue"], "money"),
                words.number(row["median_days"], "days"),
            ]
            for row in rows
        ],
    )


def _way(context: Context, row: Mapping[str, Any]) -> str:
    path = str(row["path"]).replace(">", "→")
    return path if row["steps"] else context.words("unseen_way", channel=path)
