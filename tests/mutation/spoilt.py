"""A built working database in which one model at a time is wrong, within a transaction.

Belongs here: making a model and what is below it as dbt would, and telling apart what changed. Does
not belong here: which SQL is wrong (``plants``), who has to notice (``models``).
"""

from __future__ import annotations

import heapq
import json
import shutil
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from threading import Timer
from typing import Any

import duckdb

from orchestration.settings.paths import StateDir
from tests.mutation.slips import Slip, slipped
from tests.python_model import run_compiled

# A filter left out may make of a join a product: whoever waits for that would notice, too.
LONGEST_SECONDS = 300
# Who has not noticed by then is not asked to the end: of every model something shall be tried.
MOST_CPU_SECONDS = 12
SAME = "same"  # What a slip does that changes nothing, or that cannot run at all.
LATE = "late"  # What is said of a slip that was not asked of everybody.

Marts = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Shape:
    """What a table was before anything was wrong: its columns with their types, its content."""

    columns: tuple[tuple[str, str], ...]
    digest: tuple[Any, ...]


class SpoiltDatabase:
    """A copy of a built working database; after each question it is what it was."""

    def __init__(self, name: str, state: StateDir, copy: Path) -> None:
        """Copy the working database of a state that was built, and open the copy."""
        self._name = name
        manifest = json.loads((state.dbt_target / "manifest.json").read_text(encoding="utf-8"))
        self._nodes: dict[str, dict[str, Any]] = {
            unique_id: node
            for unique_id, node in manifest["nodes"].items()
            if "compiled_code" in node
            and (node["resource_type"] == "model" or _stops_a_build(node))
        }
        self._parents: Mapping[str, list[str]] = manifest["parent_map"]
        self._children: Mapping[str, list[str]] = manifest["child_map"]
        ran = json.loads((state.dbt_target / "run_results.json").read_text(encoding="utf-8"))
        self._cost = {one["unique_id"]: one["execution_time"] for one in ran["results"]}
        self._ids = {
            node["name"]: unique_id
            for unique_id, node in self._nodes.items()
            if node["resource_type"] == "model"
        }
        self._before: dict[str, Shape] = {}
        self._contents: dict[tuple[str, tuple[str, ...]], tuple[Any, ...]] = {}
        shutil.copyfile(state.working_database, copy)
        self._connection = duckdb.connect(config={"threads": 1, "memory_limit": "4GB"})
        self._connection.execute("set TimeZone = 'UTC'")
        self._connection.execute(f"attach '{copy}' as working")
        self._connection.execute(f"attach '{state.raw_database}' as raw_db (read_only)")

    def close(self) -> None:
        """Let go of the copy."""
        self._connection.close()

    @property
    def models(self) -> tuple[str, ...]:
        """The names of all models."""
        return tuple(self._ids)

    def sql(self, model: str) -> str:
        """Return what dbt compiled of a model."""
        return self._nodes[self._ids[model]]["compiled_code"]

    def misleads(self, slip: Slip, given: Collection[str]) -> bool:
        """Whether any of these tables is the slip's own or is made from it."""
        unique_id = self._ids[slip.model]
        wrong = {unique_id, *self._below(unique_id)}
        return any(
            self._nodes[one]["resource_type"] == "model" and self._nodes[one]["alias"] in given
            for one in wrong
        )

    def red(self, slip: Slip, marts: Marts, *, asks_laws: bool) -> str:
        """Return what turns red first, nothing if nothing does.

        Args:
            slip: what is wrong.
            marts: the marts that have a reference here, and in which columns they are compared.
            asks_laws: if not, only the way to these marts is made anew.

        Returns:
            a law or the reference of a mart, `SAME` if there is nothing to see, `LATE` if not
            everybody was asked.
        """
        if slip.model not in self._ids or self.sql(slip.model).count(slip.right) != 1:
            # Only some models may have been made; and settings are compiled in: in another time
            # zone a line may read otherwise.
            return SAME
        ids = {self._id_of_table(mart): mart for mart in marts}
        before = {one: self._before_in(one, tuple(marts[mart])) for one, mart in ids.items()}
        with self._spoilt(slip) as told:
            if told is not None:
                return told
            spoilt = self._ids[slip.model]
            ends = time.process_time() + MOST_CPU_SECONDS
            rippled = self._ripples(spoilt, frozenset() if asks_laws else ids.keys())
            for red, one in chain([("", spoilt)], rippled):
                if red:
                    return red
                if one in ids and self._content(one, marts[ids[one]]) != before[one]:
                    return f"reference of {ids[one]} on {self._name}"
                if asks_laws and time.process_time() > ends:
                    return LATE
        return ""

    def _before_in(self, unique_id: str, columns: tuple[str, ...]) -> tuple[Any, ...]:
        if (unique_id, columns) not in self._contents:
            self._contents[unique_id, columns] = self._content(unique_id, columns)
        return self._contents[unique_id, columns]

    def _id_of_table(self, mart: str) -> str:
        """Return the model of a mart, whose table may have another name."""
        return next(one for one in self._ids.values() if self._nodes[one]["alias"] == mart)

    @contextmanager
    def _spoilt(self, slip: Slip) -> Iterator[str | None]:
        """Make the model wrong for a while; yield what is to be said of it at once, else None."""
        unique_id = self._ids[slip.model]
        for one in (unique_id, *self._below(unique_id)):
            if self._nodes[one]["resource_type"] == "model" and one not in self._before:
                self._before[one] = Shape(self._columns(one), self._digest(one))
        self._connection.execute("begin transaction")
        try:
            yield self._made(unique_id, slipped(self.sql(slip.model), slip))
        finally:
            self._connection.execute("rollback")

    def _made(self, unique_id: str, sql: str) -> str | None:
        try:
            self._make(unique_id, sql)
            if self._columns(unique_id) != self._before[unique_id].columns:
                return SAME
            if self._digest(unique_id) == self._before[unique_id].digest:
                return SAME
        except Exception:  # noqa: BLE001 - a model in Python may fail in any way
            return SAME
        return self._empty_column(unique_id) or None

    def _ripples(self, spoilt: str, towards: Collection[str]) -> Iterator[tuple[str, str]]:
        """Make anew what is below a model, the cheapest first; yield what is red or has changed.

        Args:
            spoilt: the model that is wrong.
            towards: the models that matter; their laws and others' are asked if there are none.
        """
        below = self._below(spoilt)
        if towards:
            below = {one for one in below if one in towards or self._below(one) & set(towards)}
            below = {one for one in below if self._nodes[one]["resource_type"] == "model"}
        changed, done, waiting = {spoilt}, {spoilt}, set(below)
        ready: list[tuple[float, str]] = []
        while True:
            for one in [one for one in waiting if below & set(self._parents[one]) <= done]:
                waiting.remove(one)
                heapq.heappush(ready, (self._cost.get(one, 0), one))
            if not ready:
                return
            _, one = heapq.heappop(ready)
            done.add(one)
            if not changed.intersection(self._parents[one]):
                continue
            red = self._red(one)
            if not red and self._nodes[one]["resource_type"] == "model":
                if self._digest(one) == self._before[one].digest:
                    continue
                changed.add(one)
            yield red, one

    def _red(self, unique_id: str) -> str:
        """Ask a law, or make a model anew; return what would stop a build."""
        node = self._nodes[unique_id]
        if node["resource_type"] == "test":
            return "" if self._is_empty(node["compiled_code"]) else f"law {node['name']}"
        try:
            if node["config"]["materialized"] != "view":
                self._make(unique_id, node["compiled_code"])
            return self._empty_column(unique_id)
        except Exception as error:  # noqa: BLE001 - as above
            return f"law {node['name']} cannot be made ({type(error).__name__})"

    def _make(self, unique_id: str, sql: str) -> None:
        node = self._nodes[unique_id]
        if node["language"] == "python":
            run_compiled(self._connection, node["relation_name"], sql)
            return
        if node["config"]["contract"]["enforced"]:
            # As dbt makes it: what comes out is cast to the columns that the contract names.
            columns = ", ".join(
                f'cast("{name}" as {kind}) as "{name}"'
                for name, kind in self._before[unique_id].columns
            )
            sql = f"select {columns} from (\n{sql}\n)"
        kind = "view" if node["config"]["materialized"] == "view" else "table"
        with self._not_for_ever():
            self._connection.execute(f"create or replace {kind} {node['relation_name']} as\n{sql}")

    def _empty_column(self, unique_id: str) -> str:
        """Return the constraint of a contract that a null breaks."""
        node = self._nodes[unique_id]
        if not node["config"]["contract"]["enforced"]:
            return ""
        for column in node["columns"].values():
            if any(one["type"] == "not_null" for one in column["constraints"]):
                null = f'select 1 from {node["relation_name"]} where "{column["name"]}" is null'
                if not self._is_empty(null):
                    return f"law {node['name']}.{column['name']} is not null"
        return ""

    def _columns(self, unique_id: str) -> tuple[tuple[str, str], ...]:
        relation = self._nodes[unique_id]["relation_name"]
        rows = self._connection.execute(f"describe {relation}").fetchall()
        return tuple((row[0], row[1]) for row in rows)

    def _digest(self, unique_id: str) -> tuple[Any, ...]:
        return self._content(unique_id, [name for name, _ in self._columns(unique_id)])

    def _content(self, unique_id: str, columns: Sequence[str]) -> tuple[Any, ...]:
        """Return what tells two contents of a table apart, whatever the order of its rows."""
        names = ", ".join(f'"{column}"' for column in columns)
        with self._not_for_ever():
            relation = self._nodes[unique_id]["relation_name"]
            query = f"select count(*), sum(hash({names})) from {relation}"
            row = self._connection.execute(query).fetchone()
        assert row is not None
        return row

    def _below(self, unique_id: str) -> set[str]:
        found: set[str] = set()
        ahead = [unique_id]
        while ahead:
            nearest = {one for one in self._children.get(ahead.pop(), ()) if one in self._nodes}
            ahead += nearest - found
            found |= nearest
        return found

    def _is_empty(self, query: str) -> bool:
        """Whether a query finds nothing; one that cannot run finds something."""
        try:
            with self._not_for_ever():
                return (
                    self._connection.execute(f"select 1 from (\n{query}\n) limit 1").fetchone()
                    is None
                )
        except duckdb.Error:
            return False

    @contextmanager
    def _not_for_ever(self) -> Iterator[None]:
        timer = Timer(LONGEST_SECONDS, self._connection.interrupt)
        timer.start()
        try:
            yield
        finally:
            timer.cancel()


def _stops_a_build(node: Mapping[str, Any]) -> bool:
    return node["resource_type"] == "test" and node["config"]["severity"].lower() == "error"
