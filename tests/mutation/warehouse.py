"""A built database in which one model at a time is made from other SQL.

Belongs here: reading dbt's manifest for what lies downstream of a model, making that anew, asking
the laws. Does not belong here: which SQL (``mutants``), what the answers mean (``report``).
"""

from __future__ import annotations

import json
import shutil
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from orchestration.settings.paths import StateDir


@dataclass(frozen=True)
class Node:
    """A model or a test of dbt: its name, the relation it makes and of what kind, its SQL."""

    unique_id: str
    name: str
    relation: str
    kind: str
    sql: str


class Manifest:
    """What dbt compiled, and what depends on what."""

    def __init__(self, manifest: dict[str, Any]) -> None:
        """Take what dbt's manifest.json holds."""
        self._nodes = manifest["nodes"]
        self._parents = manifest["parent_map"]
        self._children = manifest["child_map"]

    def model(self, name: str) -> Node:
        """Return the model of that name."""
        found = [
            unique_id
            for unique_id, node in self._nodes.items()
            if node["resource_type"] == "model" and node["name"] == name
        ]
        if len(found) != 1:
            raise LookupError(f"the manifest has {len(found)} models named {name}, not one")
        return self._node(found[0])

    def tables_below(self, node: Node, towards: Iterable[str] = ()) -> list[Node]:
        """Return the tables made from a model, directly or not, parents first; a view follows.

        Args:
            node: the model.
            towards: names of models; only what they are made from, and they; empty for all.
        """
        below = {
            unique_id
            for unique_id in self._below(node)
            if self._nodes[unique_id]["resource_type"] == "model"
        }
        if towards:
            wanted = {self.model(name).unique_id for name in towards}
            below &= wanted.union(*(self._reached(one, self._parents) for one in wanted))
        ordered: list[str] = []
        while len(ordered) < len(below):
            ordered += sorted(
                unique_id
                for unique_id in below.difference(ordered)
                if below.intersection(self._parents[unique_id]) <= set(ordered)
            )
        return [
            self._node(unique_id)
            for unique_id in ordered
            if self._nodes[unique_id]["config"]["materialized"] != "view"
        ]

    def laws_below(self, node: Node) -> list[Node]:
        """Return the tests that read a model, directly or not, and stop a build when they fail."""
        return [
            self._node(unique_id)
            for unique_id in sorted(self._below(node))
            if self._nodes[unique_id]["resource_type"] == "test"
            and self._nodes[unique_id]["config"]["severity"].lower() == "error"
        ]

    def _below(self, node: Node) -> set[str]:
        return self._reached(node.unique_id, self._children)

    def _reached(self, unique_id: str, steps: Mapping[str, Sequence[str]]) -> set[str]:
        found: set[str] = set()
        waiting = deque([unique_id])
        while waiting:
            nearest = set(steps.get(waiting.popleft(), ())) & self._nodes.keys()
            waiting += sorted(nearest - found)
            found |= nearest
        return found

    def _node(self, unique_id: str) -> Node:
        node = self._nodes[unique_id]
        kind = "view" if node["config"]["materialized"] == "view" else "table"
        relation = node["relation_name"] or ""
        return Node(unique_id, node["name"], relation, kind, node["compiled_code"])


class Warehouse:
    """A copy of the working database of a finished build; the build itself stays as it is."""

    def __init__(self, state: StateDir, copy: Path) -> None:
        """Copy the working database of `state` to the file `copy`, and open that."""
        self.manifest = Manifest(
            json.loads((state.dbt_target / "manifest.json").read_text(encoding="utf-8"))
        )
        shutil.copyfile(state.working_database, copy)
        self._values = self.manifest.model("kpi_values").relation
        self._connection = duckdb.connect(config={"threads": 2})
        self._connection.execute(f"attach '{copy}' as {self._values.split('.')[0]}")
        # Some laws read staging views, which read what was ingested.
        self._connection.execute(f"attach '{state.raw_database}' as raw_db (read_only)")
        self._connection.execute(f"create table values_before as from {self._values}")

    def close(self) -> None:
        """Let go of the copy."""
        self._connection.close()

    def make(self, model: Node, sql: str, towards: Iterable[str] = ()) -> None:
        """Make a model from `sql`, then what is below it from its own, on the way to `towards`."""
        self._connection.execute(f"create or replace {model.kind} {model.relation} as\n{sql}")
        for below in self.manifest.tables_below(model, towards):
            self._connection.execute(f"create or replace table {below.relation} as\n{below.sql}")

    def changed_rows(self, kpi: str) -> int:
        """Return how many published rows of a KPI are not as they were."""
        return self._number(
            f"select count(*) from (select * from {self._values} where kpi = '{kpi}' "
            f"except all select * from values_before where kpi = '{kpi}')"
        )

    def values(self, kpi: str, columns: tuple[str, ...]) -> list[tuple[Any, ...]]:
        """Return the rows of `kpi_values` of one KPI."""
        return self._connection.execute(
            f"select {', '.join(columns)} from {self._values} where kpi = '{kpi}'"
        ).fetchall()

    def rows(self, mart: str, columns: Sequence[str]) -> list[tuple[Any, ...]]:
        """Return all rows of a mart."""
        relation = self.manifest.model(mart).relation
        return self._connection.execute(f"select {', '.join(columns)} from {relation}").fetchall()

    def red_laws(self, model: Node) -> list[str]:
        """Return the laws below a model that are broken; one that cannot run is."""
        return [law.name for law in self.manifest.laws_below(model) if not self._holds(law)]

    def _holds(self, law: Node) -> bool:
        try:
            return self._number(f"select count(*) from (\n{law.sql}\n)") == 0
        except duckdb.Error:
            return False

    def _number(self, query: str) -> int:
        row = self._connection.execute(query).fetchone()
        assert row is not None
        return row[0]
