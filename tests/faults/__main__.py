"""`make faults`: try every row of the fault table and print a line for each with what was seen.

    python -m tests.faults [--only 3.] [--jobs 2] [--page]

Exits 1 if a row is not as expected. A row that this machine cannot try says why, and counts as seen
only where its reason is printed; `--page` writes the page of the docs instead.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestration.settings.paths import REPO_ROOT
from tests.faults.table import PAGE, Fault, page, read_table


@dataclass(frozen=True)
class Seen:
    """How the cases of one test ended: how many passed, what failed, why some were skipped."""

    passed: int = 0
    failed: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()

    @property
    def verdict(self) -> str:
        """One word: `ok`, `FAILED`, `skipped`, or `MISSING` where nothing ran."""
        if self.failed:
            return "FAILED"
        if self.passed:
            return "ok"
        return "skipped" if self.skipped else "MISSING"


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
    began = time.monotonic()
    seen = run(sorted({fault.test for fault in asked}), given.jobs)
    for fault in asked:
        print(line_of(fault, seen.get(fault.test, Seen())))
    bad = [
        fault for fault in asked if seen.get(fault.test, Seen()).verdict in {"FAILED", "MISSING"}
    ]
    minutes = (time.monotonic() - began) / 60
    print(f"{len(asked)} faults, {bad} not as expected, {minutes:.1f} minutes")
    return int(bool(bad) or not asked)


def line_of(fault: Fault, seen: Seen) -> str:
    """Return the line of one row: verdict, fault, what was expected, and what was seen instead."""
    cases = f"{seen.passed} cases" if seen.passed != 1 else "1 case"
    told = {
        "ok": f"{fault.expected} ({cases})",
        "FAILED": f"not as expected ({fault.expected}): {'; '.join(seen.failed)[:300]}",
        "skipped": f"not tried here: {'; '.join(sorted(set(seen.skipped)))[:200]}",
        "MISSING": f"no test ran: {fault.test}",
    }[seen.verdict]
    return f"{seen.verdict:<8} {fault.id:<5} {fault.fault} ({fault.given}): {told}"


def run(tests: Sequence[str], jobs: str) -> dict[str, Seen]:
    """Run tests of all marks and return how each ended, its cases together."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        options = ("-q", "-m", "", "-n", jobs, "--dist", "loadfile", "-o", "junit_family=xunit1")
        subprocess.run(
            [sys.executable, "-m", "pytest", *options, f"--junitxml={report}", *tests],
            cwd=REPO_ROOT,
            stdout=sys.stderr,
            check=False,
        )
        return read_report(report.read_text(encoding="utf-8")) if report.exists() else {}


def read_report(text: str) -> dict[str, Seen]:
    """Return what a report of pytest tells, by test without its parameters."""
    passed: dict[str, int] = defaultdict(int)
    failed: dict[str, list[str]] = defaultdict(list)
    skipped: dict[str, list[str]] = defaultdict(list)
    for case in ElementTree.fromstring(text).iter("testcase"):  # noqa: S314 - as above
        name = f"{case.get('file')}::{str(case.get('name')).partition('[')[0]}"
        bad = case.find("failure") if case.find("failure") is not None else case.find("error")
        left_out = case.find("skipped")
        if bad is not None:
            failed[name].append(str(bad.get("message")).splitlines()[0])
        elif left_out is not None:
            skipped[name].append(str(left_out.get("message")))
        else:
            passed[name] += 1
    names = passed.keys() | failed.keys() | skipped.keys()
    return {name: Seen(passed[name], tuple(failed[name]), tuple(skipped[name])) for name in names}


if __name__ == "__main__":
    sys.exit(main())
