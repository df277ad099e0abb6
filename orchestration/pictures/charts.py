"""Charts of rows, as Vega-Lite.

Belongs here: how a picture looks. Does not belong here: reading marts (`published`), pages.
Specifications are plain dictionaries, as https://vega.github.io/vega-lite/docs describes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from orchestration.pictures import palette
from orchestration.pictures.published import Rows
from orchestration.pictures.words import Words

Chart = dict[str, Any]

_WIDTH = 640
_ROW = 34
_COHORT_ROW = 20
_SETTLED = "ok"
_DARK_FROM = 0.45
_LOOK = {
    "font": "system-ui, sans-serif",
    "view": {"stroke": None},
    "axis": {"grid": False, "labelLimit": 200},
}
_TOP = {"orient": "top", "labelAngle": 0}


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
    return _chart(
        shown,
        mark="bar",
        height=_ROW * len(stages),
        encoding={
            "y": _name("stage", None, stages),
            "x": _number("subjects", words("subjects"), axis={"tickMinStep": 1}),
            "color": _colour("health", healths, palette.health_colours(places), words),
            "order": _number("place", None),
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
    return _chart(
        shown,
        mark="area",
        height=260,
        encoding={
            "x": {**days, "axis": {"format": "%Y-%m", "labelOverlap": True}},
            "y": _number("subjects", words("subjects")),
            "color": _colour("stage", stages, palette.stage_colours(places), words),
            "order": _number("place", None),
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
            "subjects": row["subjects"],
            "share": row["share"],
        }
        for row in rows
    ]
    return _chart(
        shown,
        height=_ROW * len(sources),
        encoding={
            "y": _name("from", words("from"), sources),
            "x": {**_name("to", words("to"), stages), "axis": _TOP},
        },
        layer=_heat_map("share", words("share"), "subjects"),
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
    return _chart(
        shown,
        height=_COHORT_ROW * len({row["cohort"] for row in shown}),
        encoding={
            "y": {**cohort, "axis": {"titlePadding": 24}},
            "x": {"field": "age", "type": "ordinal", "title": words("age"), "axis": _TOP},
        },
        layer=_heat_map("rate", words("ordered"), "percent"),
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
    return _chart(
        shown,
        width=150,
        height=36,
        encoding={
            "x": {"field": "month", "type": "temporal", "axis": None},
            "y": {**_number("value", None), "axis": None, "scale": {"zero": False}},
        },
        layer=[
            {"mark": {"type": "line", "color": palette.LINE, "strokeWidth": 1.5}},
            {
                "mark": points,
                "encoding": {"fill": _either("datum.settled", palette.LINE, "white")},
            },
        ],
    )


def _chart(rows: Rows, *, height: int, width: int = _WIDTH, **parts: Any) -> Chart:
    values = [
        {name: str(value) if isinstance(value, date) else value for name, value in row.items()}
        for row in rows
    ]
    size = {"width": width, "height": height}
    return {"data": {"values": values}, "config": _LOOK, **size, **parts}


def _name(field: str, title: str | None, labels: Mapping[str, str]) -> Chart:
    names = list(labels.values())
    return {
        "field": field,
        "type": "nominal",
        "title": title,
        "sort": names,
        "scale": {"domain": names},
    }


def _number(field: str, title: str | None, **more: Any) -> Chart:
    return {"field": field, "type": "quantitative", "title": title, **more}


def _colour(
    field: str, labels: Mapping[str, str], colours: Mapping[str, str], words: Words
) -> Chart:
    return {
        **_name(field, words(field), labels),
        "scale": {"domain": list(labels.values()), "range": [colours[name] for name in labels]},
        "legend": {"orient": "bottom"},
    }


def _heat_map(share: str, title: str, text: str) -> list[Chart]:
    """Cells as dark as their share, each with its number in it."""
    colour = _number(
        share,
        title,
        scale={"domain": [0, 1], "range": list(palette.HEAT)},
        legend={"format": ".0%", "orient": "bottom", "gradientLength": 160},
    )
    on_dark = f"datum.{share} > {_DARK_FROM}"
    return [
        {"mark": "rect", "encoding": {"color": colour}},
        {
            "mark": {"type": "text", "fontSize": 11},
            "encoding": {
                "text": _number(text, None),
                "color": _either(on_dark, "white", "#1a1a1a"),
            },
        },
    ]


def _either(test: str, when_true: str, otherwise: str) -> Chart:
    return {"condition": {"test": test, "value": when_true}, "value": otherwise}
