"""Segments and plays: profiles, lists to download, plays due, and what plays brought."""

from __future__ import annotations

import streamlit as st

from orchestration.dashboard import charts, show
from orchestration.dashboard.context import Context
from orchestration.dashboard.queries import segments
from orchestration.pictures.words import Language

_DIMENSIONS = ("stage", "health", "channel", "country", "category")
_MOST_LISTED = 50


def page(context: Context) -> None:
    """Draw the page."""
    words = context.words
    show.title(words("page_segments"), words("segments_note"))
    titles: dict[str, str] = {}
    with show.section(words, words("profiles"), words("profiles_note")):
        titles = _profiles(context)
    if titles:
        with show.section(words, words("segment")):
            _segment(context, titles)
    with show.section(words, words("plays_due"), words("plays_due_note")):
        _due(context)
    with show.section(words, words("results"), words("results_note")):
        _results(context)


def _profiles(context: Context) -> dict[str, str]:
    words = context.words
    rows = segments.profiles(context.published)
    if not any(row["customers"] for row in rows):
        show.note(words("no_segments"))
        return {}
    units = {
        "customers": "count",
        "share": "share",
        "net_revenue_365d": "money",
        "average_order_value": "money",
        "nps": "count",
    }
    heads = ["share_of_all" if name == "share" else name for name in units]
    texts = ("top_channel", "top_category")
    show.table(
        [words("segment"), *map(words, heads), *map(words, texts), words("kind")],
        [
            [
                words.label(row, "title"),
                *(words.number(row[name], unit) for name, unit in units.items()),
                *(str(row[name] or "–") for name in texts),
                words("persona" if row["is_persona"] else "segment"),
            ]
            for row in rows
        ],
        last_texts=3,
    )
    return {row["segment"]: words.label(row, "title") for row in rows}


def _segment(context: Context, titles: dict[str, str]) -> None:
    words, published = context.words, context.published
    left, right = st.columns(2)
    with left:
        segment = st.selectbox(
            words("segment"), list(titles), format_func=titles.__getitem__, key="segment"
        )
    with right:
        dimension = st.selectbox(
            words("dimension"), _DIMENSIONS, format_func=lambda name: words(f"mix_{name}"),
            key="mix",
        )  # fmt: skip
    members = segments.members(published, segment)
    if not members:
        show.note(words("nobody_in_segment"))
        return
    labels = {"stage": context.stages, "health": context.healths}
    named = labels[dimension]() if dimension in labels else {}
    rows = segments.mix(published, segment, dimension)
    if rows:
        show.picture(charts.mix(rows, named, words), words, titles[segment])
    show.text(words("members", number=words.number(len(members))))
    names = list(members[0])
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
                for row in members[:_MOST_LISTED]
            ],
            texts=3,
        )
    show.download(words, segment, names, [[row[name] for name in names] for row in members])


def _due(context: Context) -> None:
    words = context.words
    rows = segments.plays_due(context.published)
    if not rows:
        show.note(words("no_plays_due"))
        return
    titles = {row["play"]: words.label(row, "title") for row in rows}
    numbers = {row["play"]: words.number(row["subjects"]) for row in rows}
    play = st.selectbox(
        words("play"), list(titles), format_func=lambda name: f"{titles[name]} ({numbers[name]})",
        key="play",
    )  # fmt: skip
    due = segments.due(context.published, play or rows[0]["play"])
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
            for row in due[:_MOST_LISTED]
        ],
        texts=3,
    )
    names = list(due[0])
    show.download(words, f"play_{play}", names, [[row[name] for name in names] for row in due])


def _results(context: Context) -> None:
    words = context.words
    rows = segments.results(context.published)
    if not rows:
        show.note(words("no_results"))
        return
    drawn = [row for row in rows if row["lift"] is not None]
    if drawn:
        show.picture(charts.lifts(drawn, words), words, words("results"))
    head = ("play", "conclusive", "treated", "held_out", "rate_treated", "rate_held_out")
    show.table(
        [*map(words, head), words("lift"), words("interval"), words("incremental")],
        [
            [
                str(row["play"]),
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
