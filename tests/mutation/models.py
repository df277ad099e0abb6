"""Write one line of every model a little wrong, see who notices: a unit test, or a law of a build.

    python -m tests.mutation.models [--only int_orders,int_sessions] [--each 2] [--work DIR]

Builds the sample with all frameworks and runs the dbt unit tests once (three minutes), then takes a
second or two per slip. With `--work` both stay in a directory and are used again as they are.

Belongs here: choosing slips that change what a model says of the sample, asking, the record. Does
not belong here: which lines can be written wrong (``plants``), the engine's chosen slips
(``engine``).
"""

from __future__ import annotations

import argparse
import heapq
import itertools
import json
import re
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import shutil

from orchestration.settings.paths import SAMPLE_DIR, StateDir
from tests.mutation.plants import candidates
from tests.mutation.slips import SLIPS, Slip, slipped
from tests.pipeline.dbt_kit import dbt
from tests.reference.compare import run_lifecycle

_MADE = re.compile(r'"working"\."\w+"\."(\w+)"')


class UnitTests:
    """The dbt unit tests as SQL that dbt made: the model's own, on made-up rows."""

    def __init__(self, target: Path) -> None:
        """Read what a run of all unit tests, all passed, has left in dbt's target directory."""
        manifest = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
        texts = {path.stem: path for path in (target / "compiled").rglob("*.yml/**/*.sql")}
        self._of: dict[str, list[tuple[str, list[str], str]]] = defaultdict(list)
        for test in manifest["unit_tests"].values():
            text = texts[test["name"]].read_text(encoding="utf-8")
            columns = [*itertools.chain(*test["expect"]["rows"][:1])]
            self._of[test["model"]].append((test["name"], columns, text))

    def red(self, slip: Slip) -> str:
        """Return a unit test of the model that fails with the slip, or nothing."""
        right, wrong = (_MADE.sub(r"__dbt__cte__\1", text) for text in (slip.right, slip.wrong))
        for name, columns, sql in self._of[slip.model]:
            if sql.count(right) != 1:
                continue
            made = _rows(sql.replace(right, wrong), columns)
            if made is not None and made != _rows(sql, columns):
                return name
        return ""


def _rows(sql: str, columns: Iterable[str]) -> Counter[str] | None:
    """Return the rows of those columns in which a unit test says what it expects."""
    names = ", ".join(f'"{column}"' for column in columns) or "*"
    try:
        return Counter(map(repr, duckdb.sql(f"select {names} from (\n{sql}\n)").fetchall()))
    except duckdb.Error:
        return None


