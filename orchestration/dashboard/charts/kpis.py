"""A KPI over time, with what is not settled or not known shaded."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from orchestration.pictures import marks, palette
from orchestration.pictures.marks import Chart
from orchestration.pictures.published import Rows
from orchestration.pictures.words import Words

_SETTLED = "ok"
# A label so many pixels from the edge would be cut, and is put inside.
_HALF_A_LABEL = 30
_AXIS_FORMATS = {"share": ".1~%", "count": ",.0f"}
# How the beginning of a period is written below its middle.
_PERIOD_FORMATS = {"year": "%Y", "quarter": "%Y-%m", "month": "%Y-%m"}


def kpi_lines(
    rows: Rows,
    targets: Rows,
    labels: Mapping[str, str],
    colours: Mapping[str, str],
    counted_in: str,
    unit: str,
    grain: str,
    words: Words,
) -> Chart:
    """A line per slice; a period whose number is not settled or not known is shaded.

    Args:
        rows: period_start, period_end, dimension_value, value, status.
        targets: period_start, target.
        labels: slices shown.
        colours: of the slices.
        counted_in: title of the axis.
        unit: of the KPI.
        grain: of the periods.
        words: the language.
    """
    lines = [
        {
            "start": row["period_start"],
            "at": _middle(row),
            "slice": labels[row["dimension_value"]],
            "value": row["value"],
            "read": words.number(row["value"], unit),
            "status": words(row["status"]),
            "settled": row["status"] == _SETTLED,
        }
        for row in rows
    ]
    x = _calendar(rows, _PERIOD_FORMATS.get(grain, "%Y-%m-%d"))
    y_axis = {"format": _AXIS_FORMATS.get(unit, ",.4~r")}
    y = marks.number("value", counted_in, axis=y_axis)
    colour = marks.colour("slice", labels, colours, words)
    if len(labels) == 1:
        colour["legend"] = None
    return marks.chart(
        lines,
        height=320,
        layer=[
            *_shades(rows, x, words),
            {
                "mark": {"type": "line", "strokeWidth": 2, "invalid": "break-paths-filter-domains"},
                "encoding": {"x": x, "y": y, "color": colour},
            },
            _points(x, y, {**colour, "legend": None}, words),
            *_aims(rows, targets, x, y),
        ],
        resolve={"scale": {"color": "independent"}},
    )


def _calendar(rows: Rows, written: str) -> Chart:
    """From the first period's beginning to the last one's end, with a mark below each number."""
    periods = {row["period_start"]: row for row in rows}
    middles = {_middle(row): day for day, row in periods.items()}
    names = {middle.isoformat(): f"{day:{written}}" for middle, day in middles.items()}
    ends = min(periods), max(row["period_end"] for row in rows)
    axis = {
        "values": [_clock(middle) for middle in middles],
        "labelExpr": f"{json.dumps(names)}[timeFormat(datum.value, '%Y-%m-%d')]",
        "labelOverlap": "greedy",
        "labelBound": False,
        "labelFlush": _HALF_A_LABEL,
        "labelAngle": 0,
    }
    scale = {"domain": [_clock(day) for day in ends], "nice": False}
    return {"field": "at", "type": "temporal", "title": None, "axis": axis, "scale": scale}


def _points(x: Chart, y: Chart, colour: Chart, words: Words) -> Chart:
    """A point for each number, hollow while it may still change."""
    inside = {"condition": {**colour, "test": "datum.settled"}, "value": "white"}
    start = {"field": "start", "type": "temporal", "title": words("period"), "format": "%Y-%m-%d"}
    told = ("slice", "slice"), ("read", "value"), ("status", "status")
    tooltip = [start, *({"field": field, "title": words(title)} for field, title in told)]
    return {
        "transform": [{"filter": "isValid(datum.value)"}],
        "mark": {"type": "point", "size": 40, "opacity": 1, "strokeWidth": 1.5},
        "encoding": {"x": x, "y": y, "stroke": colour, "fill": inside, "tooltip": tooltip},
    }


def _aims(rows: Rows, targets: Rows, x: Chart, y: Chart) -> list[Chart]:
    middles = {row["period_start"]: _middle(row) for row in rows}
    aims = [
        {"at": middles[row["period_start"]], "target": row["target"]}
        for row in targets
        if row["period_start"] in middles
    ]
    mark = {"type": "line", "strokeDash": [4, 4], "color": palette.AIM, "interpolate": "step"}
    encoding = {"x": x, "y": {**y, "field": "target"}}
    return [{"data": marks.data(aims), "mark": mark, "encoding": encoding}] if aims else []


def _shades(rows: Rows, x: Chart, words: Words) -> list[Chart]:
    bands = _unsettled(rows, words)
    if not bands:
        return []
    met = {row["status"] for row in rows}
    names = {status: words(status) for status in palette.STATUSES if status in met}
    colour = {
        **marks.name("status", words("shaded"), names),
        "scale": {
            "domain": list(names.values()),
            "range": [palette.STATUSES[status] for status in names],
        },
        "legend": marks.legend(names),
    }
    return [
        {
            "data": marks.data(bands),
            "mark": {"type": "rect", "opacity": 0.55},
            "encoding": {"x": {**x, "field": "start"}, "x2": {"field": "end"}, "color": colour},
        }
    ]


def _unsettled(rows: Rows, words: Words) -> Rows:
    """Periods in which a slice is not settled; the first status of the palette wins."""
    order = list(palette.STATUSES)
    worst: dict[object, Mapping[str, object]] = {}
    for row in rows:
        if row["status"] == _SETTLED:
            continue
        seen = worst.get(row["period_start"])
        if seen is None or order.index(row["status"]) < order.index(str(seen["key"])):
            worst[row["period_start"]] = {
                "start": row["period_start"],
                "end": row["period_end"],
                "status": words(row["status"]),
                "key": row["status"],
            }
    return list(worst.values())


def _clock(day: date) -> Chart:
    """Midnight of a day where the browser is, as the rows' days are."""
    return {"year": day.year, "month": day.month, "date": day.day}


def _middle(row: Mapping[str, Any]) -> date:
    """A number stands in the middle of its period, where the shade of it is, too."""
    return row["period_start"] + (row["period_end"] - row["period_start"]) / 2
