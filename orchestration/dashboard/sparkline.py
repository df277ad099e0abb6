"""A small line as SVG text: a page of twelve of them must not start Vega twelve times.

Belongs here: this one picture. Does not belong here: charts that have axes (`charts`).
"""

from __future__ import annotations

from orchestration.pictures import palette
from orchestration.pictures.published import Rows

_WIDTH, _HEIGHT, _EDGE = 150, 36, 4
_SETTLED = "ok"


def sparkline(rows: Rows) -> str:
    """Draw a value by period; a period without a number breaks the line, unsettled is hollow.

    Args:
        rows: value and status, oldest first; one at least has a value.
    """
    known = [row["value"] for row in rows if row["value"] is not None]
    low, high = min(known), max(known)
    step = (_WIDTH - 2 * _EDGE) / max(len(rows) - 1, 1)
    paths: list[str] = []
    points: list[str] = []
    is_drawing = False
    for place, row in enumerate(rows):
        if row["value"] is None:
            is_drawing = False
            continue
        share = (row["value"] - low) / (high - low) if high > low else 0.5
        x = _EDGE + place * step
        y = _HEIGHT - _EDGE - share * (_HEIGHT - 2 * _EDGE)
        paths.append(f"{'L' if is_drawing else 'M'}{x:.1f} {y:.1f}")
        is_drawing = True
        inside = palette.LINE if row["status"] == _SETTLED else "white"
        points.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.2" fill="{inside}"/>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'width="{_WIDTH}" height="{_HEIGHT}" '
        f'stroke="{palette.LINE}" fill="none">'
        f'<path d="{" ".join(paths)}" stroke-width="1.5"/>{"".join(points)}</svg>'
    )
