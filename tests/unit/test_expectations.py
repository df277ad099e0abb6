"""The plausibility suite: bands at their edges, and every way in which a suite may not run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest

from orchestration.pipeline import expectations
from orchestration.pipeline.expectations import Band, Measure, judge, judge_measures
from orchestration.settings.paths import REPO_ROOT, StateDir

SHARE = Band("stage_share", "itself", 0.0, 0.995, 200, "error", "One stage holds everybody.")
SUBJECTS = Band("subjects", "itself", 1.0, None, 0, "error", "Nobody is known.")


def share(value: float | None, item: str = "loyalty", is_judged: bool = True) -> Measure:
    return Measure("stage_share", item, value, is_judged)


@pytest.mark.parametrize(
    ("value", "passed"), [(0.995, True), (0.9951, False), (0.0, True), (-0.0001, False)]
)
def test_a_value_on_the_edge_of_its_band_passes_and_one_beyond_fails(
    value: float, passed: bool
) -> None:
    (finding,) = judge_measures([SHARE], [share(value)])
    assert finding.passed is passed
    assert finding.values == {"loyalty": value}


def test_a_broken_band_names_the_item_the_value_and_the_reason() -> None:
    finding, other = judge_measures(
        [SHARE, SUBJECTS],
        [share(0.999), share(0.001, "discovery"), Measure("subjects", "", 900, True)],
    )
    assert finding.sentence == (
        'The expectation "stage_share" is not within 0 to 0.995: loyalty 0.999 '
        "(One stage holds everybody)."
    )
    assert finding.severity == "error"
    assert other.passed


def test_a_missing_or_infinite_value_that_should_be_judged_fails() -> None:
    for value in (None, float("nan"), float("inf")):
        (finding,) = judge_measures([SHARE], [share(value)])
        assert not finding.passed, value


def test_a_value_that_rests_on_too_little_is_not_judged_beside_one_that_is() -> None:
    few, known = judge_measures(
        [SHARE, SUBJECTS], [share(1.0, is_judged=False), Measure("subjects", "", 3, True)]
    )
    assert few.passed
    assert "rests on too little" in few.sentence
    assert known.passed


def test_a_suite_without_a_row_to_judge_fails() -> None:
    (finding,) = judge_measures([SHARE], [share(0.5, is_judged=False)])
    assert (finding.passed, finding.severity) == (False, "error")
    assert "not one value" in finding.sentence


def test_an_empty_suite_fails() -> None:
    (finding,) = judge_measures([], [share(0.5)])
    assert (finding.passed, finding.severity) == (False, "error")


def test_an_expectation_that_nothing_measures_fails() -> None:
    finding, _ = judge_measures([SHARE, SUBJECTS], [Measure("subjects", "", 3, True)])
    assert not finding.passed
    assert "has no value" in finding.sentence


def test_a_suite_that_errors_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> dict[str, list[object]]:
        raise RuntimeError("no engine")

    monkeypatch.setattr(expectations, "_validate", broken)
    (finding,) = judge_measures([SHARE], [share(0.5)])
    assert (finding.passed, finding.severity) == (False, "error")
    assert "RuntimeError: no engine" in finding.sentence


@pytest.mark.parametrize(
    "result",
    [
        SimpleNamespace(success=True, exception_info={"raised_exception": True}, result={}),
        SimpleNamespace(success=True, exception_info={}, result={"element_count": 0}),
        SimpleNamespace(success=True, exception_info={}, result={}),
    ],
)
def test_a_result_that_raised_or_saw_other_rows_fails(
    monkeypatch: pytest.MonkeyPatch, result: SimpleNamespace
) -> None:
    monkeypatch.setattr(expectations, "_validate", lambda *_: {"stage_share": [result]})
    (finding,) = judge_measures([SHARE], [share(0.5)])
    assert not finding.passed


def test_a_name_with_a_quote_is_only_a_name() -> None:
    quoted = Band('x" or "" == "', "itself", 0.0, 1.0, 0, "error", "")
    (finding,) = judge_measures([quoted], [Measure(quoted.expectation, "", 1.5, True)])
    assert not finding.passed


def make_state(root: Path, persons_now: int, as_of: str = "2026-02-01") -> StateDir:
    """A working database of `persons_now` people, and a published one of 400 of January."""
    state = StateDir.at(root)
    state.published.mkdir(parents=True)
    for path, people, day in (
        (state.working_database, persons_now, as_of),
        (state.published_database, 400, "2026-01-31"),
    ):
        with duckdb.connect(str(path)) as database:
            database.execute("create schema marts; create schema seeds")
            database.execute(
                "create table seeds.expectations as select * from (values "
                "('subjects', 'itself', 1, null, 0, 'error', 'Nobody.'), "
                "('known_subjects_kept', 'published', 0.5, 2, 200, 'error', 'Half.')) as rows("
                "expectation, compared_with, at_least, at_most, least_population, severity, "
                "rationale)"
            )
            database.execute(
                "create table marts.plausibility as select 'subjects' as expectation, '' as item, "
                f"{people} as value, true as is_judged"
            )
            database.execute(
                f"create table marts.build_info as select date '{day}' as as_of_date, "
                "cast(null as timestamp) as known_at"
            )
            database.execute(
                "create table marts.subjects as select 'person' as subject_type, "
                f"date '2026-01-31' as first_seen_on from range({people})"
            )
    return state


@pytest.mark.parametrize(("people", "passed"), [(200, True), (199, False), (800, True)])
def test_people_of_the_published_version_must_not_vanish(
    tmp_path: Path, people: int, passed: bool
) -> None:
    findings = judge(make_state(tmp_path / "state", people))
    assert [finding.expectation for finding in findings] == ["subjects", "known_subjects_kept"]
    assert findings[1].passed is passed


def test_a_build_of_an_earlier_day_is_not_held_against_the_published_version(
    tmp_path: Path,
) -> None:
    findings = judge(make_state(tmp_path / "state", 3, as_of="2026-01-30"))
    assert findings[1].passed
    assert "rests on too little" in findings[1].sentence


def test_without_a_published_version_there_is_no_comparison(tmp_path: Path) -> None:
    state = make_state(tmp_path / "state", 3)
    state.published_database.unlink()
    assert [finding.passed for finding in judge(state)] == [True, True]


def test_a_working_database_without_the_mart_fails(tmp_path: Path) -> None:
    state = make_state(tmp_path / "state", 400)
    with duckdb.connect(str(state.working_database)) as working:
        working.execute("drop table marts.plausibility")
    (finding,) = judge(state)
    assert (finding.passed, finding.severity) == (False, "error")
    assert "cannot be read" in finding.sentence


def test_what_the_import_of_the_library_leaves_out_can_be_imported_afterwards() -> None:
    script = (
        "import sys\n"
        "from orchestration.pipeline.expectations import load_library\n"
        "load_library()\n"
        "assert not {'altair', 'scipy', 'sqlalchemy'} & sys.modules.keys(), 'more was imported'\n"
        "import scipy.stats, sqlalchemy\n"
        "print(scipy.stats.norm.cdf(0), sqlalchemy.select(1))\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", script], cwd=REPO_ROOT, capture_output=True, text=True, check=True
    )
    assert said.stdout.split() == ["0.5", "SELECT", "1"]
