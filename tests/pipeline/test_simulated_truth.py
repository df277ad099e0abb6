"""What the marts say of a simulated shop is true of it; of twenty: `python -m tests.truth`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from orchestration.settings.paths import StateDir
from tests.pipeline.models_kit import CompiledModels
from tests.truth.channels import differ
from tests.truth.gaps import survival
from tests.truth.lines import lines, measure, most_by_chance
from tests.truth.odds import score

SEEDS = int(os.environ.get("TRUTH_SEEDS", "1"))


@pytest.mark.slow
def test_what_is_told_of_simulated_shops_is_true(sample_state: StateDir, tmp_path: Path) -> None:
    models = CompiledModels(sample_state)
    found = lines([measure(models, tmp_path, seed) for seed in range(1, SEEDS + 1)])
    assert not [line for line in found if line.holds is False]
    assert len(found) == 11


def test_gaps_that_are_still_open_count_as_long_as_they_last() -> None:
    assert survival([(0.4, True), (0.5, False), (0.6, True), (1.0, True)]) == 0.75 / 2
    assert survival([(0.4, False), (0.99, False)]) == 1


def test_odds_that_are_off_or_say_nothing_are_seen() -> None:
    came = [place % 10 == 0 for place in range(1000)]
    dull = score([(0.1, one) for one in came])
    assert dull.reliability_error < 0.001
    assert dull.brier == pytest.approx(dull.base_brier)
    knowing = score([(0.9 if one else 0.1, one) for one in came])
    assert knowing.reliability_error == pytest.approx(0.1)
    assert knowing.brier < dull.brier


def test_chance_alone_seldom_breaks_a_line() -> None:
    assert most_by_chance(0.05, 12) == 3
    assert most_by_chance(0.10, 140) == 23
    assert differ({"social": -1.7, "email": 1.6}) == ["social"]
