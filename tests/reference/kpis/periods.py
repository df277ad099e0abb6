"""Days, ISO weeks, months, quarters and years (docs/kpi_conventions.md#periods-and-roll-up).

Belongs here: which periods there are. Does not belong here: what falls into them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

ONE_DAY = timedelta(days=1)
MONTHS = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True)
class Period:
    """A half-open period of reporting dates."""

    grain: str
    start: date
    end: date

    def holds(self, day: date) -> bool:
        """Whether a day lies in it."""
        return self.start <= day < self.end

    @property
    def eve(self) -> date:
        """The day before it."""
        return self.start - ONE_DAY

    def last_day(self, as_of_date: date) -> date:
        """Its last day, or ``as_of_date`` while it is not over."""
        return min(self.end - ONE_DAY, as_of_date)


def period_of(grain: str, day: date, first_month: int = 1) -> Period:
    """The period of a grain that a day lies in; years begin with ``first_month``."""
    if grain == "day":
        return Period(grain, day, day + ONE_DAY)
    if grain == "week":
        monday = day - timedelta(days=day.isoweekday() - 1)
        return Period(grain, monday, monday + timedelta(days=7))
    length = MONTHS[grain]
    # Months since year 0, counted from the first month of a fiscal year.
    months = day.year * 12 + day.month - first_month
    opening = months - months % length + first_month - 1
    return Period(grain, _first_of(opening), _first_of(opening + length))


def periods(grain: str, first: date, last: date, first_month: int = 1) -> list[Period]:
    """All periods of a grain from that of the first day to that of the last one."""
    found = [period_of(grain, first, first_month)]
    while found[-1].end <= last:
        found.append(period_of(grain, found[-1].end, first_month))
    return found


def _first_of(months: int) -> date:
    year, month = divmod(months, 12)
    return date(year, month + 1, 1)
