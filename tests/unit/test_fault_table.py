"""The fault table: enough rows, of every paragraph, each tried by a test that exists."""

import ast
from functools import cache

from orchestration.settings.paths import REPO_ROOT
from tests.faults.__main__ import Seen, line_of, read_report
from tests.faults.table import PAGE, PARAGRAPHS, Fault, page, read_table

FEWEST = 80
REPORT = """<testsuites><testsuite>
<testcase file="tests/a.py" name="test_x[1]"/><testcase file="tests/a.py" name="test_x[2]"/>
<testcase file="tests/a.py" name="test_y"><failure message="assert 1 == 2&#10;more">x</failure>
</testcase><testcase file="tests/a.py" name="test_y"/>
<testcase file="tests/a.py" name="test_z"><skipped message="no disk"/></testcase>
<testcase file="tests/a.py" name="test_e"><error message="broke">x</error></testcase>
</testsuite></testsuites>"""


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


def test_a_row_is_what_all_cases_of_its_test_are() -> None:
    seen = read_report(REPORT)
    assert seen["tests/a.py::test_x"] == Seen(passed=2)
    verdicts = {name[-1]: one.verdict for name, one in seen.items()}
    assert verdicts == {"x": "ok", "y": "FAILED", "z": "skipped", "e": "FAILED"}
    assert Seen().verdict == "MISSING"
    row = Fault("1.1", 1, "A fault", "an input", "nothing happens", "tests/a.py::test_y")
    assert line_of(row, seen["tests/a.py::test_y"]) == (
        "FAILED   1.1   A fault (an input): not as expected (nothing happens): assert 1 == 2"
    )
    assert line_of(row, Seen(passed=1)).endswith(": nothing happens (1 case)")
    assert line_of(row, Seen()).endswith("no test ran: tests/a.py::test_y")
