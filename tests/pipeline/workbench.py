"""Compiled models run by themselves on tables that a test makes up: a world costs no build.

Belongs here: the empty tables, the order of the models, the running. Does not belong here: what
stands in the tables, and what should come out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from graphlib import TopologicalSorter
from itertools import groupby
from pathlib import Path
from threading import Timer
from types import MappingProxyType
from typing import Any

import duckdb
import pandas as pd

from tests.python_model import run_compiled

Rows = Sequence[Mapping[str, Any]] | pd.DataFrame
MANY = 200
LONGEST_SECONDS = 600.0
LIMITS: dict[str, Any] = {"memory_limit": "2GB", "max_temp_directory_size": "0B"}


class Workbench:
    """The models that some marts are made of, from given tables on.

    The tables have the columns of a built database; what a row does not name is null. Many rows
    come as a data frame.
    """

    def __init__(self, state_dir: Path, given: Iterable[str], marts: Iterable[str]) -> None:
        """Read the compiled models of a state, and the shapes of the given tables."""
        manifest = json.loads((state_dir / "dbt/target/manifest.json").read_text("utf-8"))
        self._nodes: dict[str, Any] = {
            node["name"]: node
            for node in manifest["nodes"].values()
            if node["resource_type"] in {"model", "seed"}
        }
        self._given = tuple(given)
        self._models = tuple(
            name for name in self._ordered(tuple(marts)) if name not in self._given
        )
        self._shapes = self._shapes_in(state_dir)

    def _ordered(self, marts: Sequence[str]) -> list[str]:
        graph: dict[str, set[str]] = {}
        ahead = list(marts)
        while ahead:
            name = ahead.pop()
            if name in graph:
                continue
            read = {unique_id.split(".")[-1] for unique_id in self._reads(name)}
            graph[name] = read
            ahead += read
        return list(TopologicalSorter(graph).static_order())

    def _reads(self, name: str) -> list[str]:
        return [] if name in self._given else self._nodes[name]["depends_on"]["nodes"]

    def _shapes_in(self, state_dir: Path) -> dict[str, str]:
        shapes: dict[str, str] = {}
        with duckdb.connect() as connection:
            for alias, file in (("raw_db", "raw.duckdb"), ("working", "working.duckdb")):
                connection.execute(f"attach '{state_dir / file}' as {alias} (read_only)")
            for name in self._given:
                columns = connection.execute(f"describe {self.relation(name)}").fetchall()
                shapes[name] = ", ".join(f'"{column}" {kind}' for column, kind, *_ in columns)
        return shapes

    def relation(self, name: str) -> str:
        """What SQL calls a model or seed."""
        return self._nodes[name]["relation_name"]

    @property
    def models(self) -> tuple[str, ...]:
        """The models that are made, parents before children."""
        return self._models

    def code(self, name: str) -> str:
        """What dbt compiled of a model."""
        return self._nodes[name]["compiled_code"]

    def run(
        self,
        tables: Mapping[str, Rows],
        mart: Sequence[str],
        instead: Mapping[str, str] = MappingProxyType({}),
        seconds: float = LONGEST_SECONDS,
    ) -> dict[str, list[dict]]:
        """Make the marts from rows of the given tables.

        Args:
            tables: rows by table; a table that is not named is empty.
            mart: what is wanted.
            instead: of some models other code than dbt's.
            seconds: how long a world may take: wrong code may make a product of tables.
        """
        assert set(tables) <= set(self._given), set(tables) - set(self._given)
        with duckdb.connect(config=LIMITS) as connection, _at_most(seconds, connection):
            connection.execute("attach ':memory:' as working")
            for schema in ("staging", "intermediate", "marts", "seeds"):
                connection.execute(f"create schema working.{schema}")
            for name in self._given:
                relation = self.relation(name)
                connection.execute(f"create table {relation} ({self._shapes[name]})")
                rows = tables.get(name, ())
                if isinstance(rows, pd.DataFrame):
                    connection.register("many_rows", rows)
                    connection.execute(f"insert into {relation} by name from many_rows")
                    continue
                for columns, alike in groupby(rows, key=tuple):
                    _insert(connection, relation, columns, [[*row.values()] for row in alike])
            for name in self._models:
                node = self._nodes[name]
                relation, code = node["relation_name"], instead.get(name, self.code(name))
                if node["language"] == "python":
                    run_compiled(connection, relation, code)
                else:
                    connection.execute(f"create table {relation} as {code}")
            return {name: self._rows_of(connection, name) for name in mart}

    def _rows_of(self, connection: duckdb.DuckDBPyConnection, name: str) -> list[dict]:
        found = connection.execute(f"select * from {self.relation(name)}")
        columns = [column for column, *_ in found.description or ()]
        return [dict(zip(columns, row, strict=True)) for row in found.fetchall()]


def _insert(
    connection: duckdb.DuckDBPyConnection, relation: str, columns: Sequence[str], rows: list[list]
) -> None:
    names = ", ".join(f'"{column}"' for column in columns)
    marks = f"({', '.join('?' for _ in columns)})"
    # Many at once: a statement for each row is what takes the time.
    for first in range(0, len(rows), MANY):
        some = rows[first : first + MANY]
        connection.execute(
            f"insert into {relation} ({names}) values {', '.join(marks for _ in some)}",
            [value for row in some for value in row],
        )


@contextmanager
def _at_most(seconds: float, connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    timer = Timer(seconds, connection.interrupt)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
