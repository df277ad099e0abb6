"""What a segment is made up of, and what plays changed."""

from __future__ import annotations

from collections.abc import Mapping

from orchestration.pictures import marks, palette
from orchestration.pictures.marks import Chart
from orchestration.pictures.published import Rows
from orchestration.pictures.words import Words

_ROW = 30


def mix_bars(rows: Rows, labels: Mapping[str, str], words: Words) -> Chart:
    """Bars of the parts of a segment; stages and healths in their order."""
    values = [str(row["dimension_value"]) for row in rows]
    ordered = [
        *(name for name in labels if name in values),
        *(v for v in values if v not in labels),
    ]
    named = {name: labels.get(name, name) for name in ordered}
    shown = [
        {
            "part": named[str(row["dimension_value"])],
            "customers": row["customers"],
            "read": words.number(row["customers"]),
        }
        for row in rows
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
                "encoding": {"text": {"field": "read"}},
            },
        ],
    )


def lift_intervals(rows: Rows, words: Words) -> Chart:
    """What a play changed, with its interval, beside nothing at all."""
    shown = [
        {
            "play": words.label(row, "title"),
            "lift": row["lift"],
            "low": row["lift_low"],
            "high": row["lift_high"],
        }
        for row in rows
    ]
    y = marks.name("play", None, {row["play"]: row["play"] for row in shown})
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
                "encoding": {"x": marks.number("zero", words("lift"), axis=axis)},
            },
        ],
    )
