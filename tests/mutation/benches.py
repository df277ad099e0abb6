"""The tests that make compiled models of random tables, as witnesses of a slip.

As everywhere here a mart equals its reference, so who changes a compared column on a world of such
a test turns the test red, and the reference need not be asked again.

Belongs here: which tests, their worlds, the columns that they compare. Does not belong here: worlds
and references themselves (``tests/reference``), running models (``tests/pipeline/workbench``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from tests.mutation.slips import Slip, slipped
from tests.mutation.spoilt import Marts
from tests.pipeline.workbench import Rows, Workbench
from tests.reference.activation import entries, results
from tests.reference.activation import worlds as plays
from tests.reference.calibration import odds
from tests.reference.calibration import worlds as stages
from tests.reference.journey import marts as journey
from tests.reference.journey import worlds as visits
from tests.reference.value import marts as value
from tests.reference.value import worlds as shops

Tables = Mapping[str, Rows]
Made = dict[str, Counter[str]]
# The tests take as many, or more; a seed is a world.
WORLDS = 16
# What takes longer has made a product of tables; without the slip it is one.
MOST_SECONDS = 20


@dataclass(frozen=True)
class Bench:
    """A test: what it makes its marts of, and which columns of them it compares."""

    test: str
    workbench: Workbench
    tables: Callable[[int], Tables]
    marts: Marts
    _right: dict[int, tuple[Tables, Made]] = field(default_factory=dict)

    def red(self, slip: Slip) -> str:
        """Return the mart that a slip changes, nothing if none or if the model is not made here."""
        if slip.model not in self.workbench.models:
            return ""
        instead = {slip.model: slipped(self.workbench.code(slip.model), slip)}
        for seed in range(WORLDS):
            if seed not in self._right:
                tables = self.tables(seed)
                self._right[seed] = (tables, self._made(tables, {}))
            tables, right = self._right[seed]
            try:
                made = self._made(tables, instead)
            except Exception:  # noqa: BLE001 - a model that cannot be made is no slip: see spoilt
                return ""
            for mart, rows in made.items():
                if rows != right[mart]:
                    return f"{mart} in {self.test}"
        return ""

    def _made(self, tables: Tables, instead: Mapping[str, str]) -> Made:
        made = self.workbench.run(tables, [*self.marts], instead, MOST_SECONDS)
        return {
            mart: Counter(repr([row[column] for column in self.marts[mart]]) for row in rows)
            for mart, rows in made.items()
        }


def benches(state_dir: Path) -> tuple[Bench, ...]:
    """Return the tests of journeys, values, plays and odds, on what dbt compiled for a state."""
    return tuple(
        Bench(test, Workbench(state_dir, given, marts), tables, marts)
        for test, given, tables, marts in (
            ("test_journey_reference", journey.GIVEN, visits.tables, columns_of_journey()),
            (
                "test_value_reference",
                shops.GIVEN,
                lambda seed: shops.tables(shops.ledger(seed)),
                columns_of_value(),
            ),
            (
                "test_play_reference",
                plays.GIVEN,
                lambda seed: plays.tables(_shop(seed)),
                _columns_of_plays(),
            ),
            (
                "test_odds_reference",
                stages.GIVEN,
                lambda seed: stages.tables(stages.standings(seed)),
                columns_of_odds(),
            ),
        )
    )


def columns_of_journey() -> Marts:
    """The columns that references of journeys tell."""
    worlds = [visits.tables(seed) for seed in range(WORLDS)]
    return {
        mart: _columns(partial(expected, world) for world in worlds)
        for mart, (expected, _) in journey.MARTS.items()
    }


def columns_of_value() -> Marts:
    """The columns that references of values tell, but for intervals, which only come near."""
    worlds = [shops.ledger(seed) for seed in range(WORLDS)]
    return {
        mart: tuple(
            column
            for column in _columns(partial(expected, world) for world in worlds)
            if not any(part in column for part in value.FEW)
        )
        for mart, (expected, _) in value.MARTS.items()
    }


def _columns_of_plays() -> Marts:
    shop = _shop(1)
    found = entries.entries(shop)
    listed = _columns([partial(entries.due, shop, found)])
    return {
        "play_entries": tuple(found[0].row()),
        "plays_due": (*listed, "expected_value"),
        "play_results": _columns([partial(results.results, shop, found)]),
    }


def columns_of_odds() -> Marts:
    """The columns that references of odds tell."""
    world = stages.standings(0)
    outlooks = _columns([partial(odds.outlooks, world)])
    return {
        "stage_odds": _columns([partial(odds.stage_odds, world)]),
        "int_stage_outlooks": tuple(
            "subject_key" if column == "subject" else column for column in outlooks
        ),
    }


def _columns(readings: Iterable[Callable[[], Sequence[Mapping[str, Any]]]]) -> tuple[str, ...]:
    """The columns of the first row that any of the readings has."""
    return next(tuple(row) for tell in readings for row in tell())


def _shop(seed: int) -> plays.Shop:
    return plays.crowd(seed) if seed == 0 else plays.shop(seed)
