"""The page with the last measurement of all seeds.

Belongs here: rendering, and reading back what the page says. Does not belong here: measuring.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.truth import channels, companions
from tests.truth.lines import Line, Seed, lines
from tests.truth.real import RealShop
from tests.truth.shops import CUSTOMERS, DAYS, LIVELY_CUSTOMERS

RESULTS = Path(__file__).parent / "results.md"
_HEAD = """\
# What the marts say of simulated shops, beside the truth

The last result of `python -m tests.truth`; not written by hand. Each seed is two shops of
{customers:,} customers and {days} days, one with everything planted and one with nothing, and one
of {lively} customers and all their events for the odds of stages. `make test` measures seed 1.

{seeds} seeds: {first} to {last}. Balanced error by the truth, on average: {errors}.

| line | measured | holds |
|---|---|---|
"""
_SHOPS = """
## Shops of others, by orders

Who ordered within so many days after a month end had not left. Balanced errors at the month ends
with a recommendation. The line asks for a year, and Online Retail lasts no longer: half a year is
told for what it is worth. There the policy may not call anybody before half of the gaps are over
(`lapsed_quantile` from 0.5), and the best window does.

| shop | days | recommended | best window | shipped | holds |
|---|---|---|---|---|---|
"""
_SEEDS = """
## Seed by seed

Planted / nothing planted where there are two figures. Errors are balanced errors by the truth.

| seed | at risk: claimed, true | lapsed: claimed, true | recommended | best window | shipped | \
companions | `{planted}`: standard errors |
|---|---|---|---|---|---|---|---|
"""


def render(seeds: Sequence[Seed], shops: Sequence[RealShop]) -> str:
    """The page."""
    numbers = [seed.seed for seed in seeds]
    head = _HEAD.format(
        errors=mean_errors(seeds),
        seeds=len(seeds),
        first=min(numbers),
        last=max(numbers),
        customers=CUSTOMERS,
        days=DAYS,
        lively=LIVELY_CUSTOMERS,
    )
    return "".join(
        [
            head,
            *(
                f"| {line.claim} | {line.measured} | {_yes(line.holds)} |\n"
                for line in lines(seeds)
            ),
            _SHOPS if shops else "",
            *(_shop_row(shop) for shop in shops),
            _SEEDS.format(planted=channels.PLANTED),
            *(_seed_row(seed) for seed in seeds),
        ]
    )


def mean_errors(seeds: Sequence[Seed]) -> str:
    """The errors of three ways to call customers lapsed, over all shops, as the README has them."""
    found = [one.errors for seed in seeds for one in (seed.planted, seed.bare)]
    errors = {
        "shipped": [one.by_policy["shipped"] for one in found],
        "recommended": [one.by_policy["recommended"] for one in found],
        "best window": [one.by_policy[one.best_window] for one in found],
    }
    return ", ".join(f"{name} {sum(of_it) / len(found):.2f}" for name, of_it in errors.items())


def told_lines(page: str) -> list[Line]:
    """The lines that the page tells of, as it tells them."""
    rows = [row.strip("| ").split(" | ") for row in page.splitlines() if row.startswith("| ")]
    return [
        Line(claim, measured, {"yes": True, "not asked": None}.get(holds, False))
        for claim, measured, holds in (row for row in rows if len(row) == 3)
        if holds != "holds"
    ]


def _yes(holds: bool | None) -> str:
    return {True: "yes", False: "**no**", None: "not asked"}[holds]


def _shop_row(shop: RealShop) -> str:
    errors = shop.errors
    best = errors.best_window
    return (
        f"| {shop.name} | {shop.days} | {errors.by_policy['recommended']:.3f} | "
        f"{errors.by_policy[best]:.3f} ({best.removeprefix('fixed_')} days) | "
        f"{errors.by_policy['shipped']:.3f} | {_yes(shop.holds)} |\n"
    )


def _seed_row(seed: Seed) -> str:
    found = seed.calibration
    both = seed.planted.errors, seed.bare.errors

    def pair(values: Sequence[float]) -> str:
        return " / ".join(f"{value:.3f}" for value in values)

    of_all = len(companions.PLANTED)
    return (
        f"| {seed.seed} | {found.at_risk_claimed:.2f}, {found.at_risk_true:.3f} "
        f"| {found.lapsed_claimed:.2f}, {found.lapsed_true:.3f} "
        f"| {pair([errors.by_policy['recommended'] for errors in both])} "
        f"| {pair([errors.by_policy[errors.best_window] for errors in both])} "
        f"| {pair([errors.by_policy['shipped'] for errors in both])} "
        f"| {seed.planted.companions} / {seed.bare.companions} of {of_all} "
        f"| {seed.planted.channels[channels.PLANTED]:+.2f} / "
        f"{seed.bare.channels[channels.PLANTED]:+.2f} |\n"
    )
