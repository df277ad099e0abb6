"""Charts of rows, as Vega-Lite.

Belongs here: how a picture looks. Does not belong here: reading marts (`published`), pages.
Specifications are plain dictionaries, as https://vega.github.io/vega-lite/docs describes them.
"""

from __future__ import annotations

from collections.abc import Mapping

from orchestration.pictures import marks, palette
from orchestration.pictures.marks import Chart
from orchestration.pictures.published import Rows
from orchestration.pictures.words import Words

_ROW = 34
_COHORT_ROW = 20
_SETTLED = "ok"
# 100 is rare, and fits where two digits have air around them.
_PERCENT_DIGITS = 2


def standing(
    rows: Rows, stages: Mapping[str, str], healths: Mapping[str, str], words: Words
) -> Chart:
    """Bars of stages in their order, parted by health.

    Args:
        rows: stage, health, subjects.
        stages: labels by stage, in their order.
        healths: labels by health, in their order.
        words: the language.
    """
    places = list(healths)
    shown = [
        {
            "stage": stages[row["stage"]],
            "health": healths[row["health"]],
            "place": places.index(row["health"]),
            "subjects": row["subjects"],
        }
        for row in rows
    ]
    return marks.chart(
        shown,
        mark="bar",
        height=_ROW * len(stages),
        encoding={
            "y": marks.name("stage", None, stages),
            "x": marks.number("subjects", words("subjects"), axis={"tickMinStep": 1}),
            "color": marks.colour("health", healths, palette.health_colours(places), words),
            "order": marks.number("place", None),
        },
    )


def growth(rows: Rows, stages: Mapping[str, str], words: Words) -> Chart:
    """Stages at each month's end, stacked in their order.

    Args:
        rows: date, stage, subjects.
        stages: labels by stage, in their order.
        words: the language.
    """
    places = list(stages)
    shown = [
        {
            "date": row["date"],
            "stage": stages[row["stage"]],
            "place": places.index(row["stage"]),
            "subjects": row["subjects"],
        }
        for row in rows
    ]
    days = {"field": "date", "type": "temporal", "title": None}
    return marks.chart(
        shown,
        mark="area",
        height=260,
        encoding={
            "x": {**days, "axis": {"format": "%Y-%m", "labelOverlap": True}},
            "y": marks.number("subjects", words("subjects")),
            "color": marks.colour("stage", stages, palette.stage_colours(places), words),
            "order": marks.number("place", None),
        },
    )


def flow(rows: Rows, stages: Mapping[str, str], words: Words) -> Chart:
    """From each stage (a row) to each stage (a column): the share of the row, and how many.

    Args:
        rows: from_stage, to_stage, subjects, share.
        stages: labels by stage, in their order.
        words: the language.
    """
    sources = {**stages, "new": words("new")}
    shown = [
        {
            "from": sources[row["from_stage"]],
            "to": stages[row["to_stage"]],
            "subjects": words.number(row["subjects"]),
            "share": row["share"],
        }
        for row in rows
    ]
    digits = max((len(row["subjects"]) for row in shown), default=1)
    return marks.chart(
        shown,
        height=_ROW * len(sources),
        encoding={
            "y": marks.name("from", words("from"), sources),
            "x": {**marks.name("to", words("to"), stages), "axis": marks.TOP},
        },
        layer=marks.heat_map("share", words("share"), "subjects", len(stages), digits),
    )


def retention(rows: Rows, words: Words) -> Chart:
    """Cohorts (rows) by age (columns): the share that ordered in that month.

    Args:
        rows: cohort_month, age_months, retention_rate.
        words: the language.
    """
    shown = [
        {
            "cohort": f"{row['cohort_month']:%Y-%m}",
            "age": row["age_months"],
            "rate": row["retention_rate"],
            "percent": round(row["retention_rate"] * 100),
        }
        for row in rows
    ]
    cohort = {"field": "cohort", "type": "ordinal", "title": words("cohort")}
    return marks.chart(
        shown,
        height=_COHORT_ROW * len({row["cohort"] for row in shown}),
        encoding={
            "y": {**cohort, "axis": {"titlePadding": 24}},
            "x": {"field": "age", "type": "ordinal", "title": words("age"), "axis": marks.TOP},
        },
        layer=marks.heat_map(
            "rate", words("ordered"), "percent", len({row["age"] for row in shown}), _PERCENT_DIGITS
        ),
    )


def trend(rows: Rows) -> Chart:
    """A small line; months without a number break it, unsettled ones are hollow.

    Args:
        rows: month, value, status.
    """
    shown = [
        {"month": row["month"], "value": row["value"], "settled": row["status"] == _SETTLED}
        for row in rows
    ]
    points = {"type": "point", "size": 14, "color": palette.LINE, "strokeWidth": 1, "opacity": 1}
    return marks.chart(
        shown,
        width=150,
        height=36,
        encoding={
            "x": {"field": "month", "type": "temporal", "axis": None},
            "y": {**marks.number("value", None), "axis": None, "scale": {"zero": False}},
        },
        layer=[
            {"mark": {"type": "line", "color": palette.LINE, "strokeWidth": 1.5}},
            {
                "mark": points,
                "encoding": {"fill": marks.either("datum.settled", palette.LINE, "white")},
            },
        ],
    )
