"""What stands in dbt's place does what dbt's own does.

The module is imported in a process of its own: dbt takes seconds, and its collector is set there.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from orchestration.settings.paths import DBT_PROJECT_DIR, REPO_ROOT

_SAME_MACROS = """
from collections.abc import Mapping
from types import SimpleNamespace as Of
from dbt.context.macros import MacroNamespaceBuilder, MacroNamespace
from orchestration.pipeline import lean_dbt

def macro(package, name):
    return Of(package_name=package, name=name, unique_id=f"macro.{package}.{name}")

names = {"dbt": ("a", "b", "c"), "dbt_duckdb": ("b",), "root": ("c", "d"), "other": ("d", "e")}
macros = {package: {n: macro(package, n) for n in own} for package, own in names.items()}

def ids(told):
    return {
        name: ids(value) if isinstance(value, Mapping) else value.macro.unique_id
        for name, value in told.items()
    }

def found(build, search_package):
    builder = MacroNamespaceBuilder("root", search_package, None, ["dbt_duckdb", "dbt"], None)
    return build(builder, macros, {})

# What dbt itself gives a node, of which a macro takes the place of one.
class Context(lean_dbt.macros.ManifestContext):
    def __init__(self, search_package):
        self._ctx, self.search_package = {"c": "dbt's own", "f": "dbt's own"}, search_package
        self.manifest = Of(get_macros_by_package=lambda: macros)
        self._get_namespace_builder = lambda: MacroNamespaceBuilder(
            "root", search_package, None, ["dbt_duckdb", "dbt"], None
        )
        self.namespace = lean_dbt.macros.namespace_of_context(self)

    def to_dict(self):
        return lean_dbt.macros.context_with_macros(self)

lean_dbt.macros.ConfiguredContext.to_dict = lambda self: self._ctx

for package in ("root", "other", "dbt"):
    own = ids(found(MacroNamespaceBuilder.build_namespace, package))
    assert own == ids(found(lean_dbt.macros.build_namespace, package)), package
    assert {"a", "b", "c", "d", "dbt", "other", "root"} <= own.keys(), sorted(own)
    assert own["b"] == "macro.dbt_duckdb.b"
    context = Context(package).to_dict()
    assert own == ids({name: context[name] for name in own}), package
    assert context["f"] == "dbt's own" and all(name in context for name in own)
    assert context.get("a").macro.name == "a" and context.get("z", 1) == 1 and "z" not in context
    print(package, own["d"])
"""

_LATE_EVENT = """
from dbt_common.events.base_types import BaseEvent
from dbt_common.events.types import Note
from orchestration.pipeline import lean_dbt

lean_dbt.make_lean()
note = Note(msg="said")
assert "pb_msg" not in note.__dict__, "made before anybody asked"
print(note.msg, note.message(), note.to_dict())
"""

_SAME_CODE = """
import sys
from pathlib import Path
from dbt_common.clients.jinja import get_template
from orchestration.pipeline.lean_dbt import make_lean, templates

kept, texts = Path(sys.argv[1]), ["{{ 1 + x }}", "{% macro m(a) %}{{ a }}{% endmacro %}{{ x }}"]
def rendered():
    return [get_template(text, {}, native=native).render({"x": 2})
            for text in texts for native in (False, True)]
own = rendered()
make_lean()
with templates.kept(kept):
    known = len(templates._known)
    if known:
        templates._compile = None
    assert rendered() == own == ["3", 3, "2", 2], own
print(known)
"""

_SAME_ARTEFACT = """
import sys
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from dbt.artifacts.schemas import base
from orchestration.pipeline import lean_dbt

told = {"text": "é", "at": datetime(2026, 1, 2), "none": None, "of": [1.5, Decimal("2.5"), {}]}
folder = Path(sys.argv[1])
base.write_json(str(folder / "of" / "dbt.json"), told)
lean_dbt.make_lean()
base.write_json(str(folder / "ours" / "lean.json"), told)
print((folder / "of" / "dbt.json").read_bytes() == (folder / "ours" / "lean.json").read_bytes())
"""


def run(script: str, *arguments: object) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)],
        cwd=REPO_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_a_node_finds_the_macros_that_dbt_would_give_it() -> None:
    assert run(_SAME_MACROS) == ["root macro.root.d", "other macro.other.d", "dbt macro.root.d"]


def test_a_text_is_compiled_once_and_gives_what_dbt_makes_of_it(tmp_path: Path) -> None:
    kept = tmp_path / "parsed" / "templates.marshal"
    assert run(_SAME_CODE, kept) == ["0"]
    assert run(_SAME_CODE, kept) == ["4"]
    kept.chmod(0o666)  # Anybody might have put code there.
    assert run(_SAME_CODE, kept) == ["0"]
    kept.chmod(0o600)
    kept.write_bytes(b"torn")
    assert run(_SAME_CODE, kept) == ["0"]
    assert run(_SAME_CODE, kept) == ["4"]


def test_an_artefact_is_written_as_dbt_writes_it(tmp_path: Path) -> None:
    assert run(_SAME_ARTEFACT, tmp_path) == ["True"]


def test_an_event_says_when_it_is_asked_what_it_was_made_of() -> None:
    assert run(_LATE_EVENT) == ["said said {'msg': 'said'}"]


def test_no_model_asks_for_the_environment_while_it_is_parsed() -> None:
    """A build id is another in every build, and dbt parses again what asked for it."""
    asking = [
        line.strip()
        for model in (DBT_PROJECT_DIR / "models").rglob("*.sql")
        for line in model.read_text(encoding="utf-8").splitlines()
        if "env_var(" in line
    ]
    assert asking
    assert [line for line in asking if "if execute" not in line] == []
