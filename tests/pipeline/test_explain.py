"""`lifecycle explain`: from the published file alone, and in agreement with it."""

from __future__ import annotations

import json
import re
import resource
import shutil
from datetime import date, timedelta
from io import StringIO
from pathlib import Path

import duckdb
import pytest

from orchestration.command.console import plain_console, show_explanation
from orchestration.command.explain import as_json, explain
from orchestration.errors import SettingsError, UnknownSubjectError
from orchestration.pipeline.status import read_census
from orchestration.settings.paths import REPO_ROOT, StateDir
from tests.conftest import Lifecycle
from tests.unit.finished_runs import version_by_hand

FRAMEWORK = "discovery_to_advocacy"


@pytest.fixture(scope="module")
def published(sample_state: StateDir, tmp_path_factory: pytest.TempPathFactory) -> StateDir:
    """A directory with the published file and nothing else beside it."""
    alone = StateDir.at(tmp_path_factory.mktemp("alone"))
    with version_by_hand(alone) as database:
        shutil.copyfile(sample_state.published_database, database)
    return alone


@pytest.fixture(scope="module")
def changes(published: StateDir) -> list[tuple[str, date, date | None, str, str]]:
    """The intervals of the customer with the most of them."""
    with duckdb.connect(str(published.published_database), read_only=True) as reader:
        found = reader.execute(
            "select subject_id, valid_from, valid_to, stage, health from marts.lifecycle_history "
            "where framework = ? and subject_id = (select subject_id from marts.lifecycle_history "
            "where framework = ? and subject_id like 'customer:%' group by subject_id "
            "order by count(*) desc, subject_id limit 1) order by valid_from",
            [FRAMEWORK, FRAMEWORK],
        ).fetchall()
    assert len(found) > 2
    return found


def test_each_first_and_last_day_of_an_interval_is_explained_by_it(
    published: StateDir, changes: list[tuple[str, date, date | None, str, str]]
) -> None:
    following = [*changes[1:], None]
    for (subject, first, end, stage, health), after in zip(changes, following, strict=True):
        days = [first] if end is None else [first, end - timedelta(days=1)]
        for day in days:
            told = explain(published, subject, day, FRAMEWORK)
            assert (told.valid_from, told.valid_to) == (first, end)
            assert (told.stage, told.health, told.happened) == (stage, health, end is not None)
            if after is not None:
                assert (told.next_on, told.next_stage, told.next_health) == (end, *after[3:])


def test_the_example_of_the_readme_is_answered(sample_state: StateDir) -> None:
    readme = (REPO_ROOT / "README.md").read_text(encoding="utf-8")
    found = re.findall(r"lifecycle explain (\S+) --on (\S+)", readme)
    assert len(found) == 1
    subject, day = found[0]
    told = explain(sample_state, subject, date.fromisoformat(day))
    assert (told.subject_id, str(told.on)) == (subject, day)


def test_every_published_framework_has_a_census(sample_state: StateDir) -> None:
    census = read_census(sample_state)
    with duckdb.connect(str(sample_state.published_database), read_only=True) as reader:
        found = reader.execute(
            "select framework, count(*) from marts.lifecycle_current group by framework"
        ).fetchall()
    totals = {name: sum(count.subjects for count in counts) for name, counts in census.items()}
    assert {name: total for name, total in totals.items() if total} == dict(found)
    assert next(count.stage for count in census[FRAMEWORK]) == "discovery"


def test_the_present_is_the_default_and_tells_what_comes_if_nothing_happens(
    published: StateDir, changes: list[tuple[str, date, date | None, str, str]]
) -> None:
    told = explain(published, changes[-1][0])
    assert (told.framework, told.happened) == (FRAMEWORK, False)
    assert told.reason
    with duckdb.connect(str(published.published_database), read_only=True) as reader:
        expected = reader.execute(
            "select next_change_on, next_stage, next_health, rule, previous_stage, cycle "
            "from marts.lifecycle_current where framework = ? and subject_id = ?",
            [FRAMEWORK, told.subject_id],
        ).fetchone()
    assert expected == (
        told.next_on,
        told.next_stage,
        told.next_health,
        told.rule,
        told.previous_stage,
        told.cycle,
    )


