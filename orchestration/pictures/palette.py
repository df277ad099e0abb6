"""One palette: a stage and a health look the same in every picture.

Belongs here: colours. Does not belong here: charts.

Stages go from dark to light in their order (cividis), so that they survive grey print and every
kind of colour-blindness; healths are colours of Okabe and Ito, told apart by lightness too.
"""

from __future__ import annotations

from collections.abc import Sequence

_STAGES = ("#00224e", "#35456c", "#666970", "#948e77", "#c8b866", "#fee838")
_HEALTHS = {
    "prospect": "#56b4e9",
    "cold": "#d9d9d9",
    "active": "#00518f",
    "at_risk": "#e69f00",
    "lapsed": "#7f7f7f",
}
LINE = "#00518f"
GOOD = "#00518f"
BAD = "#b33c00"
AIM = "#b33c00"
HEAT = ("#f4f7fb", "#00224e")
NOBODY = "#b8b8b8"
# What became of somebody: better, worse, gone.
ODDS = {"advanced": "#00518f", "fell_back": "#e69f00", "lapsed": "#7f7f7f"}
# Three that follow each other.
ORDERED = ("#00224e", "#7d7c78", "#d8b94a")
# Slices that have no order of their own: Okabe and Ito, those that are told apart in grey, too.
_SLICES = ("#000000", "#00518f", "#d55e00", "#009e73", "#56b4e9", "#e69f00")
# Why a number is not settled, what weighs most first.
STATUSES = {
    "no_input": "#9a9a9a",
    "missing_rate": "#b5a7c9",
    "immature": "#c9dcef",
    "partial": "#e3e3e3",
    "no_base": "#d9cbb8",
    "small_sample": "#f3e3b3",
}


def stage_colours(stages: Sequence[str]) -> dict[str, str]:
    """Colours of stages, given in their order; a framework has up to six of them."""
    steps = max(len(stages) - 1, 1)
    last = len(_STAGES) - 1
    return {stage: _STAGES[round(place * last / steps)] for place, stage in enumerate(stages)}


def health_colours(healths: Sequence[str]) -> dict[str, str]:
    """Colours of healths."""
    return {health: _HEALTHS[health] for health in healths}


def slice_colours(slices: Sequence[str]) -> dict[str, str]:
    """Colours of slices without an order; up to six of them."""
    return dict(zip(slices, _SLICES, strict=False))
