"""A change of the rules that moves too many subjects is not published unasked."""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb
import pytest

from orchestration.changes.movement import movement_reasons
from orchestration.command import cli
from orchestration.command.commands import building
from orchestration.settings.request import BuildRequest


@pytest.fixture
def working(tmp_path: Path) -> Path:
    path = tmp_path / "working.duckdb"
    with duckdb.connect(str(path)) as made:
        made.execute("create schema marts")
        made.execute(
            "create table marts.rule_changes (first_build_id text, subjects bigint, "
            "subjects_moved bigint, subjects_unclear bigint, moved_share decimal(38, 10))"
        )
        made.execute(
            "insert into marts.rule_changes values "
            "('first', null, null, null, null), ('before', 10, 9, 0, 0.9), "
            "('now', 50, 11, 0, 0.22), ('with rows', 50, 1, 10, 0.22)"
        )
    return path


def test_more_than_the_limit_is_one_sentence_with_the_way_out(working: Path) -> None:
    (reason,) = movement_reasons(working, "now", 0.2199)
    assert "11 of 50 subjects (22%)" in reason
    assert "--accept-rule-change" in reason
    assert "arrived" not in reason
    (reason,) = movement_reasons(working, "with rows", 0.2199)
    assert "11 of 50 subjects (22%)" in reason
    assert "of 10 of them something arrived as well" in reason


@pytest.mark.parametrize(
    ("build_id", "at_most"), [("now", 0.22), ("first", 0.0), ("same rules as before", 0.0)]
)
def test_the_limit_itself_the_first_rules_and_the_same_ones_pass(
    working: Path, build_id: str, at_most: float
) -> None:
    assert movement_reasons(working, build_id, at_most) == []


def test_what_cannot_be_read_is_left_to_the_gate(tmp_path: Path) -> None:
    assert movement_reasons(tmp_path / "absent.duckdb", "now", 0) == []


@pytest.mark.parametrize("flags", [(), ("--accept-rule-change",)])
def test_a_build_is_told_by_its_flag(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: tuple[str, ...]
) -> None:
    asked: list[BuildRequest] = []
    monkeypatch.setattr(building, "_build", asked.append)
    given = ("--raw-dir", str(tmp_path), "--state-dir", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["lifecycle", "build", *given, *flags])
    with pytest.raises(SystemExit):
        cli.main()
    assert [request.accept_rule_change for request in asked] == [bool(flags)]
