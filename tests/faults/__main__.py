"""`make faults`: try every row of the fault table and print a line for each with what was seen.

    python -m tests.faults [--only 3.] [--jobs 2] [--page]

A line is printed as soon as the test of its row has ended; what pytest says goes to standard error.
Exits 1 if a row is not as expected, or the page of the docs is not of this table. `--page` writes
the page instead.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import chdir, redirect_stdout

import pytest

from orchestration.settings.paths import REPO_ROOT
from tests.faults.table import PAGE, Fault, page, read_table
from tests.faults.watching import Seen, Watch


def main(arguments: Sequence[str] | None = None) -> int:
    """Try the rows that are asked for, and print what was seen."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults")
    parser.add_argument("--only", default="", help="Rows whose id begins so.")
    parser.add_argument("--jobs", default="2", help="Tests at a time.")
    parser.add_argument("--page", action="store_true", help="Write the page of the docs.")
    given = parser.parse_args(arguments)
    faults = read_table()
    if given.page:
        PAGE.write_text(page(faults), encoding="utf-8")
        return 0
    asked = [fault for fault in faults if fault.id.startswith(given.only)]
    if not asked:
        print(f"No row of the fault table begins with {given.only}")
        return 1
    is_page_of_table = PAGE.read_text(encoding="utf-8") == page(faults)
    began = time.monotonic()
    seen = run(asked, given.jobs)
    print(summary(seen, time.monotonic() - began, cpu_seconds()))
    if not is_page_of_table:
        print(f"{PAGE.relative_to(REPO_ROOT)} is not of this table: python -m tests.faults --page")
    as_expected = all(one.verdict in {"ok", "skipped"} for one in seen.values())
    return int(not (as_expected and is_page_of_table))


def run(faults: Iterable[Fault], jobs: str) -> dict[Fault, Seen]:
    """Run the tests of these rows, whatever their marks, and print a line as each ends."""
    seen: dict[Fault, Seen] = {}
    shown = sys.stdout

    def tell(fault: Fault, how: Seen) -> None:
        seen[fault] = how
        print(line_of(fault, how), file=shown, flush=True)

    faults = tuple(faults)
    # The dear ones first: no worker waits at the end for one that the other has just begun.
    tests = sorted(
        {fault.test for fault in faults},
        key=lambda one: ("test_random_kills" not in one, "tests/faults/" not in one, one),
    )
    options = ("-q", "-m", "", "-n", jobs, "--dist", "loadfile", "--no-loadscope-reorder")
    with chdir(REPO_ROOT), redirect_stdout(sys.stderr):
        pytest.main([*options, *tests], plugins=[Watch(faults, tell)])
    return seen


def line_of(fault: Fault, seen: Seen) -> str:
    """Return the line of one row: verdict, fault, what was expected, and what was seen instead."""
    cases = f"{seen.passed} cases" if seen.passed != 1 else "1 case"
    told = {
        "ok": f"{fault.expected} ({cases}, {seen.seconds:.1f} s)",
        "FAILED": f"not as expected ({fault.expected}): {'; '.join(seen.failed)[:300]}",
        "skipped": f"not tried here: {_reasons(seen)}",
        "MISSING": f"no test ran: {fault.test}",
    }[seen.verdict]
    return f"{seen.verdict:<8} {fault.id:<5} {fault.fault} ({fault.given}): {told}"


def summary(seen: Mapping[Fault, Seen], wall: float, cpu: float) -> str:
    """Return the last lines: how many rows, which were not tried and why, which went wrong."""
    by_verdict = {
        verdict: [fault for fault, how in seen.items() if how.verdict in verdict.split()]
        for verdict in ("ok", "skipped", "FAILED MISSING")
    }
    fine, skipped, wrong = by_verdict.values()
    lines = [f"Not tried here: {fault.id}, since {_reasons(seen[fault])}" for fault in skipped]
    if wrong:
        lines.append(f"Not as expected: {', '.join(fault.id for fault in wrong)}")
    lines.append(
        f"{len(seen)} faults: {len(fine)} as expected, {len(skipped)} not tried, "
        f"{len(wrong)} not as expected; {wall / 60:.1f} minutes, {cpu:.0f} seconds of CPU"
    )
    return "\n".join(lines)


def cpu_seconds() -> float:
    """Return what this process and all that it waited for have taken of the processors."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _reasons(seen: Seen) -> str:
    return "; ".join(sorted(set(seen.skipped)))[:200]


if __name__ == "__main__":
    sys.exit(main())
