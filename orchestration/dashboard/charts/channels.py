"""Whom channels bring, and who gets the credit."""

from __future__ import annotations

from collections.abc import Sequence

from orchestration.pictures import marks, palette
from orchestration.pictures.marks import Chart
from orchestration.pictures.published import Rows
from orchestration.pictures.words import Words

_ROW = 30


def loyal_bars(rows: Rows, words: Words) -> Chart:
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


def credit_marks(rows: Rows, models: Sequence[str], words: Words) -> Chart:
    """First orders credited to each channel: a mark for each model, beside each other."""
    labels = {model: words(f"model_{model}") for model in models}
    shown = [
        {"channel": row["channel"], "attribution_model": labels[model], "customers": row[model]}
        for row in rows
        for model in models
    ]
    shapes = ["circle", "square", "triangle-up", "diamond", "cross", "triangle-down"]
    colours = palette.slice_colours(models)
    colour = marks.colour("attribution_model", labels, colours, words)
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
