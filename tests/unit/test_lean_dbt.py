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

_FOLLOWED = """
import io
from dbt.events.types import LogStartLine
from dbt_common.events.base_types import EventLevel
from dbt_common.events.logger import LineFormat, LoggerConfig
from dbt_common.events.types import Note
from orchestration.pipeline import lean_dbt

lean_dbt.make_lean()
events, told = lean_dbt.events.QuietEvents(), {}
for form in (LineFormat.Json, LineFormat.PlainText):
    told[form] = io.StringIO()
    events.add_logger(
        LoggerConfig(form.name, line_format=form, level=EventLevel.INFO, output_stream=told[form])
    )
begun = LogStartLine(description="begun", index=1, total=2, node_info={"node_name": "orders"})
events.fire_event(begun)
for text, level in (("fine", EventLevel.INFO), ("wrong", EventLevel.ERROR)):
    events.fire_event(Note(msg=text), level=level)
for form, lines in told.items():
    said = lines.getvalue()
    print(form.name, *[word for word in ("begun", "fine", "wrong") if word in said])
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

_SAME_FOR_ALL = """
import os
from argparse import Namespace
from types import SimpleNamespace as Of

os.environ["DBT_ENV_SECRET_KEY"] = "hidden"
from dbt.adapters.base.impl import BaseAdapter
from dbt.adapters.duckdb.relation import DuckDBRelation
from dbt.adapters.exceptions import ApproximateMatchError
from dbt.cli.main import cli
from dbt.context import base as contexts, providers
from dbt.flags import set_from_args
from dbt_common.clients import agate_helper
from dbt_common.events import functions as logging
from orchestration.pipeline.lean_dbt import make_lean

set_from_args(Namespace(), None)
quoting = Of(quoting={"database": False, "schema": False, "identifier": False})
relations = [
    DuckDBRelation.create(database="w", schema="marts", identifier=name)
    for name in ("orders", "Orders_2", "order_lines", "subjects")
]

def matched(name):
    adapter = Of(config=quoting, _make_match_kwargs=lambda *asked: kwargs(adapter, *asked))
    kwargs = BaseAdapter._make_match_kwargs
    try:
        return BaseAdapter._make_match(adapter, relations, "w", "marts", name)
    except ApproximateMatchError as error:
        return str(error)

def tables():
    rows = [{"n": 1, "text": "007"}, {"n": 2, "text": "null"}], [{"n": 1, "text": 7}]
    made = [agate_helper.table_from_data_flat(data, ["n", "text"]) for data in rows]
    made += [agate_helper.empty_table()]
    return [([type(t).__name__ for t in m.column_types], [*map(tuple, m.rows)]) for m in made]

def told():
    args = Namespace(which="build", vars="{}", select=("a",))
    return [
        [matched(name) for name in ("orders", "ORDERS", "orders_2", "customers")],
        tables(),
        providers.args_to_dict(args),
        {name: sorted(module) for name, module in contexts.get_context_modules().items()},
        logging.env_secrets(),
    ]

own = told()
make_lean()
assert told() == told() == own, (own, told())
print(*[found if isinstance(found, str) else len(found) for found in own[0]], own[-1])
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


def test_what_is_the_same_for_every_node_is_what_dbt_works_out_for_each() -> None:
    told = run(_SAME_FOR_ALL)
    # One by its name, one by its name in capitals, one that is nearly it, none.
    assert told[0].startswith("1 1 Compilation Error")
    assert told[-1].endswith("0 ['hidden']")


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


def test_a_build_is_told_what_it_follows_and_people_are_told_all() -> None:
    assert run(_FOLLOWED) == ["Json begun wrong", "PlainText begun fine wrong"]