class Sample:
    """A copy of a built working database: one model at a time is wrong, within a transaction."""

    def __init__(self, state: StateDir, copy: Path) -> None:
        manifest = json.loads((state.dbt_target / "manifest.json").read_text(encoding="utf-8"))
        self.nodes: dict[str, dict[str, Any]] = {
            unique_id: node
            for unique_id, node in manifest["nodes"].items()
            if node["resource_type"] == "model"
            or (
                node["resource_type"] == "test"
                and node["config"]["severity"].lower() == "error"
            )
        }
        self._parents: Mapping[str, list[str]] = manifest["parent_map"]
        self._children: Mapping[str, list[str]] = manifest["child_map"]
        results = json.loads((state.dbt_target / "run_results.json").read_text(encoding="utf-8"))
        self._cost = {one["unique_id"]: one["execution_time"] for one in results["results"]}
        self.models = {
            node["name"]: unique_id
            for unique_id, node in self.nodes.items()
            if node["resource_type"] == "model"
        }
        shutil.copyfile(state.working_database, copy)
        self._connection = duckdb.connect(config={"threads": 1, "memory_limit": "4GB"})
        self._connection.execute("set TimeZone = 'UTC'")
        self._connection.execute(f"attach '{copy}' as working")
        self._connection.execute(f"attach '{state.raw_database}' as raw_db (read_only)")
        self._digests: dict[str, tuple[Any, ...]] = {}

    def close(self) -> None:
        self._connection.close()

    def sql(self, model: str) -> str:
        return self.nodes[self.models[model]]["compiled_code"]

    def seen_by(self, slip: Slip) -> str | None:
        """Return the law that a slip breaks, nothing if none, None if the model says the same."""
        unique_id = self.models[slip.model]
        below = self._below(unique_id)
        for one in (unique_id, *(one for one in below if one in self.models.values())):
            self._digest_before(one)
        self._connection.execute("begin transaction")
        try:
            self._make(unique_id, slipped(self.sql(slip.model), slip))
            told = self._broken_contract(unique_id)
            if told is None or self._digest(unique_id) == self._digests[unique_id]:
                return None
            return told or self._first_red(unique_id, below)
        except duckdb.Error:
            return None
        finally:
            self._connection.execute("rollback")

    def _first_red(self, spoilt: str, below: set[str]) -> str:
        changed, done = {spoilt}, {spoilt}
        waiting = set(below)
        ready: list[tuple[float, str]] = []

        def look() -> None:
            for one in sorted(waiting):
                if below.intersection(self._parents[one]) <= done:
                    waiting.remove(one)
                    heapq.heappush(ready, (self._cost.get(one, 0), one))

        look()
        while ready:
            _, one = heapq.heappop(ready)
            node = self.nodes[one]
            if changed.intersection(self._parents[one]):
                if node["resource_type"] == "test":
                    if not self._holds(node["compiled_code"]):
                        return node["name"]
                else:
                    try:
                        if node["config"]["materialized"] != "view":
                            self._make(one, node["compiled_code"])
                        broken = self._broken_contract(one)
                    except duckdb.Error:
                        return f"{node['name']} cannot be made"
                    if broken != "":
                        return broken or f"the types of {node['name']}"
                    if self._digest(one) != self._digests[one]:
                        changed.add(one)
            done.add(one)
            look()
        return ""

    def _make(self, unique_id: str, sql: str) -> None:
        node = self.nodes[unique_id]
        if node["language"] == "python":
            from tests.python_model import run_compiled

            run_compiled(self._connection, node["relation_name"], sql)
            return
        if node["config"]["contract"]["enforced"]:
            # As dbt makes it: what comes out is cast to the columns that the contract names.
            columns = ", ".join(
                f'cast("{name}" as {kind}) as "{name}"' for name, kind in self._shapes[unique_id]
            )
            sql = f"select {columns} from (\n{sql}\n)"
        kind = "view" if node["config"]["materialized"] == "view" else "table"
        self._connection.execute(f"create or replace {kind} {node['relation_name']} as\n{sql}")

    def _broken_contract(self, unique_id: str) -> str | None:
        """Return what of a contract is broken; None if the types are not what they were."""
        node = self.nodes[unique_id]
        if self._types(unique_id) != self._shapes[unique_id]:
            return None
        if not node["config"]["contract"]["enforced"]:
            return ""
        for column in node["columns"].values():
            if any(one["type"] == "not_null" for one in column["constraints"]) and not self._holds(
                f"select 1 from {node['relation_name']} where \"{column['name']}\" is null limit 1"
            ):
                return f"not null: {node['name']}.{column['name']}"
        return ""

    def _types(self, unique_id: str) -> list[tuple[str, str]]:
        relation = self.nodes[unique_id]["relation_name"]
        rows = self._connection.execute(f"describe {relation}").fetchall()
        return [(row[0], row[1]) for row in rows]

    _shapes: dict[str, list[tuple[str, str]]] = {}

    def _digest_before(self, unique_id: str) -> None:
        if unique_id not in self._digests:
            self._shapes[unique_id] = self._types(unique_id)
            self._digests[unique_id] = self._digest(unique_id)

    def _digest(self, unique_id: str) -> tuple[Any, ...]:
        relation = self.nodes[unique_id]["relation_name"]
        row = self._connection.execute(
            f"select count(*), sum(hash(made)) from {relation} as made"
        ).fetchone()
        assert row is not None
        return row

    def _below(self, unique_id: str) -> set[str]:
        found: set[str] = set()
        ahead = [unique_id]
        while ahead:
            nearest = {one for one in self._children.get(ahead.pop(), ()) if one in self.nodes}
            ahead += nearest - found
            found |= nearest
        return found

    def _holds(self, law: str) -> bool:
        try:
            return self._connection.execute(f"select 1 from (\n{law}\n) limit 1").fetchone() is None
        except duckdb.Error:
            return False


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="")
    parser.add_argument("--each", type=int, default=2)
    parser.add_argument("--most", type=int, default=10)
    parser.add_argument("--work", type=Path)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    work = given.work
    units = UnitTests(StateDir.at(work / "units").dbt_target)
    with closing(Sample(StateDir.at(work / "sample"), work / "copy.duckdb")) as sample:
        have = {slip.model for slip in SLIPS}
        names = [n for n in sample.models if (n in given.only.split(",") if given.only else n not in have)]
        with given.out.open("a") as out:
            for number, model in enumerate(names):
                found = 0
                if sample.nodes[sample.models[model]]["language"] == "python":
                    continue
                tried = 0
                for kind, slip in candidates(model, sample.sql(model)):
                    if found == given.each or tried == given.most:
                        break
                    tried += 1
                    began = time.process_time()
                    unit = units.red(slip)
                    law = None if unit else sample.seen_by(slip)
                    spent = time.process_time() - began
                    if not unit and law is None:
                        continue
                    found += 1
                    row = dict(model=model, kind=kind, right=slip.right, wrong=slip.wrong, unit=unit, law=law or "", spent=round(spent, 2))
                    out.write(json.dumps(row) + "\n")
                    out.flush()
                    print(number, model, kind, f"{spent:.1f}", "unit " + unit if unit else law or "SURVIVES: " + slip.right + " -> " + slip.wrong, flush=True)
                if not found:
                    print(number, model, "NO EFFECTIVE SLIP", tried, flush=True)
                    out.write(json.dumps(dict(model=model, none=tried)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
