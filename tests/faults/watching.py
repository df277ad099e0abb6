"""What pytest tells while it runs, put together row by row of the fault table.

Belongs here: when the test of a row has ended, and how. Does not belong here: starting pytest, and
the words that are printed (`__main__`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import pytest

from tests.faults.table import Fault


@dataclass(frozen=True)
class Seen:
    """How the cases of one test ended: how many passed, what failed, why some were skipped."""

    passed: int = 0
    failed: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    seconds: float = 0

    @property
    def verdict(self) -> str:
        """One word: `ok`, `FAILED`, `skipped`, or `MISSING` where nothing ran."""
        if self.failed:
            return "FAILED"
        if self.passed:
            return "ok"
        return "skipped" if self.skipped else "MISSING"


class Watch:
    """A plugin of pytest's controller: it tells of a row as soon as all cases of its test ended."""

    def __init__(self, faults: Iterable[Fault], tell: Callable[[Fault, Seen], None]) -> None:
        """Watch the tests of these rows; `tell` is called once for each, `missing` included."""
        self._rows: dict[str, list[Fault]] = defaultdict(list)
        for fault in faults:
            self._rows[fault.test].append(fault)
        self._tell = tell
        self._open: Counter[str] = Counter()
        self._seen: dict[str, Seen] = defaultdict(Seen)

    def pytest_xdist_node_collection_finished(self, ids: Sequence[str]) -> None:
        """Count the cases of each test; every worker has collected the same ones."""
        self._open = Counter(map(_test_of, ids))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add one step of one case; a case ends with its teardown, or with its worker."""
        test = _test_of(report.nodeid)
        self._seen[test] = _with(self._seen[test], report)
        if report.when in {"setup", "call"}:
            return
        self._open[test] -= 1
        if self._open[test] == 0:
            self._told(test)

    def pytest_sessionfinish(self) -> None:
        """Tell of the rows whose test did not run, or not to its end."""
        for test in list(self._rows):
            seen = self._seen[test]
            cut_off = replace(seen, failed=(*seen.failed, "the run ended before its last case"))
            self._seen[test] = cut_off if seen != Seen() else seen
            self._told(test)

    def _told(self, test: str) -> None:
        for fault in self._rows.pop(test, ()):
            self._tell(fault, self._seen[test])


def _test_of(case: str) -> str:
    """Return the test of a case: what stands before its parameters."""
    return case.partition("[")[0]


def _with(seen: Seen, report: pytest.TestReport) -> Seen:
    """Return what is seen of a test after one more step of a case."""
    seen = replace(seen, seconds=seen.seconds + report.duration)
    if report.failed:
        return replace(seen, failed=(*seen.failed, _reason(report)))
    if report.skipped:
        return replace(seen, skipped=(*seen.skipped, _reason(report)))
    return replace(seen, passed=seen.passed + (report.when == "call"))


def _reason(report: pytest.TestReport) -> str:
    """Return in one line why a case failed or was skipped."""
    told = report.longrepr
    if isinstance(told, tuple):
        return str(told[2]).removeprefix("Skipped: ")
    crash = getattr(told, "reprcrash", None)
    text = str(crash.message if crash else told).strip()
    return text.splitlines()[0] if text else "no reason was given"
