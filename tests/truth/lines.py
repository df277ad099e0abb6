"""What is measured of each seed, and the lines that the measures have to hold.

Belongs here: one seed from simulation to figures, the limits. Does not belong here: how a figure is
found (a module each), the page (`report`).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

import duckdb

from tests.pipeline.models_kit import CompiledModels
from tests.truth import channels, companions, gaps, lapses, odds
from tests.truth.shops import Shop, simulated

AT_RISK = 0.20, 0.05
LAPSED_WITHIN = 0.04
WORSE_THAN_A_WINDOW = 0.03
FEWEST_COMPANIONS = 10
RELIABILITY_ERROR = 0.03
# Below so many standings a decile is a matter of luck: those of all seeds together are judged, of
# accounts, of which a shop has a dozen, from some ten seeds on.
FEWEST_STANDINGS = 5_000
FEWEST_TOGETHER = 800
# So seldom chance alone would break a line about false alarms.
RARELY = 0.01
_NAMES = (*lapses.NAMES, *companions.NAMES, *channels.NAMES)


@dataclass(frozen=True)
class Figures:
    """Of one shop.

    `departures` are errors if whoever has left counts as gone, back within the year or not: the
    policy is not asked that, so they are told and judged by no line.
    """

    errors: lapses.Errors
    departures: lapses.Errors
    companions: int
    channels: dict[str, float]


@dataclass(frozen=True)
class Seed:
    """The figures of a shop with everything planted and of one with nothing, of one seed."""

    seed: int
    planted: Figures
    bare: Figures
    calibration: gaps.Calibration
    foretold: odds.Foretold


@dataclass(frozen=True)
class Line:
    """What is claimed, what was measured, and whether it holds; None if that is not asked."""

    claim: str
    measured: str
    holds: bool | None


def measure(models: CompiledModels, folder: Path, seed: int) -> Seed:
    """Simulate the shops of a seed and take all figures."""
    with (
        simulated(folder, seed) as shop,
        models.made(shop.raw_database, _NAMES) as connection,
    ):
        planted = _figures(connection, shop)
    with (
        simulated(folder, seed, is_bare=True) as shop,
        models.made(shop.raw_database, {*_NAMES, *gaps.NAMES}) as connection,
    ):
        bare, calibration = _figures(connection, shop), gaps.calibration(connection, shop)
    return Seed(seed, planted, bare, calibration, odds.foretold(models, folder, seed))


def _figures(connection: duckdb.DuckDBPyConnection, shop: Shop) -> Figures:
    return Figures(
        lapses.errors(connection, shop),
        lapses.errors(connection, shop, back_within=0),
        companions.found(connection),
        channels.deviations(connection),
    )


def lines(seeds: Sequence[Seed]) -> list[Line]:
    """Hold the figures of some seeds against the limits."""
    return [
        *_gap_lines(seeds),
        *_error_lines(seeds),
        *_companion_lines(seeds),
        *_channel_lines(seeds),
        *_odds_lines(seeds),
    ]


def most_by_chance(level: float, trials: int) -> int:
    """The count that trials of a level exceed rarely."""
    share, count = (1 - level) ** trials, 0
    while share < 1 - RARELY:
        count += 1
        share += math.comb(trials, count) * level**count * (1 - level) ** (trials - count)
    return count


def _gap_lines(seeds: Sequence[Seed]) -> list[Line]:
    found = [seed.calibration for seed in seeds]
    aim, within = AT_RISK
    shares = [one.at_risk_true for one in found]
    misses = [abs(one.lapsed_true - one.lapsed_claimed) for one in found]
    return [
        Line(
            f"share of true gaps at or beyond `at_risk_after` {aim:.2f} ± {within:.2f}",
            f"{min(shares):.3f} to {max(shares):.3f}",
            all(abs(share - aim) <= within for share in shares),
        ),
        Line(
            f"the quantile called lapsed is met within ± {LAPSED_WITHIN:.2f}",
            f"missed by {max(misses):.3f} at most",
            max(misses) <= LAPSED_WITHIN,
        ),
    ]


def _error_lines(seeds: Sequence[Seed]) -> list[Line]:
    shops = {
        "everything planted": [seed.planted for seed in seeds],
        "nothing planted": [seed.bare for seed in seeds],
    }
    departures = [one.departures.excess for found in shops.values() for one in found]
    return [
        *(
            Line(
                f"{name}: balanced error of the recommended policy, by the truth of the year, on "
                f"average over shops at most that of the best window + {WORSE_THAN_A_WINDOW:.2f}",
                _spread(excesses := [one.errors.excess for one in found]),
                fmean(excesses) <= WORSE_THAN_A_WINDOW,
            )
            for name, found in shops.items()
        ),
        Line(
            "both, if who has left counts as gone even when back within that year",
            _spread(departures),
            None,
        ),
    ]


def _spread(excesses: Sequence[float]) -> str:
    return f"{fmean(excesses):+.3f} on average, {max(excesses):+.3f} at worst"


def _companion_lines(seeds: Sequence[Seed]) -> list[Line]:
    planted = [seed.planted.companions for seed in seeds]
    of_each = len(companions.PLANTED)
    trials, bare = of_each * len(seeds), sum(seed.bare.companions for seed in seeds)
    most = most_by_chance(companions.CHANCE, trials)
    return [
        Line(
            f"planted companions found, at least {FEWEST_COMPANIONS} of {of_each} in each shop",
            f"{min(planted)} at least, {sum(planted)} of {trials} in all",
            min(planted) >= FEWEST_COMPANIONS,
        ),
        Line(
            f"none planted: the same pairs found in {companions.CHANCE:.0%} of cases, "
            f"by chance at most {most} of {trials}",
            f"{bare} ({bare / trials:.1%})",
            bare <= most,
        ),
    ]


def _channel_lines(seeds: Sequence[Seed]) -> list[Line]:
    planted = [seed.planted.channels[channels.PLANTED] for seed in seeds]
    bare = [found for seed in seeds for found in seed.bare.channels.values()]
    alarms = sum(len(channels.differ(seed.bare.channels)) for seed in seeds)
    most = most_by_chance(channels.LEVEL, len(bare))
    return [
        Line(
            f"planted difference between channels found: customers of `{channels.PLANTED}` stay "
            "shorter, in each shop",
            f"{max(planted):+.2f} standard errors at least, "
            f"{sum(planted) / len(planted):+.2f} on average",
            all(channels.PLANTED in channels.differ(seed.planted.channels) for seed in seeds)
            and max(planted) < 0,
        ),
        Line(
            f"none planted: channels differ in {channels.LEVEL:.0%} of cases, "
            f"by chance at most {most} of {len(bare)}",
            f"{alarms} ({alarms / len(bare):.1%})",
            alarms <= most,
        ),
    ]


def _odds_lines(seeds: Sequence[Seed]) -> list[Line]:
    pooled: odds.Foretold = defaultdict(list)
    for seed in seeds:
        for framework, said in seed.foretold.items():
            pooled[framework] += said
    scores = {
        f"{framework} of seed {seed.seed}": odds.score(said)
        for seed in seeds
        for framework, said in seed.foretold.items()
        if len(said) >= FEWEST_STANDINGS
    } | {
        f"{framework} of all seeds": odds.score(said)
        for framework, said in pooled.items()
        if len(said) >= FEWEST_TOGETHER
    }
    worst = max(scores, key=lambda name: scores[name].reliability_error)
    dullest = max(scores, key=lambda name: scores[name].brier / scores[name].base_brier)
    share = scores[dullest].brier / scores[dullest].base_brier
    return [
        Line(
            "stage odds from the months before: reliability error, weighted over deciles, at most "
            f"{RELIABILITY_ERROR:.2f} in each framework",
            f"{scores[worst].reliability_error:.4f} at worst ({worst})",
            scores[worst].reliability_error <= RELIABILITY_ERROR,
        ),
        Line(
            "stage odds: Brier score below the base rate's in each framework",
            f"{share:.3f} of it at worst ({dullest})",
            share < 1,
        ),
    ]
