"""The fault table: enough rows, of every paragraph, each tried by a test that exists."""

import ast
from functools import cache
from typing import Literal

import pytest

from orchestration.settings.paths import REPO_ROOT
from tests.faults.__main__ import line_of, summary
from tests.faults.table import PAGE, PARAGRAPHS, Fault, page, read_table
from tests.faults.watching import Seen, Watch

FEWEST = 80
ROWS = {
    name: Fault(
        f"1.{name}", 1, "A fault", "an input", "nothing happens", f"tests/a.py::test_{name}"
    )
    for name in "xyzcm"
}


@cache
def named_in(path: str) -> frozenset[str]:
    tree = ast.parse((REPO_ROOT / path).read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


def test_there_are_enough_faults_of_every_paragraph_with_ids_of_their_own() -> None:
    faults = read_table()
    assert len(faults) >= FEWEST
    assert len({fault.id for fault in faults}) == len(faults)
    assert {fault.paragraph for fault in faults} == set(PARAGRAPHS)
    for fault in faults:
        assert fault.id.partition(".")[0] == str(fault.paragraph)
        assert all((fault.fault, fault.given, fault.expected))


def test_each_fault_names_a_test_that_exists() -> None:
    for fault in read_table():
        path, _, name = fault.test.partition("::")
        assert name in named_in(path), fault


def test_the_page_is_made_of_the_table() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(read_table())


def report(
    case: str,
    when: str,
    outcome: Literal["passed", "failed", "skipped"] = "passed",
    why: str | tuple[str, int, str] | None = None,
) -> pytest.TestReport:
    where = ("tests/a.py", 1, case)
    made = pytest.TestReport(f"tests/a.py::{case}", where, {}, outcome, why, "call", duration=0.5)
    vars(made)["when"] = when  # A worker that crashed tells of no phase that pytest declares.
    return made


def watched(*reports: pytest.TestReport) -> list[tuple[str, Seen]]:
    """What is told of all rows, in the order in which it is told."""
    told: list[tuple[str, Seen]] = []
    watch = Watch(ROWS.values(), lambda fault, seen: told.append((fault.test[-1], seen)))
    ids = dict.fromkeys(one.nodeid for one in reports)
    watch.pytest_xdist_node_collection_finished([*ids])
    for one in reports:
        watch.pytest_runtest_logreport(one)
    watch.pytest_sessionfinish()
    return told


def test_a_row_is_told_as_soon_as_all_cases_of_its_test_have_ended() -> None:
    told = watched(
        report("test_x[1]", "setup"),
        report("test_x[1]", "call"),
        report("test_x[1]", "teardown"),
        report("test_y", "call", "failed", "assert 1 == 2\nmore"),
        report("test_y", "teardown"),
        report("test_x[2]", "call"),
        report("test_x[2]", "teardown"),
        report("test_z", "setup", "skipped", ("a.py", 1, "Skipped: no disk")),
        report("test_z", "teardown"),
    )
    assert [test for test, _ in told] == [*"yxzcm"]
    seen = dict(told)
    assert seen["x"] == Seen(passed=2, seconds=2.5)
    assert seen["y"] == Seen(failed=("assert 1 == 2",), seconds=1)
    assert seen["z"] == Seen(skipped=("no disk",), seconds=1)
    assert seen["m"].verdict == "MISSING"


def test_a_run_that_was_cut_off_passes_no_row_whose_last_case_is_missing() -> None:
    (seen,) = [
        seen
        for test, seen in watched(
            report("test_x[1]", "call"),
            report("test_x[1]", "teardown"),
            report("test_x[2]", "call"),
        )
        if test == "x"
    ]
    assert seen.verdict == "FAILED"
    # A worker that dies tells of no step, and no teardown follows.
    ((_, crashed), *_) = watched(report("test_c", "???", "failed", "worker 'gw0' crashed"))
    assert crashed.failed == ("worker 'gw0' crashed",)


def test_a_line_tells_what_was_expected_and_what_was_seen_instead() -> None:
    row = ROWS["y"]
    assert line_of(row, Seen(failed=("assert 1 == 2",))) == (
        "FAILED   1.y   A fault (an input): not as expected (nothing happens): assert 1 == 2"
    )
    assert line_of(row, Seen(passed=1, seconds=2)).endswith(": nothing happens (1 case, 2.0 s)")
    assert line_of(row, Seen()).endswith("no test ran: tests/a.py::test_y")


def test_the_last_lines_say_what_was_not_tried_and_what_went_wrong() -> None:
    seen = {ROWS["x"]: Seen(passed=3), ROWS["z"]: Seen(skipped=("no disk",)), ROWS["m"]: Seen()}
    assert summary(seen, 90, 100).splitlines() == [
        "Not tried here: 1.z, since no disk",
        "Not as expected: 1.m",
        "3 faults: 1 as expected, 1 not tried, 1 not as expected; 1.5 minutes, 100 seconds of CPU",
    ]
