"""Pieces that charts are made of: the look of all, axes, colours with their legend, heat maps.

Belongs here: what more than one chart needs. Does not belong here: a chart (`charts`).
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

WIDTH = 640
TOP = {"orient": "top", "labelAngle": 0, "labelOverlap": True}
# From here on white is easier to read on the shade than black, which a test computes.
DARK_FROM = 0.6
# A name in a legend takes about so many pixels per letter, and its mark and the gap so many more.
_LETTER, _LEGEND_GAP = 6.2, 24
# What is left of a page's width beside the names of an axis. The width of the plot itself would
# not do: it is known only once the legend has its size. Without a page there is that alone.
_LEGEND_ROOM = "(containerSize()[0] - 90 || width)"
_CELL_FONT = "width < 480 ? 8 : 11"
# Where a column is narrower than its digits, the numbers of neighbours would read as one.
_DIGIT = 7.5
_LOOK = {
    "font": "system-ui, sans-serif",
    "view": {"stroke": None},
    "axis": {"grid": False, "labelLimit": 200},
    "axisQuantitative": {"labelOverlap": True, "labelSeparation": 12},
    "axisTemporal": {"labelSeparation": 12, "labelBound": True},
    # One legend below the other: side by side, the second would begin where no room is left.
    "legend": {"layout": {"bottom": {"anchor": "start", "direction": "vertical", "margin": 6}}},
}


def chart(rows: Rows, *, height: int, width: int = WIDTH, **parts: Any) -> Chart:
    """Return a chart of rows."""
    size = {"width": width, "height": height}
    return {"data": data(rows), "config": _LOOK, **size, **parts}


def spoken(made: Chart, words: Words) -> Chart:
    """Return a chart whose axes write numbers as a language does."""
    return {**made, "config": {**made["config"], "locale": words.axes}} if words.axes else made


def data(rows: Rows) -> Chart:
    """Return rows as a chart or a layer of one holds them; a day is its midnight for everybody."""
    return {
        "values": [
            {key: _midnight(told) if isinstance(told, date) else told for key, told in row.items()}
            for row in rows
        ]
    }


def name(field: str, title: str | None, labels: Mapping[str, str]) -> Chart:
    """Return the encoding of names in the order of their labels, those without a row included."""
    labelled = list(labels.values())
    return {
        "field": field,
        "type": "nominal",
        "title": title,
        "sort": labelled,
        "scale": {"domain": labelled},
    }


def number(field: str, title: str | None, **more: Any) -> Chart:
    """Return the encoding of a number."""
    return {"field": field, "type": "quantitative", "title": title, **more}


def colour(
    field: str, labels: Mapping[str, str], colours: Mapping[str, str], words: Words
) -> Chart:
    """Return the encoding of names by colour, with the legend below."""
    return {
        **name(field, words(field), labels),
        "scale": {"domain": list(labels.values()), "range": [colours[key] for key in labels]},
        "legend": legend(labels),
    }


def legend(labels: Mapping[str, str]) -> Chart:
    """Return a legend below the chart, with as many names side by side as there is room for."""
    widths = [round(len(label) * _LETTER + _LEGEND_GAP) for label in labels.values()]
    widest = max(widths, default=1)
    in_a_row = f"{_LEGEND_ROOM} >= {sum(widths)} ? {len(widths)}"
    columns = f"{in_a_row} : max(1, floor({_LEGEND_ROOM} / {widest}))"
    return {"orient": "bottom", "columns": {"expr": columns}}


def heat_map(share: str, title: str, text: str, columns: int, digits: int) -> list[Chart]:
    """Cells as dark as their share, each with its number in it if there is room.

    Args:
        share: field from 0 to 1.
        title: of the legend.
        text: field of the number, as it is read.
        columns: how many cells stand side by side.
        digits: letters of the longest number.
    """
    shade = number(
        share,
        title,
        scale={"domain": [0, 1], "range": list(palette.HEAT), "interpolate": "rgb"},
        legend={"format": ".0%", "orient": "bottom", "gradientLength": 160},
    )
    on_dark = f"datum.{share} > {DARK_FROM}"
    return [
        {"mark": "rect", "encoding": {"color": shade}},
        {
            "mark": {
                "type": "text",
                "fontSize": {"expr": _CELL_FONT},
                "opacity": {"expr": f"width < {_DIGIT * digits * columns:.0f} ? 0 : 1"},
            },
            "encoding": {
                "text": {"field": text},
                "color": either(on_dark, "white", "black"),
            },
        },
    ]


def either(test: str, when_true: str, otherwise: str) -> Chart:
    """Return one of two values, by a test of the row."""
    return {"condition": {"test": test, "value": when_true}, "value": otherwise}


def _midnight(day: date) -> str:
    """Without an hour, a browser west of Greenwich would show the day before."""
    return f"{day.isoformat()}T00:00:00"
