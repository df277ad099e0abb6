"""dbt's command line without what a build of ours never uses and every node would pay for.

Belongs here: what is left out of dbt's own process. Does not belong here: calling it (`dbt_run`),
or how tables are made (`dbt_project/materializations`).

The build of a small shop is 670 nodes with a few milliseconds of SQL each: what dbt does around a
node decides what it costs. What dbt runs, decides and says at level info and above stays as it is.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

# A node's context is a cycle of thousands of objects; looking for such garbage at every 700 new
# objects takes an eighth of the time. It stands before the imports, which make the most of them.
gc.set_threshold(100_000, 20, 100)

from dbt.adapters.base.connections import BaseConnectionManager  # noqa: E402
from dbt.artifacts.resources.base import FileHash  # noqa: E402
from dbt.artifacts.schemas import base as artifacts  # noqa: E402
from dbt.cli.main import cli  # noqa: E402
from dbt.clients.jinja import MacroGenerator  # noqa: E402
from dbt.context.configured import ConfiguredContext  # noqa: E402
from dbt.context.macros import MacroNamespace, MacroNamespaceBuilder  # noqa: E402
from dbt.context.manifest import ManifestContext  # noqa: E402
from dbt.contracts.graph.manifest import Manifest, ManifestStateCheck  # noqa: E402
from dbt.contracts.graph.nodes import Macro, ParsedNode  # noqa: E402
from dbt.include.global_project import PROJECT_NAME as DBT_ITSELF  # noqa: E402
from dbt.parser.manifest import ManifestLoader  # noqa: E402
from dbt_common.events.base_types import BaseEvent, EventLevel  # noqa: E402
from dbt_common.events.event_manager import EventManager  # noqa: E402
from dbt_common.events.event_manager_client import ctx_set_event_manager  # noqa: E402
from dbt_common.utils.encoding import JSONEncoder  # noqa: E402

from orchestration.pipeline.parse_cache import vars_that_parsing_reads  # noqa: E402

_UNHEARD = (EventLevel.DEBUG, EventLevel.TEST)
# By name, since dbt gives them no types.
_fill_event: Any = getattr(BaseEvent, "__init__")  # noqa: B009
_write_node: Any = getattr(ParsedNode, "write_node")  # noqa: B009
_state_check: Any = getattr(ManifestLoader, "build_manifest_state_check")  # noqa: B009
_may_be_used: Any = getattr(ManifestLoader, "is_partial_parsable")  # noqa: B009


class QuietEvents(EventManager):
    """Events of which those that no log of a build takes go no further.

    dbt turns every event into a line for every log first, and the log drops it afterwards: of
    13,000 events of a build nobody reads 12,000.
    """

    def fire_event(
        self,
        e: BaseEvent,
        level: EventLevel | None = None,
        node: Any = None,
        force_warn_or_error_handling: bool = False,
    ) -> None:
        """Hand on what is of level info or above."""
        if (level or e.level_tag()) not in _UNHEARD:
            super().fire_event(e, level, node, force_warn_or_error_handling)


def note_event(self: BaseEvent, *told: Any, **named: Any) -> None:
    """Keep what an event is made of; most are thrown away before anybody asks."""
    self.__dict__["told"] = (told, named)


def ask_event(self: BaseEvent, name: str) -> Any:
    """Make the message of an event when something of it is wanted first."""
    if name == "pb_msg":
        told, named = self.__dict__["told"]
        _fill_event(self, *told, **named)
        return self.__dict__["pb_msg"]
    return getattr(self.pb_msg, name)


def fill_macro(
    self: MacroGenerator,
    macro: Any,
    context: dict[str, Any] | None = None,
    node: Any = None,
    stack: Any = None,
) -> None:
    """Note what a macro is made of; dbt asks three classes to, a million times in a build."""
    self.macro, self.context, self.node, self.stack = macro, context, node, stack


def build_namespace(
    self: MacroNamespaceBuilder,
    macros_by_package: Mapping[str, Mapping[str, Macro]],
    context: dict[str, Any],
) -> MacroNamespace:
    """Make the macros that a node may call: some 800 for each, twice, of which it calls ten."""
    made = {
        package: {
            name: MacroGenerator(macro, context, self.node, self.thread_ctx)
            for name, macro in macros.items()
        }
        for package, macros in macros_by_package.items()
    }
    internal: dict[str, MacroGenerator] = {}
    for package in reversed(self.internal_package_names_order):
        internal.update(made.get(package, {}))
    own = {name: made[name] for name in made if name not in self.internal_package_names}
    return MacroNamespace(
        global_namespace=own.get(self.root_package, {}),
        local_namespace=own.get(self.search_package, {}),
        global_project_namespace=internal,
        packages=own,
    )


def context_with_macros(self: ManifestContext) -> dict[str, Any]:
    """Return a node's context; dbt asks every layer of macros for every name that any has."""
    context = ConfiguredContext.to_dict(self)
    macros: Any = self.namespace
    if isinstance(macros, MacroNamespace):
        itself = macros.global_project_namespace
        context |= itself | {DBT_ITSELF: itself} | macros.packages
        context |= macros.global_namespace | macros.local_namespace
    else:  # Of a test that is being parsed.
        context |= macros.local_namespace | macros.project_namespace
    return context


