"""The linters see what they must: a planted fault in each makes `make lint` fail."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

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


def test_every_judge_of_the_style_page_is_run(tmp_path: Path) -> None:
    names = {judge.name for judge in judges(tmp_path)}
    wanted = {"ruff", "pyright", "sqlfluff", "dbt-bouncer", "import-linter", "yamllint"}
    assert wanted <= names


def test_every_lint_of_the_project_is_run(tmp_path: Path) -> None:
    modules = {path.stem for path in (ROOT / "tests" / "lint").glob("*.py")}
    own = modules - {"__init__", "__main__", "verdict", "opaque_project", "sqlfluff_once"}
    assert {name.replace("_", "-") for name in own} <= {judge.name for judge in judges(tmp_path)}


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
        ("reference.sql", "select a from b inner join c on b.a = c.a\n", "RF02"),
        ("alias.sql", "select b.a from b inner join c as d on b.a = b.e\n", "AL05"),
    ],
)
def test_sqlfluff_sees_a_planted_fault(tmp_path: Path, name: str, text: str, code: str) -> None:
    # As many sound ones beside it that each core has some.
    for number in range(2 * (os.cpu_count() or 1)):
        (tmp_path / f"sound_{number}.sql").write_text("select a from b\n", encoding="utf-8")
    (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / ".sqlfluff").write_bytes((ROOT / ".sqlfluff").read_bytes())
    done = subprocess.run(
        [sys.executable, "-m", "tests.lint.sqlfluff_once", tmp_path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert code in done.stdout
