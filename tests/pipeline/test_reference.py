"""The marts of stages equal the plain-Python reading of the page, on random worlds.

Among the worlds stand people whose days of each change of health are worked out by hand. Of a batch
dbt makes these marts alone, with what they are made of and every data test of that; that random
shops are published is for `test_shop_reference`.

LIFECYCLE_WORLDS=2000 tries more worlds, LIFECYCLE_WORLDS_SEED=1 other ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from orchestration.ingest.run import ingest
from orchestration.rules.rule_set import read_rules, write_rules
from orchestration.settings.build_settings import read_settings
from orchestration.settings.paths import StateDir
from tests.pipeline.dbt_kit import TESTED, dbt
from tests.reference import batches, compare, staging
from tests.reference.batches import BATCHES, OPTIONS, Batch, Landed
from tests.reference.invented.by_hand import BY_HAND, ByHand
from tests.reference.stages import evidence, history, outlook
from tests.reference.stages.history import Interval
from tests.reference.stages.tally import Tally

MARTS = ("lifecycle_history", "lifecycle_current", "stage_evidence")
PATIENT, IMPATIENT = BATCHES[:2]
DAYS = [
    *((PATIENT, number, person.health) for number, person in enumerate(BY_HAND)),
    *((IMPATIENT, number, person.without_patience) for number, person in enumerate(BY_HAND)),
]


@dataclass(frozen=True)
class Made:
    """A batch, and the database in which its marts of stages stand."""

    landed: Landed
    database: Path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Batch], Made]:
    """A function that makes a batch the first time and remembers it, or that it failed."""
    done: dict[str, Made | AssertionError] = {}

    def once(batch: Batch) -> Made:
        if batch.name not in done:
            try:
                done[batch.name] = make(batch, tmp_path_factory.mktemp(batch.name))
            except AssertionError as error:
                done[batch.name] = error
        found = done[batch.name]
        if isinstance(found, AssertionError):
            raise found
        return found

    return once


def make(batch: Batch, folder: Path) -> Made:
    """Do as a build does, with these marts for all marts."""
    landed = batches.land(batch, folder)
    state, rules = StateDir.at(landed.state_dir), read_rules(landed.rules_dir)
    given = batch.variables()
    settings = read_settings(
        {name: given.get(name) for name in OPTIONS},
        [f"{name}={text}" for name, text in given.items() if name not in OPTIONS],
    )
    ingested = ingest(
        landed.raw_dir,
        state.root,
        run_id="reference",
        excluded_ids=rules.excluded_ids,
        event_names=rules.event_names,
        settings=settings,
    )
    assert not ingested.stops
    write_rules(rules, state)
    done = dbt(
        state, "build", *TESTED, "--select", *(f"+{mart}" for mart in MARTS), settings=settings
    )
    assert done.returncode == 0, done.stdout
    return Made(landed, state.working_database)


@pytest.fixture(scope="module")
def tally() -> Tally:
    return Tally()


def test_at_least_300_worlds_are_tried():
    assert batches.worlds_per_batch() * len(BATCHES) >= 300


@pytest.mark.slow
@pytest.mark.parametrize("batch", BATCHES, ids=lambda batch: batch.name)
def test_history_outlook_and_evidence_agree_with_the_reference(
    batch: Batch,
    made: Callable[[Batch], Made],
    tally: Tally,
    capsys: pytest.CaptureFixture[str],
):
    found = made(batch)
    worlds, rules = found.landed.worlds, found.landed.rules
    settings = staging.resolve(worlds, batch.settings, rules)
    intervals: list[Interval] = []
    outlooks: list[outlook.Outlook] = []
    conditions: list[evidence.Evidence] = []
    for world in worlds:
        staged = staging.stage(world, batch.settings, rules)
        rows = history.history(staged, settings, rules)
        tally.add_world(staged, settings, rules, rows)
        intervals += rows
        outlooks += outlook.outlooks(staged, settings, rules)
        conditions += evidence.evidence(staged, settings, rules)

    def agrees(mart: str, columns: Sequence[str], expected: Iterable[tuple]) -> None:
        assert_agreement(found, mart, columns, list(expected))

    agrees("lifecycle_history", compare.COLUMNS, compare.as_rows(intervals))
    agrees(
        "lifecycle_current",
        compare.CURRENT_COLUMNS,
        compare.current_rows(intervals, settings.as_of_date),
    )
    agrees("lifecycle_current", compare.OUTLOOK_COLUMNS, compare.as_rows(outlooks))
    agrees("stage_evidence", compare.EVIDENCE_COLUMNS, compare.as_rows(conditions))
    assert len(worlds) == batches.worlds_per_batch()
    with capsys.disabled():
        print(f"\nreference: {tally} agree")


@pytest.mark.slow
def test_what_is_rare_was_compared(tally: Tally):
    if tally.worlds < len(BATCHES) * batches.worlds_per_batch():
        pytest.skip("not every batch was made in this run")
    assert tally.contract_intervals > 1000
    assert tally.cold_intervals > 1000


def assert_agreement(found: Made, mart: str, columns: Sequence[str], expected: list[tuple]) -> None:
    """Compare all rows of a mart, and tell the smallest world that differs."""
    actual = compare.rows(found.database, mart, columns)
    mismatch = compare.smallest_mismatch(found.landed.worlds, expected, actual)
    assert mismatch is None, mismatch.told()
    assert len(actual) == len(expected) > 0


def health_on(found: Made, number: int, person: ByHand, day: str) -> tuple[str, ...]:
    """The health that the history of each framework gives a person on a day, each once."""
    kind, _, name = person.subject.partition(":")
    condition = (
        f"subject_id = '{kind}:w{number:04d}-{name}' and valid_from <= date '{day}' "
        f"and (valid_to is null or valid_to > date '{day}')"
    )
    rows = compare.rows(found.database, "lifecycle_history", ["health"], condition)
    return tuple(sorted({health for (health,) in rows}))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("batch", "number", "expected"),
    DAYS,
    ids=[f"{BY_HAND[number].name}, {batch.name}" for batch, number, _ in DAYS],
)
def test_health_turns_on_the_day_and_not_the_day_before(
    made: Callable[[Batch], Made], batch: Batch, number: int, expected: dict[str, str]
) -> None:
    found = {day: health_on(made(batch), number, BY_HAND[number], day) for day in expected}
    assert found == {day: (health,) for day, health in expected.items()}


def test_the_two_batches_differ_in_patience_and_in_nothing_that_health_asks_for() -> None:
    told = [
        (batch.settings.subscription_grace_days, batch.settings.renewal_slack_days)
        for batch in (PATIENT, IMPATIENT)
    ]
    assert told == [(45, 3), (0, 0)]
    assert not any(batch.invented_rules for batch in (PATIENT, IMPATIENT))


@pytest.mark.slow
def test_a_late_renewal_opens_the_second_cycle(made: Callable[[Batch], Made]) -> None:
    """The yearly subscriber's, and their account's, who lapsed before it."""
    condition = (
        "subject_id in ('customer:w0000-c', 'account:w0001-acc') and valid_from = '2020-03-02'"
    )
    rows = compare.rows(
        made(PATIENT).database,
        "lifecycle_history",
        ["previous_health", "health", "cycle"],
        condition,
    )
    assert set(rows) == {("lapsed", "active", 2)}
