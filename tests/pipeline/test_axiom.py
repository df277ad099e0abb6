"""What is said of a day does not change when later facts arrive (docs/lifecycle_semantics.md#days).

Built twice from the same rows, once as of a day and once as of a later one, with identity as of the
same day: every row about a day up to the earlier one must be equal.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.reference import compare
from tests.reference.batches import BATCHES, Batch, Built

DAYS_EARLIER = 100
# What changes next is about the future, so it is not part of what is said about a day.
SAID = tuple(column for column in compare.COLUMNS if not column.startswith("next_"))
VALID_FROM, VALID_TO = SAID.index("valid_from"), SAID.index("valid_to")


@dataclasses.dataclass(frozen=True)
class Twice:
    """The same rows, built as of an earlier and as of a later day."""

    earlier_state: Path
    later_state: Path
    day: date


@pytest.fixture(scope="module")
def twice(built: Callable[[Batch], Built], tmp_path_factory: pytest.TempPathFactory) -> Twice:
    batch = next(batch for batch in BATCHES if batch.settings.identity_as_of)
    later = built(batch)
    assert batch.settings.as_of_date is not None
    day = batch.settings.as_of_date - timedelta(days=DAYS_EARLIER)
    earlier = dataclasses.replace(
        batch, settings=dataclasses.replace(batch.settings, as_of_date=day)
    )
    state_dir = tmp_path_factory.mktemp("earlier") / "state"
    compare.run_lifecycle(earlier.options(later.raw_dir, state_dir, later.rules_dir))
    return Twice(state_dir, later.state_dir, day)


SUBSCRIPTION = (
    *("subject_id", "subscription_id", "valid_from", "valid_to"),
    *("monthly_amount", "state", "end_reason", "paid_through_on"),
)


def until(rows: list[tuple], day: date) -> list[tuple]:
    """History rows cut at the end of a day: what began later is gone, what ended later is open."""
    cut: list[tuple] = []
    for row in rows:
        if row[VALID_FROM] <= day:
            ended = row[VALID_TO] is not None and row[VALID_TO] <= day
            cut.append(row if ended else (*row[:VALID_TO], None, *row[VALID_TO + 1 :]))
    return sorted(cut, key=repr)


@pytest.mark.slow
def test_later_facts_leave_the_history_up_to_a_day_alone(twice: Twice):
    earlier = compare.published(twice.earlier_state, "lifecycle_history", SAID)
    later = compare.published(twice.later_state, "lifecycle_history", SAID)
    assert max(row[VALID_FROM] for row in later) > twice.day
    cut = until(later, twice.day)
    assert len(cut) > 1000
    assert cut == sorted(earlier, key=repr)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mart", "dated"), [("stage_daily", "date"), ("stage_transitions", "changed_on")]
)
def test_later_facts_leave_the_census_and_transitions_up_to_a_day_alone(
    twice: Twice, mart: str, dated: str
):
    earlier = compare.published(twice.earlier_state, mart, ["*"])
    condition = f"{dated} <= date '{twice.day}'"
    later = compare.published(twice.later_state, mart, ["*"], condition)
    assert len(later) > 1000
    assert sorted(later, key=repr) == sorted(earlier, key=repr)


# Told by what happened alone: nothing that comes later voids a visit, a review or points.
SLICED = ("sessions", "review_count", "shares_count", "points_redeemed_to_earned")
NUMBERS = ("kpi", "period_grain", "period_start", "dimension", "dimension_value")


@pytest.mark.slow
@pytest.mark.parametrize("dimension", ["stage", "health"])
def test_what_a_person_becomes_later_moves_no_slice_of_a_past_period(twice: Twice, dimension: str):
    condition = (
        f"kpi in {SLICED} and dimension = '{dimension}' and period_end <= date '{twice.day}' + 1"
    )
    columns = (*NUMBERS, "numerator", "denominator", "value", "status")
    earlier = compare.published(twice.earlier_state, "kpi_values", columns, condition)
    later = compare.published(twice.later_state, "kpi_values", columns, condition)
    assert {row[0] for row in later} == set(SLICED)
    assert len({row[NUMBERS.index("dimension_value")] for row in later}) > 3
    assert sorted(later, key=repr) == sorted(earlier, key=repr)
    # The same persons did move on: were slices told by what they are now, they would differ.
    became = [
        {
            (framework, subject): state
            for framework, subject, state in compare.published(
                state_dir, "lifecycle_current", ("framework", "subject_id", dimension)
            )
        }
        for state_dir in (twice.earlier_state, twice.later_state)
    ]
    assert sum(became[0][one] != became[1][one] for one in became[0]) > 100


@pytest.mark.slow
def test_later_facts_leave_the_segments_of_earlier_month_ends_alone(twice: Twice):
    (first,) = compare.published(twice.later_state, "rfm_segments", ["min(as_of_date)"])[0]
    condition = f"as_of_date >= date '{first}' and as_of_date < date '{twice.day}'"
    earlier = compare.published(twice.earlier_state, "rfm_segments", ["*"], condition)
    later = compare.published(twice.later_state, "rfm_segments", ["*"], condition)
    assert len(later) > 100
    assert sorted(later, key=repr) == sorted(earlier, key=repr)


@pytest.mark.slow
def test_later_facts_leave_the_subscriptions_up_to_a_day_alone(twice: Twice):
    earlier = compare.published(twice.earlier_state, "subscriptions", SUBSCRIPTION)
    later = compare.published(twice.later_state, "subscriptions", SUBSCRIPTION)
    cut = _running_until(later, twice.day)
    assert len(cut) > 20
    assert cut == _running_until(earlier, twice.day)


def _running_until(rows: list[tuple], day: date) -> list[tuple]:
    """Intervals cut at the end of a day; how an open one ends is not known yet."""
    begins, ends = SUBSCRIPTION.index("valid_from"), SUBSCRIPTION.index("valid_to")
    said = SUBSCRIPTION.index("state") + 1
    return sorted(
        (
            row
            if row[ends] is not None and row[ends] <= day
            else (*row[:ends], None, *row[ends + 1 : said])
            for row in rows
            if row[begins] <= day
        ),
        key=repr,
    )
