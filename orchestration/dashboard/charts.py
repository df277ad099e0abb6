"""Charts of the dashboard alone, as Vega-Lite.

Belongs here: how a picture looks. Does not belong here: charts that the report shows as well
(`pictures.charts`), SQL, Streamlit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from orchestration.pictures import marks, palette
from orchestration.pictures.marks import Chart
from orchestration.pictures.published import Rows
from orchestration.pictures.words import Words

_SETTLED = "ok"
ODDS = ("advanced", "fell_back", "lapsed")
HORIZONS = ("reordered_90d", "reordered_180d", "reordered_365d")
_ROW = 30
# A Sankey's band is drawn through this many points, between half-way lines that smooth it.
_STEPS = 24
_GAP_SHARE = 0.03
_NODE_WIDTH = 0.03
_AXIS_FORMATS = {"share": ".1~%", "count": ",.0f"}
# How a period is written, and of which calendar interval a mark of the axis may be the beginning.
_PERIOD_FORMATS = {
    "year": ("%Y", "year"),
    "quarter": ("%Y-%m", "month"),
    "month": ("%Y-%m", "month"),
}


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
    written, interval = _PERIOD_FORMATS.get(grain, ("%Y-%m-%d", "day"))
    axis = {"format": written, "labelOverlap": True, "labelAngle": 0}
    axis["tickCount"] = {"interval": interval, "step": 1}
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


def sankey(rows: Rows, stages: Mapping[str, str], words: Words) -> Chart:
    """Bands from the stages of a month's beginning (left) to those of its end (right).

    Args:
        rows: from_stage, to_stage, subjects.
        stages: labels by stage, in their order.
        words: the language.
    """
    places = list(stages)
    ordered = sorted(
        rows, key=lambda row: (places.index(row["from_stage"]), places.index(row["to_stage"]))
    )
    gap = sum(row["subjects"] for row in rows) * _GAP_SHARE
    left = _nodes(ordered, "from_stage", places, gap)
    right = _nodes(ordered, "to_stage", places, gap)
    colours = palette.stage_colours(places[1:]) | {places[0]: palette.NOBODY}
    bands: list[Mapping[str, object]] = []
    used = {**{("l", name): top for name, (top, _) in left.items()}}
    used |= {("r", name): top for name, (top, _) in right.items()}
    for number, row in enumerate(ordered):
        begin, end, thick = ("l", row["from_stage"]), ("r", row["to_stage"]), row["subjects"]
        start, stop = used[begin], used[end]
        used[begin] += thick
        used[end] += thick
        told = f"{stages[row['from_stage']]} → {stages[row['to_stage']]}"
        for step in range(_STEPS + 1):
            x = step / _STEPS
            top = start + (stop - start) * x * x * (3 - 2 * x)
            bands.append(
                {
                    "band": number,
                    "x": x,
                    "top": top,
                    "bottom": top + thick,
                    "stage": row["from_stage"],
                    "move": told,
                    "subjects": thick,
                }
            )
    nodes: list[Mapping[str, object]] = []
    for side, x, ends in (("left", -_NODE_WIDTH, left), ("right", 1, right)):
        nodes += [
            {
                "side": side,
                "x": x,
                "x2": x + _NODE_WIDTH,
                "label_x": 0.015 if side == "left" else 0.985,
                "top": top,
                "bottom": bottom,
                "middle": (top + bottom) / 2,
                "stage": name,
                "label": f"{stages[name]} {words.number(bottom - top)}",
            }
            for name, (top, bottom) in ends.items()
        ]
    lowest = max(bottom for _, bottom in [*left.values(), *right.values()])
    across = {"scale": {"domain": [-_NODE_WIDTH, 1 + _NODE_WIDTH], "nice": False}, "axis": None}
    down = {"scale": {"domain": [lowest, 0], "nice": False}, "axis": None}
    scale = {"domain": places, "range": [colours[name] for name in places]}
    colour = {"field": "stage", "type": "nominal", "scale": scale, "legend": None}
    text = {"type": "text", "fontSize": 12, "color": "#1a1a1a", "fontWeight": 600}
    node_data = marks.chart(nodes, height=0)["data"]
    labels = [
        {
            "data": node_data,
            "transform": [{"filter": f"datum.side == '{side}'"}],
            "mark": {**text, "align": side},
            "encoding": {
                "x": marks.number("label_x", None, **across),
                "y": marks.number("middle", None, **down),
                "text": {"field": "label"},
            },
        }
        for side in ("left", "right")
    ]
    return marks.chart(
        bands,
        height=max(260, 44 * max(len(left), len(right))),
        layer=[
            {
                "mark": {"type": "area", "opacity": 0.4},
                "encoding": {
                    "x": marks.number("x", None, **across),
                    "y": marks.number("top", None, **down, stack=None),
                    "y2": {"field": "bottom"},
                    "detail": {"field": "band"},
                    "color": colour,
                    "tooltip": [
                        {"field": "move", "title": words("movement")},
                        {"field": "subjects", "title": words("subjects")},
                    ],
                },
            },
            {
                "data": node_data,
                "mark": "rect",
                "encoding": {
                    "x": marks.number("x", None, **across),
                    "x2": {"field": "x2"},
                    "y": marks.number("top", None, **down),
                    "y2": {"field": "bottom"},
                    "color": colour,
                },
            },
            *labels,
        ],
    )


def _nodes(
    rows: Rows, end: str, places: Sequence[str], gap: float
) -> dict[str, tuple[float, float]]:
    """From where to where each stage reaches, from the top."""
    nodes: dict[str, tuple[float, float]] = {}
    top = 0.0
    for name in places:
        number = sum(row["subjects"] for row in rows if row[end] == name)
        if number:
            nodes[name] = (top, top + number)
            top += number + gap
    return nodes


def odds(rows: Rows, stages: Mapping[str, str], words: Words) -> Chart:
    """What became of who stood in a stage, within 30 days: a row of bars for each stage."""
    kinds = {name: words(f"{name}_30d") for name in ODDS}
    shown = [
        {
            "stage": stages[row["stage"]],
            "kind": kinds[name],
            "share": row[name],
            "read": words.number(row[name], "share"),
        }
        for row in rows
        for name in ODDS
    ]
    y = marks.name("stage", None, {row["stage"]: stages[row["stage"]] for row in rows})
    offset = {"field": "kind", "sort": list(kinds.values())}
    x = marks.number("share", words("share_of_seen"), axis={"format": ".0%"})
    return marks.chart(
        shown,
        height=_ROW * 2 * len(rows),
        encoding={"y": y, "yOffset": offset, "x": x},
        layer=[
            {
                "mark": "bar",
                "encoding": {"color": marks.colour("kind", kinds, palette.ODDS, words)},
            },
            {
                "mark": {"type": "text", "align": "left", "dx": 3, "fontSize": 10},
                "encoding": {"text": {"field": "read"}},
            },
        ],
    )


def sequence(rows: Rows, words: Words) -> Chart:
    """Share that ordered again within each horizon, by number of the order day."""
    horizons = {name: words(name) for name in HORIZONS}
    shown = [
        {"number": row["order_day_number"], "horizon": horizons[name], "share": row[name]}
        for row in rows
        for name in HORIZONS
    ]
    colours: dict[str, str] = dict(zip(HORIZONS, palette.ORDERED, strict=True))
    return marks.chart(
        shown,
        height=260,
        mark={"type": "line", "point": True, "invalid": "break-paths-filter-domains"},
        encoding={
            "x": {
                "field": "number",
                "type": "ordinal",
                "title": words("order_day"),
                "axis": {"labelAngle": 0},
            },
            "y": marks.number(
                "share", words("reordered"), axis={"format": ".0%"}, scale={"domain": [0, 1]}
            ),
            "color": marks.colour("horizon", horizons, colours, words),
        },
    )


def silences(rows: Rows, words: Words) -> Chart:
    """Share not back yet, by day since an order: a step line for the first, second, later ones."""
    names = sorted({str(row["gap_ordinal"]) for row in rows})
    labels = {name: words("after_order", number=name) for name in names}
    shown = [
        {"day": row["day"], "gap": labels[row["gap_ordinal"]], "share": row["survival"]}
        for row in rows
    ]
    colours = dict(zip(names, palette.ORDERED, strict=False))
    return marks.chart(
        shown,
        height=260,
        mark={"type": "line", "interpolate": "step-after", "strokeWidth": 2},
        encoding={
            "x": marks.number("day", words("days_since"), scale={"nice": False}),
            "y": marks.number(
                "share", words("not_back"), axis={"format": ".0%"}, scale={"domain": [0, 1]}
            ),
            "color": marks.colour("gap", labels, colours, words),
        },
    )


def mix(rows: Rows, labels: Mapping[str, str], words: Words) -> Chart:
    """Bars of the parts of a segment; stages and healths in their order."""
    values = [str(row["dimension_value"]) for row in rows]
    ordered = [
        *(name for name in labels if name in values),
        *(v for v in values if v not in labels),
    ]
    named = {name: labels.get(name, name) for name in ordered}
    shown = [
        {"part": named[str(row["dimension_value"])], "customers": row["customers"]} for row in rows
    ]
    x = marks.number("customers", words("customers"), axis={"tickMinStep": 1})
    return marks.chart(
        shown,
        height=_ROW * len(named),
        encoding={"y": marks.name("part", None, named), "x": x},
        layer=[
            {"mark": {"type": "bar", "color": palette.LINE}},
            {
                "mark": {"type": "text", "align": "left", "dx": 3, "fontSize": 11},
                "encoding": {"text": marks.number("customers", None)},
            },
        ],
    )


def loyal(rows: Rows, words: Words) -> Chart:
    """Customers of a channel, and how many of them stand in the highest stages."""
    kinds = {"loyal": words("loyal"), "others": words("other_customers")}
    shown = [
        {
            "channel": row["channel"],
            "kind": kinds[kind],
            "place": place,
            "customers": row["loyal"] if kind == "loyal" else row["customers"] - row["loyal"],
        }
        for row in rows
        for place, kind in enumerate(kinds)
    ]
    colours = {"loyal": palette.LINE, "others": palette.NOBODY}
    return marks.chart(
        shown,
        mark="bar",
        height=_ROW * len(rows),
        encoding={
            "y": marks.name("channel", None, {row["channel"]: row["channel"] for row in rows}),
            "x": marks.number("customers", words("customers"), axis={"tickMinStep": 1}),
            "color": marks.colour("kind", kinds, colours, words),
            "order": marks.number("place", None),
        },
    )


def attribution(rows: Rows, models: Sequence[str], words: Words) -> Chart:
    """First orders credited to each channel: a mark for each model, beside each other."""
    labels = {model: words(f"model_{model}") for model in models}
    shown = [
        {"channel": row["channel"], "model": labels[model], "customers": row[model]}
        for row in rows
        for model in models
    ]
    shapes = ["circle", "square", "triangle-up", "diamond", "cross", "triangle-down"]
    colour = marks.colour("model", labels, palette.slice_colours(models), words)
    shape = {
        **colour,
        "scale": {"domain": list(labels.values()), "range": shapes},
    }
    return marks.chart(
        shown,
        height=_ROW * len(rows),
        mark={"type": "point", "filled": True, "size": 70, "opacity": 0.85},
        encoding={
            "y": marks.name("channel", None, {row["channel"]: row["channel"] for row in rows}),
            "x": marks.number("customers", words("first_orders")),
            "color": colour,
            "shape": shape,
        },
    )


def lifts(rows: Rows, words: Words) -> Chart:
    """What a play changed, with its interval, beside nothing at all."""
    shown = [
        {
            "play": row["play"],
            "lift": row["lift"],
            "low": row["lift_low"],
            "high": row["lift_high"],
        }
        for row in rows
    ]
    y = marks.name("play", None, {row["play"]: row["play"] for row in rows})
    axis = {"format": "+.0%"}
    return marks.chart(
        shown,
        height=_ROW * len(rows),
        layer=[
            {
                "mark": {"type": "rule", "strokeWidth": 2, "color": palette.LINE},
                "encoding": {
                    "y": y,
                    "x": marks.number("low", words("lift"), axis=axis),
                    "x2": {"field": "high"},
                },
            },
            {
                "mark": {"type": "point", "filled": True, "size": 70, "color": palette.LINE},
                "encoding": {"y": y, "x": marks.number("lift", words("lift"), axis=axis)},
            },
            {
                "data": {"values": [{"zero": 0}]},
                "mark": {"type": "rule", "strokeDash": [4, 4], "color": palette.AIM},
                "encoding": {"x": marks.number("zero", None)},
            },
        ],
    )