def test_a_bare_customer_id_is_understood(
    published: StateDir, changes: list[tuple[str, date, date | None, str, str]]
) -> None:
    subject = changes[0][0]
    assert explain(published, subject.removeprefix("customer:")).subject_id == subject


def test_an_account_is_judged_by_a_framework_for_accounts(published: StateDir) -> None:
    with duckdb.connect(str(published.published_database), read_only=True) as reader:
        found = reader.execute(
            "select min(subject_id) from marts.subjects where subject_type = 'account'"
        ).fetchone()
    assert found is not None
    assert explain(published, found[0]).framework == "b2b"


def test_an_unknown_subject_is_refused_with_the_nearest_ids(
    published: StateDir, changes: list[tuple[str, date, date | None, str, str]]
) -> None:
    subject = changes[0][0]
    with pytest.raises(UnknownSubjectError, match=subject):
        explain(published, subject + "x")
    with pytest.raises(UnknownSubjectError, match="nearest"):
        explain(published, "'; drop table marts.subjects; --")


def test_days_outside_the_history_are_refused(
    published: StateDir, changes: list[tuple[str, date, date | None, str, str]]
) -> None:
    subject, first = changes[0][:2]
    assert explain(published, subject, first).valid_from == first
    with pytest.raises(SettingsError, match=f"first seen on {first}"):
        explain(published, subject, first - timedelta(days=1))
    with pytest.raises(SettingsError, match="after the as-of date"):
        explain(published, subject, date(2199, 1, 1))


def test_an_unknown_framework_is_refused_with_the_nearest_name(
    published: StateDir, changes: list[tuple[str, date, date | None, str, str]]
) -> None:
    with pytest.raises(SettingsError, match='did you mean "classic_five"'):
        explain(published, changes[0][0], framework="clasic_five")


def test_the_command_answers_in_under_five_seconds(
    published: StateDir,
    changes: list[tuple[str, date, date | None, str, str]],
    lifecycle: Lifecycle,
    tmp_path: Path,
) -> None:
    subject, first, end, stage, health = changes[0]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    told = lifecycle("explain", subject, "--on", first, "--state-dir", published.root)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    # CPU seconds: the wall clock of a busy machine says nothing about the command.
    assert 0 < after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 5
    assert told.returncode == 0, told.stderr
    assert told.stdout.startswith(f"{subject} on {first}, {FRAMEWORK}\n")
    for fact in (f"stage     {stage}", f"health    {health}", f"until {end}", "rule", "next"):
        assert fact in told.stdout
    refused = lifecycle("explain", subject, "--on", "someday", "--state-dir", tmp_path)
    assert refused.returncode == 2
    assert refused.stderr.startswith("--on must be a date")


def test_the_evidence_of_the_present_is_that_of_the_mart_and_a_past_day_has_none(
    published: StateDir, changes: list[tuple[str, date, date | None, str, str]]
) -> None:
    told = explain(published, changes[-1][0])
    assert told.outlook is not None
    with duckdb.connect(str(published.published_database), read_only=True) as reader:
        expected = reader.execute(
            "select rule, condition_no, observed, holds, signals from marts.stage_evidence "
            "where framework = ? and subject_id = ? order by rule, condition_no",
            [FRAMEWORK, told.subject_id],
        ).fetchall()
    found = [
        (row.rule, row.condition_no, row.observed, row.holds, row.signals) for row in told.evidence
    ]
    assert sorted(found) == expected
    past = explain(published, changes[0][0], changes[0][1])
    assert (past.evidence, past.outlook, past.reason) == ((), None, None)


WHO = pytest.mark.parametrize(
    ("who", "condition"),
    [
        ("a subscriber", "health_basis = 'contract' and renews_on is not null"),
        ("a cold prospect", "health = 'cold'"),
        ("an account", "subject_type = 'account'"),
    ],
)


def somebody(published: StateDir, who: str, condition: str) -> str:
    """The id of whoever changed most often among those of that kind."""
    with duckdb.connect(str(published.published_database), read_only=True) as reader:
        row = reader.execute(
            f"select arg_max(subject_id, (days_in_stage < 400, cycle, subject_id)) "
            f"from marts.lifecycle_current where {condition} and subject_id in ("
            "select subject_id from marts.lifecycle_history where movement <> 'entered')"
        ).fetchone()
    assert row is not None
    assert row[0], f"the sample has not {who}"
    return row[0]


