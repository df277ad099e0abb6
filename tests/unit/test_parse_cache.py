"""A fresh state directory starts from what dbt parsed for another one."""

from __future__ import annotations

import os
from pathlib import Path

from orchestration.pipeline.dbt_run import BuildIdentity, dbt_environment
from orchestration.pipeline.parse_cache import (
    PARSED,
    cache_entry,
    hash_of_vars,
    keep,
    parsed_vars,
    restore,
)
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


def test_vars_that_are_only_compiled_share_an_entry_and_others_do_not():
    today = {"as_of_date": "2026-01-01", "allow_missing_rates": False}
    assert parsed_vars(today) == parsed_vars(today | {"as_of_date": "2026-01-02"})
    assert parsed_vars(today) != parsed_vars(today | {"allow_missing_rates": True})


def packed(dbt_vars: dict[str, str]) -> str:
    """What dbt keeps of its vars, as far as it is text."""
    return f"\xa9vars_hash\x82\xa4name\xa6sha256\xa8checksum\xd9@{hash_of_vars(dbt_vars)}, the rest"


def test_what_was_parsed_for_another_day_is_told_to_be_of_this_one(tmp_path: Path):
    first, later = ({"as_of_date": day} for day in ("2026-01-01", "2026-01-02"))
    entry = cache_entry(DBT_PROJECT_DIR, {}, tmp_path / "cache")
    made = state(tmp_path / "first").dbt_target
    (made / PARSED).write_bytes(packed(first).encode("latin-1"))
    keep(made, entry)
    for target in (made, state(tmp_path / "second").dbt_target):
        restore(target, entry, later)
        assert (target / PARSED).read_bytes() == packed(later).encode("latin-1")


def test_what_somebody_else_parsed_there_is_left_as_it_is(tmp_path: Path):
    first, later = ({"as_of_date": day} for day in ("2026-01-01", "2026-01-02"))
    entry = cache_entry(DBT_PROJECT_DIR, {}, tmp_path / "cache")
    made = state(tmp_path / "first").dbt_target
    (made / PARSED).write_bytes(packed(first).encode("latin-1"))
    # Of other vars that are parsed.
    keep(made, cache_entry(DBT_PROJECT_DIR, {"vars": "others"}, tmp_path / "cache"))
    restore(made, entry, later)
    assert (made / PARSED).read_bytes() == packed(first).encode("latin-1")
    # By dbt itself, since.
    keep(made, entry)
    os.utime(made / PARSED, ns=(1, 1))
    restore(made, entry, later)
    assert (made / PARSED).read_bytes() == packed(first).encode("latin-1")


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
