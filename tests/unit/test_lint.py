"""The linters see what they must: a planted fault in each makes `make lint` fail."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.lint import rooms
from tests.lint.__main__ import ROOT, Judge, judges, main, run

CHECKS = ROOT / "tests" / "lint" / "bouncer" / "manifest"


def own_check(stem: str) -> ModuleType:
    """Return one of the project's own dbt-bouncer checks, loaded as that tool loads it."""
    spec = importlib.util.spec_from_file_location(stem, CHECKS / f"{stem}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def unproven_key(declared: list[str], tested: list[list[str]]) -> str:
    """Ask about the key of a mart with the columns `id` and `day`."""
    return own_check("primary_keys").unproven_key(declared, {"id", "day"}, tested)


def test_a_seed_column_needs_both_a_description_and_a_type() -> None:
    mistyped = own_check("seed_types").mistyped_columns
    assert mistyped({"rule", "below"}, {"rule", "below"}) == []
    assert mistyped({"rule", "below"}, {"rule"}) == ["below"]
    assert mistyped({"rule"}, {"rule", "above"}) == ["above"]


def test_a_mart_whose_declared_key_is_tested_passes() -> None:
    assert unproven_key(["id", "day"], [["id", "day"]]) == ""


@pytest.mark.parametrize(
    ("declared", "tested"),
    [
        ([], []),
        (["id"], []),
        (["id"], [["id", "day"]]),
        (["key"], [["key"]]),
    ],
    ids=["no key", "no test", "another key is tested", "unknown column"],
)
def test_a_mart_whose_key_is_not_proven_fails(declared: list[str], tested: list[list[str]]) -> None:
    assert "declares the primary key" in unproven_key(declared, tested)


def test_a_long_model_says_why_it_is_one() -> None:
    unexplained = own_check("long_models").unexplained_length
    assert unexplained("-- Rows.\n\nwith\n" + "a\n" * 117) == ""
    assert "has 121 lines" in unexplained("-- Rows.\n\nwith\n" + "a\n" * 118)
    assert unexplained("-- Rows. Over\n-- 120 lines, since.\n\nwith\n" + "a\n" * 118) == ""
    assert unexplained("-- Rows.\n\nwith\n-- Over 120 lines\n" + "a\n" * 118)


@pytest.mark.parametrize(
    ("reader", "read", "is_fault"),
    [
        ("health/int_a", "facts/int_b", False),
        ("facts/int_a", "health/int_b", True),
        ("signals/int_a", "rules/int_b", False),
        ("rules/int_a", "staging/stg_b", True),
        ("base/int_a", "staging/stg_b", False),
        ("staging/stg_a", "base/int_b", True),
        ("staging/stg_a", "rules/int_b", True),
        ("kpis/int_a", "marts/b", True),
        ("marts/a", "marts/b", False),
        ("attic/int_a", "facts/int_b", True),
    ],
)
def test_a_model_reads_no_later_room(reader: str, read: str, is_fault: bool) -> None:
    assert bool(rooms.faults([(reader, read)])) is is_fault


def test_rooms_are_the_folders_of_the_intermediate_layer() -> None:
    node = {"resource_type": "model", "name": "int_a", "depends_on": {"nodes": ["b", "seed"]}}
    manifest = {
        "nodes": {
            "a": node | {"original_file_path": "models/intermediate/kpis/orders/int_a.sql"},
            "b": node
            | {"original_file_path": "models/staging/filtered/b.sql", "name": "b"}
            | {"depends_on": {"nodes": []}},
            "seed": {"resource_type": "seed"},
        }
    }
    assert rooms.arrows(manifest) == [("kpis/int_a", "staging/b")]
    assert rooms.drawing(rooms.arrows(manifest)) == "  kpis      reads staging 1"


def test_every_judge_of_the_style_page_is_run(tmp_path: Path) -> None:
    names = {judge.name for judge in judges(tmp_path)}
    wanted = {"ruff", "pyright", "sqlfluff", "dbt-bouncer", "import-linter", "yamllint"}
    assert wanted <= names


def test_a_linter_that_fails_without_a_word_is_still_a_failure() -> None:
    assert run(Judge("mute", [["python", "-c", "raise SystemExit(3)"]])) == (False, "exit code 3")
    assert run(Judge("content", [["python", "-c", ""]])) == (True, "")


def test_a_name_no_linter_has_is_refused() -> None:
    assert main(["flake9"]) == 2


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("SQL.sql", "SELECT a FROM b\n", "CP01"),
        ("cast.sql", "select a::date as a_on from b\n", "CV11"),
        ("join.sql", "select b.a from b join c on b.a = c.a\n", "AM05"),
        ("comma.sql", "select\n    a\n    , b\nfrom c\n", "LT04"),
    ],
)
def test_sqlfluff_sees_a_planted_fault(tmp_path: Path, name: str, text: str, code: str) -> None:
    planted = tmp_path / name
    planted.write_text(text, encoding="utf-8")
    done = subprocess.run(
        [Path(sys.executable).parent / "sqlfluff", "lint", "--config", ".sqlfluff", planted],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert code in done.stdout
