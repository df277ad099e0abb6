"""A fresh state directory starts from what dbt parsed for another one."""

from __future__ import annotations

import os
from pathlib import Path

from orchestration.pipeline.dbt_run import BuildIdentity, dbt_environment
from orchestration.pipeline.parse_cache import PARSED, cache_entry, keep, restore
from orchestration.rules.rule_set import read_rules, write_rules
from orchestration.settings.paths import DBT_PROJECT_DIR, StateDir

IDENTITY = BuildIdentity("b", "r", "i", "v")


def state(root: Path, parsed: str | None = None) -> StateDir:
    made = StateDir.at(root)
    made.dbt_target.mkdir(parents=True)
    if parsed is not None:
        (made.dbt_target / PARSED).write_text(parsed)
    return made


def text(state_dir: StateDir) -> str | None:
    path = state_dir.dbt_target / PARSED
    return path.read_text() if path.exists() else None


def test_what_one_state_parsed_the_next_one_finds(tmp_path: Path):
    entry = cache_entry(DBT_PROJECT_DIR, {"vars": "{}"}, tmp_path / "cache")
    keep(state(tmp_path / "first", "parsed").dbt_target, entry)
    second = state(tmp_path / "second")
    restore(second.dbt_target, entry)
    assert text(second) == "parsed"


def test_what_a_state_parsed_itself_stays(tmp_path: Path):
    entry = cache_entry(DBT_PROJECT_DIR, {}, tmp_path / "cache")
    keep(state(tmp_path / "first", "old").dbt_target, entry)
    second = state(tmp_path / "second", "own")
    restore(second.dbt_target, entry)
    assert text(second) == "own"


def test_the_newest_parse_is_kept(tmp_path: Path):
    entry = cache_entry(DBT_PROJECT_DIR, {}, tmp_path / "cache")
    keep(state(tmp_path / "first", "old").dbt_target, entry)
    newer = state(tmp_path / "second", "new")
    later = entry.stat().st_mtime_ns + 1_000_000_000
    os.utime(newer.dbt_target / PARSED, ns=(later, later))
    keep(newer.dbt_target, entry)
    assert entry.read_text() == "new"


def test_other_vars_projects_and_seeds_have_entries_of_their_own(tmp_path: Path):
    given = [
        cache_entry(project, arguments, tmp_path)
        for project in (DBT_PROJECT_DIR, tmp_path)
        for arguments in ({"vars": "{}", "seeds": ""}, {"vars": "{}", "seeds": "/x"}, {"vars": "1"})
    ]
    assert len(set(given)) == len(given)


def test_a_cache_that_cannot_be_written_or_read_is_no_error(tmp_path: Path):
    (tmp_path / "file").write_text("no directory")
    entry = cache_entry(DBT_PROJECT_DIR, {}, tmp_path / "file")
    first = state(tmp_path / "first", "parsed")
    keep(first.dbt_target, entry)
    restore(state(tmp_path / "second").dbt_target, entry)
    assert text(StateDir.at(tmp_path / "second")) is None


def test_shipped_rules_are_read_where_they_are_shipped(tmp_path: Path):
    """Else the seeds' directory, and with it all of the project, would be new in every state."""
    made = state(tmp_path / "state")
    write_rules(read_rules(None), made)
    assert "LIFECYCLE_SEEDS_DIR" not in dbt_environment(made, IDENTITY, {})


def test_other_rules_are_read_from_the_state(tmp_path: Path):
    made = state(tmp_path / "state")
    write_rules(read_rules(None), made)
    with (made.rules / "frameworks.csv").open("a") as rules:
        rules.write("another,person,Another,false,nobody\n")
    assert dbt_environment(made, IDENTITY, {})["LIFECYCLE_SEEDS_DIR"] == str(made.rules)
