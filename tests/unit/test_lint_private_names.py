"""Private names of Dagster are refused everywhere, those of any package in `orchestration`."""

from __future__ import annotations

import pytest

from tests.lint.private_names import findings

# This file is judged, too.
CORE = "dagster." + "_core"


@pytest.mark.parametrize(
    ("path", "text", "name"),
    [
        ("dagster.yaml", f"module: {CORE}.storage.root", f"{CORE}.storage.root"),
        ("tests/unit/a.py", f"from {CORE}.x import Y", f"{CORE}.x"),
        ("tests/unit/a.py", f"import {CORE}", CORE),
        ("tests/unit/a.py", f'patch("{CORE}.x")', f"{CORE}.x"),
        ("orchestration/a.py", f"from {CORE}.x import Y", f"{CORE}.x.Y"),
        ("orchestration/a.py", "from dbt.task import _run", "dbt.task._run"),
        ("orchestration/a.py", "def f():\n    import yaml._yaml", "yaml._yaml"),
        ("orchestration/a.py", "import duckdb\nduckdb._clean()", "duckdb._clean"),
        ("orchestration/a.py", "import a.b as c\nc.d._e.f", "c.d._e"),
        ("orchestration/a.py", "from a import B\nclass C(B):\n  x = super()._x", "super()._x"),
        ("orchestration/a.py", "import a\nclass C(a.B[int]):\n  def f(self): self._x()", "self._x"),
    ],
)
def test_a_private_name_is_refused(path: str, text: str, name: str) -> None:
    [finding] = findings(path, text)
    number = text.count("\n") + 1
    assert finding.startswith(f"{path}:{number}: `")
    assert f"{name}` is private to another package" in finding


@pytest.mark.parametrize(
    "text",
    [
        "from __future__ import annotations",
        "import os\nos._exit(1)",
        "from orchestration.errors import _own",
        "from importlib.metadata import version\nversion.__name__",
        "import a\nclass C(a.B):\n  def _x(self): ...\n  def f(self): self._y = self._x()",
        "import a\nclass C(a.B):\n  def f(self):\n    self._y = 1\n    return self._y",
        "class C:\n  def f(self): return self._x",
    ],
)
def test_own_and_documented_names_pass(text: str) -> None:
    assert findings("orchestration/a.py", text) == []


def test_a_test_may_use_private_names_of_what_it_tests() -> None:
    assert findings("tests/unit/a.py", "from orchestration import a\na._b") == []
