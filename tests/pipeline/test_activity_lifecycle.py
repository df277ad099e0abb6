"""Lifecycle and retention as product analytics counts them: cases that PostHog publishes.

Source of L1, L3 and R1: PostHog/posthog (MIT), test_lifecycle_query_runner.py at 029e61c and
test_retention_query_runner.py at 026462b. The three worlds are made together: they lie in
different months and each asks only for its own periods. PostHog counts the dormant below zero; here
a count is positive.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

import duckdb
import pytest

from orchestration.settings.paths import StateDir
from tests.pipeline.ingest_kit import make_shop
from tests.pipeline.models_kit import CompiledModels, as_of

pytestmark = pytest.mark.slow
Marts = duckdb.DuckDBPyConnection

LAST_DAY = date(2020, 6, 20)
L1 = {
    "p1": ("01-11", "01-12", "01-13", "01-15", "01-17", "01-19"),
    "p2": ("01-09", "01-12"),
    "p3": ("01-12",),
    "p4": ("01-15",),
}
L3 = {
    "p1": ("02-01", "02-05", "02-10", "02-15", "02-27", "03-02"),
    "p2": ("02-11", "02-18"),
    "p3": ("02-12",),
    "p4": ("02-27",),
}
R1 = {
    "person1": ("06-10", "06-11", "06-12", "06-15", "06-16"),
    "person2": ("06-11", "06-12", "06-13", "06-16"),
}
# For each day from 2020-06-10 on: persons active on it, and of these 1, 2, 3 … days later.
R1_RETAINED = [
    [1, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0],
    [2, 2, 1, 0, 1, 2, 0, 0, 0, 0],
    [2, 1, 0, 1, 2, 0, 0, 0, 0],
    [1, 0, 0, 1, 0, 0, 0, 0],
    [0, 0, 0, 0, 0, 0, 0],
    [1, 1, 0, 0, 0, 0],
    [2, 0, 0, 0, 0],
    [0, 0, 0, 0],
    [0, 0, 0],
    [0, 0],
    [0],
]


def event_rows(case: str, days: dict[str, Sequence[str]]) -> Iterator[str]:
    """Yield one CSV row per person and day, at noon."""
    for person, dates in days.items():
        for day in dates:
            yield f"{case}-{person}-{day},Page Viewed,2020-{day}T12:00:00Z,,{case}-{person}"


@pytest.fixture(scope="module")
def marts(
    sample_state: StateDir, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The two marts of the three worlds."""
    rows = [
        *event_rows("l1", L1),
        *event_rows("l3", L3),
        *event_rows("r1", R1),
        # A second identity of person1: seen without a name on day 5, identified on day 6.
        "r1-alias-1,Page Viewed,2020-06-15T13:00:00Z,r1-alias,",
        "r1-alias-2,Page Viewed,2020-06-16T13:00:00Z,r1-alias,r1-person1",
    ]
    header = "event_id,event_name,occurred_at,anonymous_id,user_id"
    shop = make_shop(
        tmp_path_factory.mktemp("posthog"), {"events.csv": "\n".join([header, *rows, ""])}
    )
    shop.ingest()
    raw_database, asked = shop.state_dir / "raw.duckdb", ("activity_lifecycle", "retention_matrix")
    with CompiledModels(sample_state).made(raw_database, asked, as_of(LAST_DAY)) as made:
        yield made


def lifecycle_counts(marts: Marts, grain: str, first: date, last: date) -> dict[str, list[int]]:
    """Return the four counts of each period from `first` to `last`, by their names."""
    names = ("new_persons", '"returning"', "resurrecting", "dormant")
    found = marts.execute(
        f"select {', '.join(names)} from marts.activity_lifecycle "
        "where period_grain = $1 and activity = 'any' and period_start between $2 and $3 "
        "order by period_start",
        [grain, first, last],
    ).fetchall()
    assert found
    return {
        name.strip('"'): list(counts)
        for name, counts in zip(names, zip(*found, strict=True), strict=True)
    }


def test_l1_days(marts: Marts) -> None:
    assert lifecycle_counts(marts, "day", date(2020, 1, 12), date(2020, 1, 19)) == {
        "new_persons": [1, 0, 0, 1, 0, 0, 0, 0],
        "returning": [1, 1, 0, 0, 0, 0, 0, 0],
        "resurrecting": [1, 0, 0, 1, 0, 1, 0, 1],
        "dormant": [0, 2, 1, 0, 2, 0, 1, 0],
    }


@pytest.mark.parametrize(
    ("grain", "first"), [("week_sunday", date(2020, 2, 2)), ("week", date(2020, 2, 3))]
)
def test_l3_weeks_from_sunday_and_from_monday(marts: Marts, grain: str, first: date) -> None:
    assert lifecycle_counts(marts, grain, first, first + timedelta(weeks=5)) == {
        "new_persons": [0, 2, 0, 1, 0, 0],
        "returning": [1, 1, 1, 0, 1, 0],
        "resurrecting": [0, 0, 0, 1, 0, 0],
        "dormant": [0, 0, 2, 1, 1, 1],
    }


def retained(marts: Marts, cohort_kind: str, first: date) -> list[list[int]]:
    """Return, for each day from `first` on, the persons active 0, 1, 2 … days later."""
    found = marts.execute(
        "select cohort_start, period_offset, persons from marts.retention_matrix "
        "where period_grain = 'day' and activity = 'any' and cohort_kind = $1 "
        "and cohort_start >= $2",
        [cohort_kind, first],
    ).fetchall()
    assert found
    counts = {(start, offset): persons for start, offset, persons in found}
    days = (LAST_DAY - first).days + 1
    return [
        [counts.get((first + timedelta(days=day), offset), 0) for offset in range(days - day)]
        for day in range(days)
    ]


def test_r1_every_days_active_persons_are_followed(marts: Marts) -> None:
    assert retained(marts, "every_activity", date(2020, 6, 10)) == R1_RETAINED


def test_r1_first_activity_follows_a_person_from_the_first_day_only(
    marts: Marts,
) -> None:
    """The other kind of cohort, same world: person1 from D on, person2 from the day after."""
    first, second, *others = retained(marts, "first_activity", date(2020, 6, 10))
    assert first == [1, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0]
    assert second == [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]
    assert not any(map(any, others))
