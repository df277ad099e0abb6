"""The compiled SQL of a dbt run as a plain list of statements, in an order that can be executed.

Belongs here: pure reading of dbt's manifest. Does not belong here: running or timing anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from graphlib import TopologicalSorter
from typing import Any


@dataclass(frozen=True)
class Node:
    """One seed or model of the plan.

    Attributes:
        name: the dbt name.
        relation: its quoted name, database included, as compiled SQL refers to it.
        schema: the schema that must exist for it.
        kind: `seed`, `view`, `table`, or `python` for a table that Python makes.
        sql: the compiled query or Python code; blank for a seed.
    """

    name: str
    relation: str
    schema: str
    kind: str
    sql: str

    def statement(self) -> str:
        """Return the statement that makes the relation of a model."""
        return f"create {self.kind} {self.relation} as ({self.sql}\n)"


def read_plan(manifest: Mapping[str, Any], target: str | None) -> tuple[Node, ...]:
    """Return everything upstream of the model `target`, and itself, parents before children.

    Without a target it is every model and what they read.

    Ties are broken by name, so that the plan is the same in every run.

    Raises:
        LookupError: the manifest has no such model, or a model without compiled SQL.
    """
    nodes: Mapping[str, Any] = manifest["nodes"]
    roots = [
        key
        for key, node in nodes.items()
        if node["resource_type"] == "model" and target in (None, node["name"])
    ]
    if not roots:
        raise LookupError(f"the manifest has no model {target}")
    parents: dict[str, list[str]] = {}
    waiting = list(roots)
    while waiting:
        key = waiting.pop()
        if key not in parents:
            upstream = nodes[key].get("depends_on", {}).get("nodes", [])
            parents[key] = sorted(parent for parent in upstream if parent in nodes)
            waiting.extend(parents[key])
    return tuple(_node(nodes[key]) for key in _ordered(parents))


def read_tests(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Return the compiled query of every data test by its name."""
    return {
        node["name"]: node["compiled_code"].rstrip().rstrip(";")
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test" and node.get("compiled_code")
    }


def _ordered(parents: Mapping[str, list[str]]) -> Iterator[str]:
    sorter = TopologicalSorter(parents)
    sorter.prepare()
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        yield from ready
        sorter.done(*ready)


def _node(node: Mapping[str, Any]) -> Node:
    if node["resource_type"] == "seed":
        return Node(node["name"], node["relation_name"], node["schema"], "seed", "")
    if not node.get("compiled_code"):
        raise LookupError(f"{node['name']} was not compiled")
    kind = "view" if node["config"]["materialized"] == "view" else "table"
    if node.get("language") == "python":
        kind = "python"
    sql = node["compiled_code"]
    return Node(node["name"], node["relation_name"], node["schema"], kind, sql)


def plan_as_rows(plan: tuple[Node, ...]) -> list[dict[str, str]]:
    """Return the plan as JSON can carry it; `Node(**row)` reads it back."""
    return [asdict(node) for node in plan]
