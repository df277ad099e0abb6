"""How much faster BG/NBD is fitted here than by lifetimes, on the same customers.

Belongs here: inventing the customers, a run of each side, the page. Does not belong here: whether
the fit is right beyond agreeing with lifetimes (tests/unit/test_value_models.py).

    python -m tests.benchmarks.value_fit              makes an environment with lifetimes, for once
    python -m tests.benchmarks.value_fit --venv DIR   uses, or makes, the one in DIR

lifetimes is no requirement of this project: it is installed into that environment only. Both sides
get one row per customer; to find equal rows is part of the fit here.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.call import environment
from tests.python_model import value_models

RESULTS = Path(__file__).parent / "results" / "value_fit.md"
CUSTOMERS = 70_000
PAIRS = 3
TRUTH = {"r": 0.55, "alpha": 30.0, "a": 0.8, "b": 2.4}
THEIRS = """
import json, sys, time
import numpy as np
from lifetimes import BetaGeoFitter
rows = np.load(sys.argv[1])
before = time.process_time()
found = BetaGeoFitter().fit(rows[0], rows[1], rows[2]).params_
print(json.dumps({"cpu": time.process_time() - before, **{k: float(v) for k, v in found.items()}}))
"""


@dataclass(frozen=True)
class Side:
    """One run: the CPU seconds of the fit, and the parameters."""

    cpu: float
    parameters: dict[str, float]


def customers(count: int) -> np.ndarray:
    """Return frequency, recency and age in days of customers who order as BG/NBD says."""
    draw = np.random.default_rng(20)
    rate = draw.gamma(TRUTH["r"], 1 / TRUTH["alpha"], count)
    leave = draw.beta(TRUTH["a"], TRUTH["b"], count)
    age = draw.integers(30, 731, count).astype(float)
    frequency, recency, day = np.zeros(count), np.zeros(count), np.zeros(count)
    here = np.arange(count)
    while here.size:
        day[here] += np.maximum(1, np.ceil(draw.exponential(1 / rate[here])))
        here = here[day[here] <= age[here]]
        frequency[here] += 1
        recency[here] = day[here]
        here = here[draw.random(here.size) >= leave[here]]
    return np.stack([frequency, recency, age])


def ours(rows: np.ndarray) -> Side:
    """Fit with the project's model."""
    models = value_models()
    before = time.process_time()
    frequency, recency, age = rows.astype(np.int64)
    once, counts = np.unique((frequency << 40) | (recency << 20) | age, return_counts=True)
    packed = (once >> 40, once >> 20 & 0xFFFFF, once & 0xFFFFF, counts)
    found = models.fit_orders(models.Histories(*(each.astype(float) for each in packed)), 0)
    cpu = time.process_time() - before
    return Side(cpu, dict(zip(TRUTH, map(float, found.parameters), strict=True)))


def theirs(python: Path, file: Path) -> Side:
    """Fit with lifetimes, in its environment."""
    command = [str(python), "-W", "ignore", "-c", THEIRS, str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return Side(told["cpu"], {name: told[name] for name in TRUTH})


def page(mine: Sequence[Side], others: Sequence[Side], distinct: int) -> str:
    """Return the page of the results."""
    own, other = (statistics.median(side.cpu for side in sides) for sides in (mine, others))
    lines = [
        "# BG/NBD beside lifetimes",
        "",
        "Written by `python -m tests.benchmarks.value_fit`; medians of CPU seconds of "
        f"{len(mine)} pairs on one machine.",
        "",
        f"{CUSTOMERS:,} simulated customers, {distinct:,} different histories.",
        "",
        "| | CPU s | " + " | ".join(TRUTH) + " |",
        "|---" * (2 + len(TRUTH)) + "|",
    ]
    for name, cpu, side in (("here", own, mine[0]), ("lifetimes", other, others[0])):
        numbers = " | ".join(f"{value:.6f}" for value in side.parameters.values())
        lines.append(f"| {name} | {cpu:.3f} | {numbers} |")
    lines += ["", f"**{other / own:.0f} times as fast** (aim: 40).", ""]
    return "\n".join(lines)


def main() -> int:
    """Run the pairs, write the page; 1 if the two disagree or it is not 40 times as fast."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--venv", type=Path, help="environment with lifetimes, made if missing")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lifecycle-value-fit-") as scratch:
        python = environment(chosen.venv or Path(scratch) / "venv", ["lifetimes"])
        rows = customers(CUSTOMERS)
        file = Path(scratch) / "customers.npy"
        np.save(file, rows)
        ours(rows[:, :1000])  # The import of SciPy is no part of a fit, on either side.
        pairs = [(ours(rows), theirs(python, file)) for _ in range(PAIRS)]
    mine, others = zip(*pairs, strict=True)
    text = page(mine, others, np.unique(rows, axis=1).shape[1])
    RESULTS.write_text(text, encoding="utf-8")
    print(text)
    agree = all(
        abs(mine[0].parameters[name] / others[0].parameters[name] - 1) < 1e-3 for name in TRUTH
    )
    ratio = statistics.median(side.cpu for side in others) / statistics.median(
        side.cpu for side in mine
    )
    return 0 if agree and ratio >= 40 else 1


if __name__ == "__main__":
    sys.exit(main())
