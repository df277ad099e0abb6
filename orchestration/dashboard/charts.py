"""Charts of the dashboard alone, as Vega-Lite.

Belongs here: how a picture looks. Does not belong here: charts that the report shows as well
(`pictures.charts`), SQL, Streamlit.
"""

from __future__ import annotations

from collections.abc import Mapping

from orchestration.pictures import marks, palette
from orchestration.pictures.marks import Chart
from orchestration.pictures.published import Rows
from orchestration.pictures.words import Words

_SETTLED = "ok"
_AXIS_FORMATS = {"share": ".1~%", "count": ",.0f"}
_PERIOD_FORMATS = {"year": "%Y", "quarter": "%Y-%m", "month": "%Y-%m"}


def periods(
    rows: Rows,
    targets: Rows,
    labels: Mapping[str, str],
    colours: Mapping[str, str],
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
        unit: of the KPI.
        grain: of the periods.
        words: the language.
    """
    shades = {
        status: words(status)
        for status in palette.STATUSES
        if status in {r["status"] for r in rows}
    }
    bands = _unsettled(rows, words)
    lines = [
        {
            "start": row["period_start"],
            "slice": labels[row["dimension_value"]],
            "value": row["value"],
            "read": words.number(row["value"], unit),
            "status": words(row["status"]),
            "settled": row["status"] == _SETTLED,
        }
        for row in rows
    ]
    shown = {row["period_start"] for row in rows}
    aims = [
        {"start": row["period_start"], "target": row["target"]}
        for row in targets
        if row["period_start"] in shown
    ]
    days = _PERIOD_FORMATS.get(grain, "%Y-%m-%d")
    axis = {"format": days, "labelOverlap": True, "labelAngle": 0}
    x = {"field": "start", "type": "temporal", "title": None, "axis": axis}
    y = marks.number(
        "value", words(f"unit_{unit}"), axis={"format": _AXIS_FORMATS.get(unit, ",.4~r")}
    )
    colour = marks.colour("slice", labels, colours, words)
    if len(labels) == 1:
        colour["legend"] = None
    tooltip = [
        {"field": "start", "type": "temporal", "title": words("period"), "format": "%Y-%m-%d"},
        {"field": "slice", "title": words("slice")},
        {"field": "read", "title": words("value")},
        {"field": "status", "title": words("status")},
    ]
    layers: list[Chart] = [
        {
            "mark": {"type": "line", "strokeWidth": 2, "invalid": "break-paths-filter-domains"},
            "encoding": {"x": x, "y": y, "color": colour},
        },
        {
            "transform": [{"filter": "isValid(datum.value)"}],
            "mark": {"type": "point", "size": 40, "opacity": 1, "strokeWidth": 1.5},
            "encoding": {
                "x": x,
                "y": y,
                "stroke": {**colour, "legend": None},
                "fill": {
                    "condition": {**colour, "legend": None, "test": "datum.settled"},
                    "value": "white",
                },
                "tooltip": tooltip,
            },
        },
    ]
    if aims:
        aim = {"type": "line", "strokeDash": [4, 4], "color": palette.AIM, "interpolate": "step"}
        layers.append(
            {
                "data": marks.chart(aims, height=0)["data"],
                "mark": aim,
                "encoding": {"x": x, "y": {**y, "field": "target"}},
            }
        )
    if bands:
        shade = {
            **marks.name("status", words("shaded"), shades),
            "scale": {
                "domain": list(shades.values()),
                "range": [palette.STATUSES[status] for status in shades],
            },
            "legend": {"orient": "bottom"},
        }
        layers.insert(
            0,
            {
                "data": marks.chart(bands, height=0)["data"],
                "mark": {"type": "rect", "opacity": 0.55},
                "encoding": {"x": x, "x2": {"field": "end"}, "color": shade},
            },
        )
    return marks.chart(lines, height=320, layer=layers, resolve={"scale": {"color": "independent"}})


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
