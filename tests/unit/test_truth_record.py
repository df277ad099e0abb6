"""The record of the simulated truth is of enough shops, holds, and the README quotes it."""

from __future__ import annotations

from orchestration.settings.paths import REPO_ROOT
from tests.truth.report import RESULTS, told_lines

PAGE = RESULTS.read_text(encoding="utf-8")


def test_the_record_is_of_twenty_seeds_and_no_line_is_broken() -> None:
    told = told_lines(PAGE)
    assert len(told) == 11
    assert not [line for line in told if line.holds is False]
    assert "**no**" not in PAGE
    (seeds,) = [row for row in PAGE.splitlines() if " seeds: 1 to " in row]
    assert int(seeds.split()[0]) >= 20


def test_the_readme_says_what_the_shipped_policy_loses() -> None:
    (told,) = [row for row in PAGE.splitlines() if "on average: " in row]
    readme = (REPO_ROOT / "README.md").read_text(encoding="utf-8")
    assert told.split("on average: ")[1].rstrip(".") in readme
