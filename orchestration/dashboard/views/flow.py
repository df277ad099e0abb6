"""Flow: who went from stage to stage, how long they stay, what one more in a hundred is worth."""

from __future__ import annotations

import streamlit as st

from orchestration.dashboard import show
from orchestration.dashboard.charts.flow import ODDS, odds_bars, sankey
from orchestration.dashboard.context import Context
from orchestration.dashboard.queries import flow


def page(context: Context) -> None:
    """Draw the page."""
    words = context.words
    lead = context.with_currency(words("flow_note", framework=context.framework))
    show.title(words("page_flow"), lead)
    with show.section(words, words("moves"), words("moves_note")):
        _moves(context)
    with show.section(words, words("pace"), words("pace_note")):
        _pace(context)
    with show.section(words, words("odds"), words("odds_note")):
        _odds(context)
    with show.section(words, words("one_more"), words("one_more_note")):
        _one_more(context)


def _moves(context: Context) -> None:
    words, published, framework = context.words, context.published, context.framework
    months = flow.months(published, framework)
    if not months:
        show.note(words("no_flow"))
        return
    month = st.selectbox(
        words("month"), months, format_func=lambda day: f"{day:%Y-%m}", key="flow_month"
    )
    is_whole = st.toggle(words("with_stayers"), key="flow_whole")
    stages = {"new": words("new"), **context.stages()}
    rows = flow.moves(published, framework, month)
    shown = [row for row in rows if is_whole or row["from_stage"] != row["to_stage"]]
    if not shown:
        show.note(words("nobody_moved"))
        return

    def as_table() -> None:
        show.table(
            [words("from"), words("to"), words("subjects"), words("share")],
            [
                [
                    stages[row["from_stage"]],
                    stages[row["to_stage"]],
                    words.number(row["subjects"]),
                    words.number(row["share"], "share"),
                ]
                for row in rows
            ],
            texts=2,
        )

    show.picture(sankey(shown, stages, words), words, words("moves"), as_table)


def _pace(context: Context) -> None:
    words, published, framework = context.words, context.published, context.framework
    stages = context.stages()
    days = flow.stage_kpi(published, framework, "median_days_in_stage")
    steps = {
        row["stage"]: row
        for row in flow.stage_kpi(published, framework, "stage_conversion_rate_90d")
    }
    if all(row["value"] is None for row in [*days, *steps.values()]):
        show.note(words("no_pace"))
        return
    cells: list[list[str]] = []
    for row in days:
        step = steps[row["stage"]]
        cells.append(
            [
                stages[row["stage"]],
                words.number(row["value"], "days"),
                f"{row['month']:%Y-%m}" if row["month"] else "–",
                words.number(step["value"], "share"),
                f"{step['month']:%Y-%m}" if step["month"] else "–",
            ]
        )
    head = ("stage", "median_days", "begun_in", "conversion_90d", "begun_in")
    show.table(list(map(words, head)), cells)


def _odds(context: Context) -> None:
    words, stages = context.words, context.stages()
    rows = flow.odds(context.published, context.framework)
    if not rows:
        show.note(words("no_odds"))
        return

    def as_table() -> None:
        show.table(
            list(map(words, ("stage", "seen", "advanced_30d", "fell_back_30d", "lapsed_30d"))),
            [
                [
                    stages[row["stage"]],
                    words.number(row["subjects"]),
                    *(words.number(row[name], "share") for name in ODDS),
                ]
                for row in rows
            ],
        )

    show.picture(odds_bars(rows, stages, words), words, words("odds"), as_table)


def _one_more(context: Context) -> None:
    words, stages = context.words, context.stages()
    rows = flow.odds(context.published, context.framework)
    worth = [row for row in rows if row["value_to_advance"] is not None]
    if not worth:
        is_default = context.framework == context.published.build.default_framework
        show.note(words("no_worth" if is_default else "worth_of_default"))
        return
    show.table(
        [words("stage"), words("worth_a_year")],
        [[stages[row["stage"]], words.number(row["value_to_advance"], "money")] for row in worth],
    )
