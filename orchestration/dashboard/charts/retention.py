"""When customers come back, by number of the order and by days of silence."""

from __future__ import annotations

from orchestration.pictures import marks, palette
from orchestration.pictures.marks import Chart
from orchestration.pictures.published import Rows
from orchestration.pictures.words import Words

HORIZONS = ("reordered_90d", "reordered_180d", "reordered_365d")
_HEIGHT = 260


def order_lines(rows: Rows, words: Words) -> Chart:
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
        height=_HEIGHT,
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


def silence_curves(rows: Rows, words: Words) -> Chart:
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
        height=_HEIGHT,
        mark={"type": "line", "interpolate": "step-after", "strokeWidth": 2},
        encoding={
            "x": marks.number("day", words("days_since"), scale={"nice": False}),
            "y": marks.number(
                "share", words("not_back"), axis={"format": ".0%"}, scale={"domain": [0, 1]}
            ),
            "color": marks.colour("gap", labels, colours, words),
        },
    )