def keep_connection(self: BaseConnectionManager) -> None:
    """End a node's transaction and keep the connection of its thread for the next node."""
    connection = self.get_if_exists()
    if connection is not None and connection.transaction_open:
        self.rollback_if_open()


def write_compiled_node(
    self: ParsedNode, project_root: str, compiled_path: str, compiled_code: str
) -> None:
    """Write what a node compiles to; the statement around it says nothing more."""
    if compiled_path != self.build_path:
        _write_node(self, project_root, compiled_path, compiled_code)


def note_vars(self: ManifestLoader) -> ManifestStateCheck:
    """Note what a parse depends on, and apart from all vars those that it has read."""
    check: ManifestStateCheck = _state_check(self)
    read = json.dumps(vars_that_parsing_reads(self.root_project.cli_vars), sort_keys=True)
    check.project_hashes["vars that parsing reads"] = FileHash.from_contents(read)
    return check


def may_be_used(self: ManifestLoader, manifest: Manifest) -> Any:
    """Say whether a kept parse holds: a var that only statements read makes none of it untrue."""
    now = self.manifest.state_check
    self.manifest.state_check = replace(now, vars_hash=manifest.state_check.vars_hash)
    try:
        return _may_be_used(self, manifest)
    finally:
        self.manifest.state_check = now


def write_json(path: str, data: dict[str, Any]) -> bool:
    """Write an artefact as one text: piece by piece, as dbt does, takes three times as long."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(json.dumps(data, cls=JSONEncoder), encoding="utf-8")
    return True


_LEAN: tuple[tuple[Any, str, Callable[..., Any]], ...] = (
    (BaseEvent, "__init__", note_event),
    (BaseEvent, "__getattr__", ask_event),
    (MacroGenerator, "__init__", fill_macro),
    (MacroNamespaceBuilder, "build_namespace", build_namespace),
    (ManifestContext, "to_dict", context_with_macros),
    (BaseConnectionManager, "release", keep_connection),
    (ParsedNode, "write_node", write_compiled_node),
    (ManifestLoader, "build_manifest_state_check", note_vars),
    (ManifestLoader, "is_partial_parsable", may_be_used),
    (artifacts, "write_json", write_json),
)


def make_lean() -> None:
    """Put the above in the place of dbt's own."""
    # dbt's own class does not fit dbt's protocol either: what it declares as fields are properties.
    ctx_set_event_manager(QuietEvents())  # pyright: ignore[reportArgumentType]
    for owner, name, ours in _LEAN:
        setattr(owner, name, ours)


if __name__ == "__main__":
    make_lean()
    cli()
