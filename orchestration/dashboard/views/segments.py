"""Segments and plays: profiles, lists to download, plays due, and what plays brought."""

from __future__ import annotations

import streamlit as st

from orchestration.dashboard import show
from orchestration.dashboard.charts.segments import lift_intervals, mix_bars
from orchestration.dashboard.context import Context
from orchestration.dashboard.queries import segments
from orchestration.pictures.published import Rows
from orchestration.pictures.words import Language

_DIMENSIONS = ("stage", "health", "channel", "country", "category")
_MOST_LISTED = 50


def page(context: Context) -> None:
    """Draw the page."""
    words = context.words
    show.title(words("page_segments"), context.with_currency(words("segments_note")))
    rows: Rows = ()
    with show.section(words, words("profiles"), words("profiles_note")):
        rows = _profiles(context)
    if rows:
        with show.section(words, words("segment")):
            _segment(context, rows)
    with show.section(
        words, words("plays_due"), f"{words('plays_due_note')} {words('expected_value_note')}"
    ):
        _due(context)
    with show.section(words, words("results"), words("results_note")):
        _results(context)


def _profiles(context: Context) -> Rows:
    words = context.words
    rows = segments.profiles(context.published)
    if not any(row["customers"] for row in rows):
        show.note(words("no_segments"))
        return ()
    units = {
        "customers": "count",
        "share": "share",
        "net_revenue_365d": "money",
        "average_order_value": "money",
        "nps": "count",
    }
    heads = ["share_of_all" if name == "share" else name for name in units]
    texts = ("top_channel", "top_category")
    for kind, is_persona in (("segment", False), ("persona", True)):
        show.table(
            [words(kind), *map(words, heads), *map(words, texts)],
            [
                [
                    words.label(row, "title"),
                    *(words.number(row[name], unit) for name, unit in units.items()),
                    *(str(row[name] or "–") for name in texts),
                ]
                for row in rows
                if row["is_persona"] == is_persona
            ],
            last_texts=2,
        )
    return rows


def _segment(context: Context, profiles: Rows) -> None:
    words, published = context.words, context.published
    titles = {row["segment"]: words.label(row, "title") for row in profiles}
    sizes = {row["segment"]: row["customers"] for row in profiles}
    left, right = st.columns(2)
    with left:
        chosen = st.selectbox(
            words("segment"), list(titles), format_func=titles.__getitem__, key="segment"
        )
        segment = chosen or str(profiles[0]["segment"])
    with right:
        dimension = st.selectbox(
            words("dimension"), _DIMENSIONS, format_func=lambda name: words(f"mix_{name}"),
            key="mix",
        )  # fmt: skip
    if not sizes[segment]:
        show.note(words("nobody_in_segment"))
        return
    labels = {"stage": context.stages, "health": context.healths}
    named = labels[dimension]() if dimension in labels else {}
    rows = segments.mix(published, segment, dimension)
    if rows:

        def as_table() -> None:
            show.table(
                [words(f"mix_{dimension}"), words("customers")],
                [
                    [
                        named.get(str(row["dimension_value"]), str(row["dimension_value"])),
                        words.number(row["customers"]),
                    ]
                    for row in rows
                ],
            )

        show.picture(mix_bars(rows, named, words), words, titles[segment], as_table)
    show.text(words("members", number=words.number(sizes[segment])))
    with st.expander(words("as_list")):
        show.table(
            list(map(words, ("customer", "country", "channel", "orders", "net_revenue"))),
            [
                [
                    str(row["subject_id"]),
                    str(row["country"] or "–"),
                    str(row["acquisition_channel"] or "–"),
                    words.number(row["orders"]),
                    words.number(row["net_revenue"], "money"),
                ]
                for row in segments.members(published, segment, _MOST_LISTED)
            ],
            texts=3,
        )
    show.download(words, segment, lambda: segments.members(published, segment))


def _due(context: Context) -> None:
    words, published = context.words, context.published
    rows = segments.plays_due(published)
    if not rows:
        show.note(words("no_plays_due"))
        return
    titles = {row["play"]: words.label(row, "title") for row in rows}
    numbers = {row["play"]: words.number(row["subjects"]) for row in rows}
    play = st.selectbox(
        words("play"), list(titles), format_func=lambda name: f"{titles[name]} ({numbers[name]})",
        key="play",
    )  # fmt: skip
    play = play or rows[0]["play"]
    is_italian = words.language is Language.IT
    show.table(
        list(map(words, ("customer", "channel", "why", "due_until", "expected_value"))),
        [
            [
                str(row["subject_id"]),
                str(row["channel"]),
                str(row["why_it"] if is_italian else row["why"]),
                words.day(row["due_until"]),
                words.number(row["expected_value"], "money"),
            ]
            for row in segments.due(published, play, _MOST_LISTED)
        ],
        texts=3,
    )
    show.download(words, f"play_{play}", lambda: segments.due(published, play))


def _results(context: Context) -> None:
    words = context.words
    rows = segments.results(context.published)
    if not rows:
        show.note(words("no_results"))
        return
    drawn = [row for row in rows if row["lift"] is not None]

    def as_table() -> None:
        _results_table(context, rows)

    if drawn:
        chart = lift_intervals(drawn, words)
        show.picture(chart, words, words("results"), as_table, is_open=True)
    else:
        as_table()


def _results_table(context: Context, rows: Rows) -> None:
    words = context.words
    head = ("play", "conclusive", "treated", "held_out", "rate_treated", "rate_held_out")
    show.table(
        [*map(words, head), words("lift"), words("interval"), words("incremental")],
        [
            [
                words.label(row, "title"),
                words("yes" if row["is_conclusive"] else "not_yet"),
                words.number(row["treat_persons"]),
                words.number(row["holdout_persons"]),
                words.number(row["treat_rate"], "share"),
                words.number(row["holdout_rate"], "share"),
                words.number(row["lift"], "share"),
                f"{words.number(row['lift_low'], 'share')} … "
                f"{words.number(row['lift_high'], 'share')}",
                words.number(row["incremental_revenue"], "money"),
            ]
            for row in rows
        ],
        texts=2,
    )
