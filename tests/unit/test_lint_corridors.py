"""Fifteen modules and 120 lines pass; one more of either does not."""

from __future__ import annotations

import pytest

from tests.lint.corridors import (
    MOST_LINES,
    MOST_MODULES,
    crowded,
    header,
    long_models,
    per_mart,
)


def folder(modules: int) -> list[str]:
    return [f"orchestration/ingest/module_{number}.py" for number in range(modules)]


def test_fifteen_modules_side_by_side_pass_and_sixteen_do_not() -> None:
    beside = ["orchestration/ingest/__init__.py", "orchestration/ingest/deeper/module.py"]
    assert crowded([*folder(MOST_MODULES), *beside]) == []
    [finding] = crowded(folder(MOST_MODULES + 1))
    assert finding.startswith("orchestration/ingest/: 16 modules side by side, at most 15.")


def test_tests_are_no_modules() -> None:
    tests = [f"tests/unit/test_{number}.py" for number in range(99)]
    assert crowded([*tests, "tests/unit/conftest.py"]) == []


def test_a_model_of_120_lines_passes_and_one_of_121_does_not() -> None:
    assert long_models({"a.sql": "select 1\n" * MOST_LINES}) == []
    [finding] = long_models({"a.sql": "select 1\n" * (MOST_LINES + 1)})
    assert finding.startswith("a.sql: 121 lines, at most 120.")


@pytest.mark.parametrize(
    ("opening", "is_reason"),
    [
        ("-- The engine. Over 120\n-- lines, since its two passes share eight CTEs.\n", True),
        ("{# Over 120 lines: each check is a row. #}\n-- And a word more.\n", True),
        ("{#\n   One row per check.\n   Over 120 lines, since\n   each is a row.\n#}\n", True),
        ("{{ config(materialized='view') }}\n\n-- Over 120 lines, since so.\n", True),
        ("-- Over 120 lines.\n", False),
        ("-- Quite long.\n", False),
        ("with\n-- Over 120 lines, since it says so too late.\n", False),
    ],
)
def test_a_long_model_says_why_in_its_first_comment(opening: str, is_reason: bool) -> None:
    text = opening + "select 1\n" * MOST_LINES
    assert (long_models({"a.sql": text}) == []) is is_reason


def test_the_header_ends_where_the_sql_begins() -> None:
    assert header("-- a\n\n{# b #}\nselect 1 -- c") == "a {# b #}"


def test_marts_may_stand_on_so_many_models_and_lines_of_macros_and_no_more() -> None:
    def judged(models: int, lines: int) -> int:
        named = {f"models/staging/m{number}.sql": "" for number in range(models - 2)}
        named |= {"models/marts/a.sql": "", "models/marts/b.sql": ""}
        return len(per_mart(named, {"macros/m.sql": "x\n" * lines})[0])

    assert judged(11, 49) == 0
    assert judged(12, 49) == 1
    assert judged(11, 50) == 1
    assert judged(12, 50) == 2
