"""The days before and of each change of health, worked out by hand, as a build publishes them.

The people stand among the worlds of `tests/reference/batches.py`, so that they cost no build.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.reference import compare
from tests.reference.batches import BATCHES, Batch, Built
from tests.reference.invented.by_hand import BY_HAND, ByHand

pytestmark = pytest.mark.slow

PATIENT, IMPATIENT = BATCHES[:2]
CASES = [
    *((PATIENT, number, person.health) for number, person in enumerate(BY_HAND)),
    *((IMPATIENT, number, person.without_patience) for number, person in enumerate(BY_HAND)),
]


def published_health(shop: Built, number: int, person: ByHand, day: str) -> tuple[str, ...]:
    """The health that the history of each framework gives a person on a day, each once."""
    kind, _, name = person.subject.partition(":")
    condition = (
        f"subject_id = '{kind}:w{number:04d}-{name}' and valid_from <= date '{day}' "
        f"and (valid_to is null or valid_to > date '{day}')"
    )
    rows = compare.published(shop.state_dir, "lifecycle_history", ["health"], condition)
    return tuple(sorted({health for (health,) in rows}))


@pytest.mark.parametrize(
    ("batch", "number", "expected"),
    CASES,
    ids=[f"{BY_HAND[number].name}, {batch.name}" for batch, number, _ in CASES],
)
def test_health_turns_on_the_day_and_not_the_day_before(
    built: Callable[[Batch], Built], batch: Batch, number: int, expected: dict[str, str]
) -> None:
    shop = built(batch)
    found = {day: published_health(shop, number, BY_HAND[number], day) for day in expected}
    assert found == {day: (health,) for day, health in expected.items()}


def test_the_two_batches_differ_in_patience_and_in_nothing_that_health_asks_for() -> None:
    told = [
        (batch.settings.subscription_grace_days, batch.settings.renewal_slack_days)
        for batch in (PATIENT, IMPATIENT)
    ]
    assert told == [(45, 3), (0, 0)]
    assert not any(batch.invented_rules for batch in (PATIENT, IMPATIENT))


def test_a_late_renewal_opens_the_second_cycle(built: Callable[[Batch], Built]) -> None:
    """The yearly subscriber's, and their account's, who lapsed before it."""
    condition = (
        "subject_id in ('customer:w0000-c', 'account:w0001-acc') and valid_from = '2020-03-02'"
    )
    rows = compare.published(
        built(PATIENT).state_dir,
        "lifecycle_history",
        ["previous_health", "health", "cycle"],
        condition,
    )
    assert set(rows) == {("lapsed", "active", 2)}
