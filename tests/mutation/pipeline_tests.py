"""Tests of the pipeline that run compiled models on rows of their own, as witnesses of a slip.

They are given a state whose manifest has the slip in it; its databases are those of the sample.

Belongs here: that state, which tests are asked of which room. Does not belong here: witnesses that
need no pytest (``spoilt``, ``unit_tests``).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from orchestration.settings.paths import REPO_ROOT, StateDir
from tests.mutation.slips import Slip, slipped

_ODDS = ("test_odds_reference.py",)
_PLAYS = ("test_play_reference.py", "test_play_statistics.py")
_VALUE = ("test_value_reference.py", "test_customer_value.py", "test_foreseen_kpis.py")
# By the room of a model, below models/ and its layer; all others are asked of the last ones alone.
_OF_ROOM = {
    "journey": ("test_journey_reference.py",),
    "activation": _PLAYS,
    "value": _VALUE,
    "stages": _ODDS,
    "health": _ODDS,
    "lifecycle": _ODDS,
    "calibration": _ODDS,
    "kpis": ("test_foreseen_kpis.py",),
}
_OF_ALL = ("test_cases.py", "test_small_shops.py")
# Those that look at what was published, or build, would not see the slip.
_LEFT_OUT = (
    "not on_the_sample and not that_stops_a_build and not publishes and not (a_case_is_read)"
)


class _Ends:
    """A plugin of pytest: it hands out a state, and keeps the test that failed."""

    def __init__(self, state: StateDir) -> None:
        self.failed = ""
        self._state = state

    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
    ) -> StateDir | None:
        if fixturedef.argname != "sample_state":
            return None
        fixturedef.cached_result = (self._state, fixturedef.cache_key(request), None)
        return self._state

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed = report.nodeid.removeprefix("tests/")


class PipelineTests:
    """The tests, and the sample's state that they are given with one model wrong."""

    def __init__(self, sample: StateDir, folder: Path) -> None:
        """Put the state together in a folder."""
        self._state = StateDir.at(folder)
        text = (sample.dbt_target / "manifest.json").read_text(encoding="utf-8")
        self._manifest: dict[str, Any] = json.loads(text)
        self._state.dbt_target.mkdir(parents=True)
        for name in ("raw.duckdb", "working.duckdb", "published", "rules"):
            (folder / name).symlink_to(sample.root / name)

    def red(self, slip: Slip) -> str:
        """Return the first test that fails with a slip, or nothing."""
        node = next(
            node
            for node in self._manifest["nodes"].values()
            if node["resource_type"] == "model" and node["name"] == slip.model
        )
        right = node["compiled_code"]
        node["compiled_code"] = slipped(right, slip)
        path = self._state.dbt_target / "manifest.json"
        path.write_text(json.dumps(self._manifest), encoding="utf-8")
        node["compiled_code"] = right
        return self._first_failure((*_OF_ROOM.get(node["fqn"][-2], ()), *_OF_ALL))

    def _first_failure(self, files: Iterable[str]) -> str:
        ends = _Ends(self._state)
        paths = [str(REPO_ROOT / "tests" / "pipeline" / name) for name in files]
        options = [
            "-x",
            "-q",
            "-m",
            "",
            "-k",
            _LEFT_OUT,
            "-p",
            "no:cacheprovider",
            "-o",
            "addopts=",
        ]
        with redirect_stdout(StringIO()):
            pytest.main([*options, "--import-mode=importlib", *paths], plugins=[ends])
        return ends.failed
