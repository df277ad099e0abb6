"""Where people go from a stage: bands of a month, and what became of them within 30 days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from orchestration.pictures import marks, palette
from orchestration.pictures.marks import Chart
from orchestration.pictures.published import Rows
from orchestration.pictures.words import Words

ODDS = ("advanced", "fell_back", "lapsed")
# A band is drawn through this many points.
_STEPS = 24
_GAP_SHARE = 0.03
# Of the whole, the least room of a stage: what its label takes.
_LEAST_SHARE = 0.05
_NODE_WIDTH = 0.03
_ROW = 60
_LEFT, _RIGHT = "left", "right"

Ends = Mapping[str, tuple[float, float]]


def sankey(rows: Rows, stages: Mapping[str, str], words: Words) -> Chart:
    """Bands from the stages of a month's beginning (left) to those of its end (right).

    Args:
        rows: from_stage, to_stage, subjects.
        stages: labels by stage, in their order; the first is that of who was new.
        words: the language.
    """
    places = list(stages)
    ordered = sorted(
        rows, key=lambda row: (places.index(row["from_stage"]), places.index(row["to_stage"]))
    )
    whole = sum(row["subjects"] for row in rows)
    ends = {
        _LEFT: _ends(ordered, "from_stage", places, whole),
        _RIGHT: _ends(ordered, "to_stage", places, whole),
    }
    lowest = max(bottom for side in ends.values() for _, bottom in side.values())
    across = {"scale": {"domain": [-_NODE_WIDTH, 1 + _NODE_WIDTH], "nice": False}, "axis": None}
    down = {"scale": {"domain": [lowest, 0], "nice": False}, "axis": None}
    colours = {places[0]: palette.NOBODY, **palette.stage_colours(places[1:])}
    scale = {"domain": places, "range": [colours[name] for name in places]}
    colour = {"field": "stage", "type": "nominal", "scale": scale, "legend": None}
    x = marks.number("x", None, **across)
    top = marks.number("top", None, **down)
    nodes = marks.data(_nodes(ends, stages, words))
    tooltip = [
        {"field": "move", "title": words("movement")},
        {"field": "subjects", "title": words("subjects")},
    ]
    labels = [
        {
            "data": nodes,
            "transform": [{"filter": f"datum.side == '{side}'"}],
            "mark": {"type": "text", "fontSize": 12, "fontWeight": 600, "align": side},
            "encoding": {
                "x": marks.number("label_x", None, **across),
                "y": marks.number("middle", None, **down),
                "text": {"field": "label"},
            },
        }
        for side in ends
    ]
    return marks.chart(
        _bands(ordered, ends, stages),
        height=max(260, 44 * max(map(len, ends.values()))),
        layer=[
            {
                "mark": {"type": "area", "opacity": 0.4},
                "encoding": {
                    "x": x,
                    "y": {**top, "stack": None},
                    "y2": {"field": "bottom"},
                    "detail": {"field": "band"},
                    "color": colour,
                    "tooltip": tooltip,
                },
            },
            {
                "data": nodes,
                "mark": "rect",
                "encoding": {
                    "x": x,
                    "x2": {"field": "x2"},
                    "y": top,
                    "y2": {"field": "bottom"},
                    "color": colour,
                },
            },
            *labels,
        ],
    )


def _ends(rows: Rows, end: str, places: Sequence[str], whole: float) -> Ends:
    """From where to where each stage reaches on one side, from the top; labels have room."""
    reached: dict[str, tuple[float, float]] = {}
    top = 0.0
    for name in places:
        number = sum(row["subjects"] for row in rows if row[end] == name)
        if number:
            room = max(number, whole * _LEAST_SHARE)
            begin = top + (room - number) / 2
            reached[name] = (begin, begin + number)
            top += room + whole * _GAP_SHARE
    return reached


def _bands(rows: Rows, ends: Mapping[str, Ends], stages: Mapping[str, str]) -> Rows:
    """Points of each band, which begins and ends level and is as thick as it has subjects."""
    points: list[Mapping[str, object]] = []
    used = {(side, name): top for side, nodes in ends.items() for name, (top, _) in nodes.items()}
    for number, row in enumerate(rows):
        begin, end = (_LEFT, row["from_stage"]), (_RIGHT, row["to_stage"])
        start, stop, thick = used[begin], used[end], row["subjects"]
        used[begin] += thick
        used[end] += thick
        told = {
            "band": number,
            "stage": row["from_stage"],
            "move": f"{stages[row['from_stage']]} → {stages[row['to_stage']]}",
            "subjects": thick,
        }
        for step in range(_STEPS + 1):
            x = step / _STEPS
            top = start + (stop - start) * x * x * (3 - 2 * x)
            points.append({**told, "x": x, "top": top, "bottom": top + thick})
    return points


def _nodes(ends: Mapping[str, Ends], stages: Mapping[str, str], words: Words) -> Rows:
    """A box and a label for each stage on each side."""
    places = {_LEFT: (-_NODE_WIDTH, 0.015), _RIGHT: (1.0, 0.985)}
    return [
        {
            "side": side,
            "stage": name,
            "x": x,
            "x2": x + _NODE_WIDTH,
            "top": top,
            "bottom": bottom,
            "label_x": label_x,
            "middle": (top + bottom) / 2,
            "label": f"{stages[name]} {words.number(bottom - top)}",
        }
        for side, (x, label_x) in places.items()
        for name, (top, bottom) in ends[side].items()
    ]


def odds_bars(rows: Rows, stages: Mapping[str, str], words: Words) -> Chart:
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
        if row[name] is not None
    ]
    y = marks.name("stage", None, {row["stage"]: stages[row["stage"]] for row in rows})
    offset = {"field": "kind", "sort": list(kinds.values())}
    x = marks.number("share", words("share_of_seen"), axis={"format": ".0%"})
    return marks.chart(
        shown,
        height=_ROW * len(rows),
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