@WHO
def test_everybody_is_explained_to_people_and_to_machines(
    published: StateDir, lifecycle: Lifecycle, who: str, condition: str
) -> None:
    subject = somebody(published, who, condition)
    spoken = lifecycle("explain", subject, "--state-dir", published.root)
    assert "Evidence of" in spoken.stdout
    written = json.loads(
        lifecycle("explain", subject, "--json", "--state-dir", published.root).stdout
    )
    assert written["subject_id"] == subject
    assert written["reason"] in spoken.stdout
    assert written["reason_it"] in spoken.stdout
    assert len(written["evidence"]) > 0
    assert (written["outlook"]["health_basis"] is None) == (who == "a cold prospect")


@WHO
def test_everybody_is_explained_for_a_past_day_by_the_history_of_that_day(
    published: StateDir, who: str, condition: str
) -> None:
    subject = somebody(published, who, condition)
    present = explain(published, subject)
    day = present.valid_from - timedelta(days=1)
    with duckdb.connect(str(published.published_database), read_only=True) as reader:
        row = reader.execute(
            "select stage, health, rule, previous_stage, previous_health, cycle, movement, "
            "valid_from, valid_to from marts.lifecycle_history where framework = ? "
            "and subject_id = ? and valid_to = ?",
            [present.framework, subject, present.valid_from],
        ).fetchone()
    told = explain(published, subject, day)
    assert (told.stage, told.health, told.rule, told.previous_stage, told.previous_health,
            told.cycle, told.movement, told.valid_from, told.valid_to) == row  # fmt: skip
    assert (told.next_on, told.next_stage, told.next_health, told.happened) == (
        *(present.valid_from, present.stage, present.health),
        True,
    )
    written = json.loads(as_json(told))
    assert (written["on"], written["valid_to"]) == (str(day), str(present.valid_from))
    shown = StringIO()
    show_explanation(plain_console(shown), told)
    assert shown.getvalue().startswith(f"{subject} on {day}, {told.framework}\n")
    assert (
        f"on {present.valid_from} it became {present.stage}, {present.health}" in shown.getvalue()
    )


# A name of a stage, a day, and what is said up to a full stop that is no decimal point.
NAME, DAY, SAID = r"[A-Z][^.:]+", r"\d{4}-\d\d-\d\d", r"[^.]+(?:\.\d\d[^.]+)*"
ENGLISH = re.compile(
    rf"{NAME} since {DAY}: {SAID}\."
    rf"(?: {NAME} needs {SAID}\.)?"
    rf"(?: {NAME} from {DAY} if nothing new happens\.)?"
    rf"(?: (?:At risk|Lapsed) on {DAY} without (?:an order|a renewal|an order or a renewal)\.)?"
)
ITALIAN = re.compile(
    rf"{NAME} dal {DAY}: {SAID}\."
    rf"(?: {NAME} richiede: {SAID}\.)?"
    rf"(?: {NAME} dal {DAY} se non accade nulla di nuovo\.)?"
    rf"(?: (?:A rischio|Perso) dal {DAY} senza (?:un ordine|un rinnovo|un ordine o un rinnovo)\.)?"
)
# One of what should be several, a name that nobody put into words, a word left out.
UNWELL = re.compile(r"\b1 (?:days|giorni|orders|ordini|purchases|acquisti)\b|_|  ")


def test_the_sentences_have_their_form_in_both_languages_and_say_the_same(
    published: StateDir,
) -> None:
    with duckdb.connect(str(published.published_database), read_only=True) as reader:
        told = reader.execute(
            "select reason, reason_it, at_risk_on, lapsed_on from marts.lifecycle_current"
        ).fetchall()
    assert len(told) > 10_000
    for reason, reason_it, at_risk_on, lapsed_on in told:
        assert ENGLISH.fullmatch(reason), reason
        assert ITALIAN.fullmatch(reason_it), reason_it
        numbers = [re.findall(r"\d+(?:[.-]\d+)*", text) for text in (reason, reason_it)]
        assert sorted(numbers[0]) == sorted(numbers[1]), (reason, reason_it)
        assert not UNWELL.search(reason + reason_it), (reason, reason_it)
        turns_on = at_risk_on or lapsed_on
        assert (f"on {turns_on} without" in reason) == (turns_on is not None), reason
