"""From measured rounds to the table that is committed; pure.

Belongs here: medians, ratios, shares, Markdown. Does not belong here: measuring.

A round is one run of each contestant, taken one after the other on the same machine. Only ratios
within a round count, and of those the median over the rounds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log
from statistics import median
from typing import Any

Run = Mapping[str, Any]
Round = Mapping[str, Run]

YARDSTICK = "scan"
TITLES = {
    "scan": "scan of the raw tables (the yardstick)",
    "parquet": "scan of the Parquet files (for information)",
    "default": "raw to lifecycle_history, default framework",
    "all": "raw to lifecycle_history, all frameworks",
}


def ratio(rounds: Sequence[Round], contestant: str, meter: str, base: str = YARDSTICK) -> float:
    """Return the median over the rounds of `contestant` / `base`, by one meter."""
    return median(turn[contestant][meter] / turn[base][meter] for turn in rounds)


def middle(rounds: Sequence[Round], contestant: str, meter: str) -> float:
    """Return the median of one meter of one contestant."""
    return median(turn[contestant][meter] for turn in rounds)


def node_seconds(rounds: Sequence[Round], contestant: str) -> dict[str, float]:
    """Return the median CPU seconds of every node of a plan, in plan order."""
    names = [node["name"] for node in rounds[0][contestant]["nodes"]]
    return {
        name: median(turn[contestant]["nodes"][place]["cpu"] for turn in rounds)
        for place, name in enumerate(names)
    }


def exponent(smaller: float, larger: float, size_ratio: float) -> float:
    """Return the exponent of growth between two scales: 1 is proportional to the size."""
    return log(larger / smaller) / log(size_ratio)


def summary_table(rounds: Sequence[Round]) -> list[str]:
    """Return one line per contestant: medians, ratios to the yardstick, peak memory."""
    head = [
        "| what | CPU s | wall s | CPU ÷ scan | wall ÷ scan | peak memory |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    return head + [
        f"| {TITLES[contestant]} "
        f"| {middle(rounds, contestant, 'cpu'):.2f} "
        f"| {middle(rounds, contestant, 'wall'):.2f} "
        f"| {ratio(rounds, contestant, 'cpu'):.1f} × "
        f"| {ratio(rounds, contestant, 'wall'):.1f} × "
        f"| {max(turn[contestant]['peak'] for turn in rounds) / 1e9:.2f} GB |"
        for contestant in TITLES
        if contestant in rounds[0]
    ]


def share_table(rounds: Sequence[Round]) -> list[str]:
    """Return the CPU share of each node, dearest first; a view costs in what reads it."""
    plans = [name for name in ("default", "all") if name in rounds[0]]
    seconds = {plan: node_seconds(rounds, plan) for plan in plans}
    rows = {
        plan: {node["name"]: node.get("rows") for node in rounds[0][plan]["nodes"]}
        for plan in plans
    }
    tables = [
        node["name"] for node in rounds[0][plans[-1]]["nodes"] if node["kind"] not in {"view"}
    ]
    ranked = sorted(tables, key=lambda name: (-seconds[plans[0]].get(name, 0.0), name))
    heads = [f"{plan}: {column}" for plan in plans for column in ("CPU s", "share", "rows")]
    lines = ["| node | " + " | ".join(heads) + " |", "|---|" + "---:|" * len(heads)]
    for name in ranked:
        cells: list[str] = []
        for plan in plans:
            spent, total = seconds[plan].get(name, 0.0), sum(seconds[plan].values())
            count = rows[plan].get(name)
            counted = "" if count is None else f"{count:,}"
            cells += [f"{spent:.2f}", f"{100 * spent / total:.1f} %", counted]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return lines


def render(title: Sequence[str], rounds: Sequence[Round]) -> str:
    """Return the whole page."""
    lines = [*title, "", *summary_table(rounds), ""]
    if "all" in rounds[0] and "default" in rounds[0]:
        times = ratio(rounds, "all", "cpu", "default")
        lines += [f"All frameworks cost {times:.2f} × the default framework in CPU seconds.", ""]
    return "\n".join([*lines, *share_table(rounds), ""])
