"""The models of a finished build, made again of other raw rows without dbt: a second instead of 40.

Belongs here: running compiled SQL in the order of the manifest. Does not belong here: assertions,
and whether a build publishes; that is for `lifecycle build`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

import duckdb

from orchestration.settings.paths import StateDir
from orchestration.small_files import json_of

_MADE = re.compile(r"\b(?:staging|intermediate|marts)\.(\w+)")


def as_of(day: date) -> dict[str, str]:
    """The change that makes another day the as-of date; who is who stays as the build knew it."""
    return {"int_settings": f"update intermediate.int_settings set as_of_date = date '{day}'"}


def in_currency(currency: str) -> dict[str, str]:
    """The change that makes another currency the reporting one."""
    return {
        "int_settings": f"update intermediate.int_settings set reporting_currency = '{currency}'"
    }


class CompiledModels:
    """What dbt compiled for one build; its settings hold for whatever is made of it."""

    def __init__(self, state: StateDir) -> None:
        """Read the manifest of the last build of a state, and where its seeds lie."""
        manifest = json.loads((state.dbt_target / "manifest.json").read_text(encoding="utf-8"))
        # dbt compiles what it makes; of what a build keeps, the record tells.
        for unique_id, sql in json_of(state.kept_tables).get("compiled", {}).items():
            manifest["nodes"].get(unique_id, {}).setdefault("compiled_code", sql)
        self._models = {
            unique_id: node
            for unique_id, node in manifest["nodes"].items()
            if node["resource_type"] == "model"
        }
        self._by_name = {
            name: unique_id
            for unique_id, node in self._models.items()
            for name in (node["name"], node["alias"])
        }
        # What only warns closes no gate.
        self._laws = {
            node["name"]: node["compiled_code"]
            for node in manifest["nodes"].values()
            if node["resource_type"] == "test" and node["config"]["severity"].lower() == "error"
        }
        self._parents: dict[str, list[str]] = manifest["parent_map"]
        self._seeds = state.working_database

    @property
    def names(self) -> list[str]:
        """Of all models."""
        return [node["name"] for node in self._models.values()]

    def answers(self, raw_database: Path, queries: Iterable[str]) -> list[list[tuple[Any, ...]]]:
        """Make every model that the queries name from a raw database, and ask them."""
        asked = list(queries)
        names = {name for query in asked for name in _MADE.findall(query)}
        with self.made(raw_database, names) as connection:
            return [connection.execute(query).fetchall() for query in asked]

    @contextmanager
    def made(
        self,
        raw_database: Path,
        names: Iterable[str],
        changes: Mapping[str, str] = MappingProxyType({}),
        working: str = ":memory:",
    ) -> Iterator[duckdb.DuckDBPyConnection]:
        """Make these models and all they are made from; a change is SQL that runs after a model."""
        with duckdb.connect(config={"threads": 1}) as connection:
            self._attach(connection, raw_database, working)
            for unique_id in self._in_order(names):
                model = self._models[unique_id]
                self._run(connection, model)
                if model["name"] in changes:
                    connection.execute(changes[model["name"]])
            yield connection

    def make(self, raw_database: Path, names: Iterable[str], working: Path) -> None:
        """Make models of these names from a raw database into a working database that may exist."""
        with self.made(raw_database, names, working=str(working)):
            pass

    def relation(self, name: str) -> str:
        """What SQL calls the table of a model, without its database."""
        return self._models[self._by_name[name]]["relation_name"].split(".", 1)[1]

    def make_again(self, connection: duckdb.DuckDBPyConnection, names: Iterable[str]) -> None:
        """Make these models once more, and nothing that they are made from."""
        for name in names:
            model = self._models[self._by_name[name]]
            kind = "view" if model["config"]["materialized"] == "view" else "table"
            connection.execute(f"drop {kind} {model['relation_name']}")
            self._run(connection, model)

    def broken_laws(self, raw_database: Path) -> list[str]:
        """Make every model from a raw database; return the checks that would close the gate."""
        with self.made(raw_database, self.names) as connection:
            return self.broken(connection)

    def broken(self, connection: duckdb.DuckDBPyConnection) -> list[str]:
        """Return the checks that would close the gate where all models are made."""
        assert len(self._laws) > 100
        return [
            name
            for name, law in self._laws.items()
            if connection.execute(f"select count(*) from ({law})").fetchall() != [(0,)]
        ]

    def _run(self, connection: duckdb.DuckDBPyConnection, model: dict[str, Any]) -> None:
        if model.get("language") == "python":
            _run_python(connection, model)
            return
        kind = "view" if model["config"]["materialized"] == "view" else "table"
        connection.execute(f"create {kind} {model['relation_name']} as {model['compiled_code']}")

    def _attach(
        self, connection: duckdb.DuckDBPyConnection, raw_database: Path, working: str
    ) -> None:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"attach '{raw_database}' as raw_db (read_only)")
        connection.execute(f"attach '{self._seeds}' as seeded (read_only)")
        connection.execute(f"attach '{working}' as working")
        connection.execute("use working")
        for schema in ("seeds", "staging", "intermediate", "marts"):
            connection.execute(f"create schema {schema}")
        seeds = connection.execute(
            "select table_name from information_schema.tables "
            "where table_catalog = 'seeded' and table_schema = 'seeds'"
        ).fetchall()
        for (seed,) in seeds:
            connection.execute(f"create table seeds.{seed} as from seeded.seeds.{seed}")

    def _in_order(self, names: Iterable[str]) -> list[str]:
        """Models of these names and all they are made from, parents first."""
        ordered: dict[str, None] = {}

        def add(unique_id: str) -> None:
            if unique_id in self._models and unique_id not in ordered:
                for parent in self._parents[unique_id]:
                    add(parent)
                ordered[unique_id] = None

        for name in sorted(names):
            add(self._by_name[name])
        return list(ordered)


def _run_python(connection: duckdb.DuckDBPyConnection, model: dict[str, Any]) -> None:
    """Do as dbt-duckdb does: the compiled module says how a relation is looked up."""
    module: dict[str, Any] = {}
    exec(model["compiled_code"], module)  # noqa: S102 - what dbt itself would run
    dbt = module["dbtObj"](lambda relation: connection.query(f"select * from {relation}"))
    made = module["model"](dbt, connection)
    connection.register("made_rows", made)
    connection.execute(f"create table {model['relation_name']} as from made_rows")
