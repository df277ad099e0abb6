"""The macros of a node, made when it calls them.

Belongs here: what a node's names stand for. Does not belong here: what a macro's text compiles to
(`templates`).

dbt makes an object of each of some 700 macros for every node, twice; a node calls ten of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

from dbt.clients.jinja import MacroGenerator
from dbt.context.configured import ConfiguredContext
from dbt.context.macros import MacroNamespace, MacroNamespaceBuilder
from dbt.context.manifest import ManifestContext
from dbt.contracts.graph.nodes import Macro
from dbt_common.clients.jinja import MacroFuzzTemplate, NativeSandboxTemplate


class Macros(Mapping[str, MacroGenerator]):
    """Some macros by name, each as what calls it."""

    def __init__(
        self, macros: Mapping[str, Macro], generator: Callable[[Macro], MacroGenerator]
    ) -> None:
        """Know the macros and how one becomes what calls it."""
        self._macros = macros
        self._generator = generator
        self._made: dict[str, MacroGenerator] = {}

    def __getitem__(self, name: str) -> MacroGenerator:
        """Return the macro of a name, always the same one."""
        if name not in self._made:
            self._made[name] = self._generator(self._macros[name])
        return self._made[name]

    def __contains__(self, name: object) -> bool:
        """Whether there is one; makes none."""
        return name in self._macros

    def __iter__(self) -> Iterator[str]:
        """Go through their names."""
        return iter(self._macros)

    def __len__(self) -> int:
        """Count them."""
        return len(self._macros)


class NodeContext(dict[str, Any]):
    """What a node's text may name: what dbt gives it, and behind that the macros."""

    namespace: Mapping[str, Any] = {}

    def __missing__(self, name: str) -> Any:
        """Return a macro, from now on as one of dbt's own names."""
        found = self[name] = self.namespace[name]
        return found

    def __contains__(self, name: object) -> bool:
        """Whether it stands for anything."""
        return super().__contains__(name) or name in self.namespace

    def get(self, name: str, default: Any = None) -> Any:
        """Return what a name stands for, or the default."""
        try:
            return self[name]
        except KeyError:
            return default


def namespace_of_context(self: Any) -> Any:
    """Put the macros of a node's package behind the names of its context."""
    context = self._ctx = NodeContext(self._ctx)
    builder = self._get_namespace_builder()
    context.namespace = builder.build_namespace(self.manifest.get_macros_by_package(), context)
    return context.namespace


def build_namespace(
    self: MacroNamespaceBuilder,
    macros_by_package: Mapping[str, Mapping[str, Macro]],
    context: dict[str, Any],
) -> MacroNamespace:
    """Sort the macros that a node may call by where it looks for them."""

    def generator(macro: Macro) -> MacroGenerator:
        return MacroGenerator(macro, context, self.node, self.thread_ctx)

    internal: dict[str, Macro] = {}
    for package in reversed(self.internal_package_names_order):
        internal.update(macros_by_package.get(package, {}))
    # dbt asks for dictionaries and only looks into them.
    own: dict[str, Any] = {
        package: Macros(macros, generator)
        for package, macros in macros_by_package.items()
        if package not in self.internal_package_names
    }
    return MacroNamespace(
        global_namespace=own.get(self.root_package, {}),
        local_namespace=own.get(self.search_package, {}),
        global_project_namespace=cast("Any", Macros(internal, generator)),
        packages=own,
    )


def context_with_macros(self: ManifestContext) -> dict[str, Any]:
    """Return a node's context; a macro of a name that dbt gives a meaning goes before it."""
    context = ConfiguredContext.to_dict(self)
    macros: Any = self.namespace
    if isinstance(macros, MacroNamespace):
        context |= {name: macros[name] for name in context if name in macros}
    else:  # Of a test that is being parsed.
        context |= macros.local_namespace | macros.project_namespace
    return context


REPLACED = (
    (MacroNamespaceBuilder, "build_namespace", build_namespace),
    (ManifestContext, "_build_namespace", namespace_of_context),
    (ManifestContext, "to_dict", context_with_macros),
    # Jinja's own copies a context before it looks into it, and with it what only stands in it.
    (NativeSandboxTemplate, "new_context", MacroFuzzTemplate.new_context),
)
