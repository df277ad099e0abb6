"""`lifecycle show`: the timeline of a customer from the published file alone."""

from __future__ import annotations

import json
import shutil

import duckdb
import pytest

from orchestration.command.timeline import timeline
from orchestration.errors import SettingsError, UnknownSubjectError
from orchestration.settings.paths import StateDir
from tests.conftest import Lifecycle
from tests.unit.finished_runs import version_by_hand


@pytest.fixture(scope="module")
def published(sample_state: StateDir, tmp_path_factory: pytest.TempPathFactory) -> StateDir:
    """A directory with the published file and nothing else beside it."""
    alone = StateDir.at(tmp_path_factory.mktemp("alone"))
    with version_by_hand(alone) as database:
        shutil.copyfile(sample_state.published_database, database)
    return alone


@pytest.fixture(scope="module")
def busiest(published: StateDir) -> tuple[str, int]:
    """The customer with most rows, and how many."""
    with duckdb.connect(str(published.published_database), read_only=True) as reader:
        found = reader.execute(
            "select subject_id, count(*) from marts.customer_timeline "
            "group by subject_id order by count(*) desc, subject_id limit 1"
        ).fetchone()
    assert found is not None
    return found


def test_the_latest_entries_are_told_in_order(
    published: StateDir, busiest: tuple[str, int]
) -> None:
    subject, rows = busiest
    whole = timeline(published, subject, 1_000_000)
    latest = timeline(published, subject.removeprefix("customer:"), 5)
    assert (whole.rows, len(whole.entries)) == (rows, rows)
    assert list(whole.entries) == sorted(
        whole.entries, key=lambda row: (row.occurred_at, row.kind, row.source_table, row.source_id)
    )
    assert (latest.subject_id, latest.rows) == (subject, rows)
    assert latest.entries == whole.entries[-5:]


def test_a_person_and_a_machine_read_the_same(
    lifecycle: Lifecycle, published: StateDir, busiest: tuple[str, int]
) -> None:
    subject, rows = busiest
    options = ("show", subject, "--limit", "3", "--state-dir", published.root)
    spoken, written = lifecycle(*options), lifecycle(*options, "--json")
    assert spoken.returncode == written.returncode == 0, spoken.stderr + written.stderr
    told = json.loads(written.stdout)
    assert (told["subject_id"], told["rows"], len(told["entries"])) == (subject, rows, 3)
    assert f"{subject}, the latest 3 of {rows:,} entries" in spoken.stdout
    for entry in told["entries"]:
        assert f"{entry['source_table']}:{entry['source_id']}" in spoken.stdout
        assert entry["label"] in spoken.stdout


def test_an_unknown_subject_is_one_sentence_with_the_nearest(
    lifecycle: Lifecycle, published: StateDir
) -> None:
    with pytest.raises(UnknownSubjectError, match="the nearest are customer:"):
        timeline(published, "customer:c100000x", 10)
    ended = lifecycle("show", "customer:c100000x", "--state-dir", published.root)
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1


def test_who_is_no_customer_has_no_timeline(published: StateDir) -> None:
    with duckdb.connect(str(published.published_database), read_only=True) as reader:
        found = reader.execute(
            "select min(subject_id) from marts.subjects where subject_type = 'account'"
        ).fetchone()
    assert found is not None
    with pytest.raises(SettingsError, match="is no customer, and only customers have a timeline"):
        timeline(published, found[0], 10)
