"""No personal data in what is published: by what columns are made of, by name, and by content.

Belongs here: the marts of the shipped sample. Does not belong here: messages and logs (the tests of
what writes them), erasing (`test_erasure`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import duckdb
import pytest

from orchestration.dagster_home.column_lineage import Relation, relation_of, trace
from orchestration.ingest.raw_contract import load_contract
from orchestration.settings.paths import StateDir

# A way to reach somebody; numbers alone are ids, dates and amounts.
ADDRESS = r"[^\s@<>\"',;]+@[^\s@<>\"',;]+\.[A-Za-z]{2,}"
TELEPHONE = r"(^|[\s\"',;:])(\+\d[\d ()/.-]{7,}\d|\(?0\d{1,4}[)/ -]+\d{3,}[ -]?\d{2,})($|[\s\"',;])"
Column = tuple[str, str]


@pytest.fixture(scope="module")
def manifest(sample_state: StateDir) -> dict[str, Any]:
    return json.loads((sample_state.dbt_target / "manifest.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def tables(sample_state: StateDir, manifest: dict[str, Any]) -> dict[Relation, dict[str, str]]:
    found: dict[Relation, dict[str, str]] = {}
    # What was published before stands in the working database itself.
    (database,) = {
        node["database"] for node in manifest["sources"].values() if node["schema"] != "previous"
    }
    with duckdb.connect(str(sample_state.working_database), read_only=True) as working:
        working.execute(f"attach '{sample_state.raw_database}' as {database} (read_only)")
        for catalog, schema, table, column, data_type in working.execute(
            "select database_name, schema_name, table_name, column_name, data_type "
            "from duckdb_columns() where not internal order by column_index"
        ).fetchall():
            found.setdefault((catalog, schema, table), {})[column] = data_type
    return found


def personal_columns(manifest: Mapping[str, Any]) -> set[Column]:
    """The columns of sources that are tagged as personal."""
    return {
        (unique_id, name)
        for unique_id, source in manifest["sources"].items()
        for name, column in source["columns"].items()
        if column["config"]["meta"].get("pii")
    }


def descendants(manifest: Mapping[str, Any], tables: Mapping[Relation, Any]) -> dict[Column, str]:
    """Columns of models that are made of personal ones, each with the column it is made of.

    A model that cannot be traced counts as soon as its SQL names such a column.
    """
    nodes = {**manifest["sources"], **manifest["nodes"]}
    relations = {unique_id: relation_of(node) for unique_id, node in nodes.items()
                 if node["resource_type"] in ("model", "source", "seed")}  # fmt: skip
    personal, found = personal_columns(manifest), dict[Column, str]()
    waiting = {unique_id for unique_id, _ in personal}
    while waiting:
        parent = waiting.pop()
        for child in manifest["child_map"][parent]:
            node = nodes.get(child)
            if node is None or node["resource_type"] != "model":
                continue
            parents = {relations[name]: name for name in node["depends_on"]["nodes"]}
            told = trace(node["compiled_code"], tables[relations[child]], parents, tables)
            made_of = {
                column: [(source.node, source.column) for source in sources]
                for column, sources in told.sources.items()
            }
            names = {name for unique_id, name in personal if unique_id in parents.values()}
            if told.problem and any(
                re.search(rf"\b{name}\b", node["compiled_code"]) for name in names
            ):
                made_of = dict.fromkeys(tables[relations[child]], sorted(personal))
            for column, sources in made_of.items():
                known = [source for source in sources if source in personal]
                if known and (child, column) not in personal:
                    personal.add((child, column))
                    found[child, column] = ".".join(known[0])
                    waiting.add(child)
    return found


def test_no_column_of_a_mart_is_made_of_personal_data(
    manifest: dict[str, Any], tables: dict[Relation, dict[str, str]]
) -> None:
    tagged = {name for _, name in personal_columns(manifest)}
    contract = load_contract()
    assert tagged == {
        column.name for table in contract.tables for column in table.columns if column.is_pii
    }
    assert {"email", "phone", "first_name", "last_name", "birth_date"} <= tagged
    found = descendants(manifest, tables)
    # The trace follows them as far as they go.
    assert ("model.customer_lifecycle.stg_customers", "email") in found
    outside = {
        column: made_of
        for column, made_of in found.items()
        if not manifest["nodes"][column[0]]["path"].startswith("staging/")
    }
    assert outside == {}
    named = {
        (unique_id, name)
        for unique_id, node in manifest["nodes"].items()
        if node["resource_type"] == "model" and node["path"].startswith("marts/")
        for name in node["columns"]
        if name in tagged
    }
    assert named == set()


def test_the_trace_finds_a_column_that_descends(
    manifest: dict[str, Any], tables: dict[Relation, dict[str, str]]
) -> None:
    mart = "model.customer_lifecycle.customers"
    staging = relation_of(manifest["nodes"]["model.customer_lifecycle.stg_customers"])
    sql = f"select upper(email) as contact from {'.'.join(staging)}"
    node = manifest["nodes"][mart] | {
        "compiled_code": sql,
        "depends_on": {"nodes": ["model.customer_lifecycle.stg_customers"]},
    }
    leaking = {**manifest, "nodes": {**manifest["nodes"], mart: node}}
    leaking_tables = {**tables, relation_of(node): {"contact": "VARCHAR"}}
    assert descendants(leaking, leaking_tables)[mart, "contact"].endswith("stg_customers.email")


def ways_to_reach(connection: duckdb.DuckDBPyConnection, schema: str) -> list[tuple[str, str]]:
    """Table and column of every text that holds an address or a telephone number."""
    columns = connection.execute(
        "select table_name, column_name from duckdb_columns() "
        "where schema_name = ? and data_type like 'VARCHAR%' order by all",
        [schema],
    ).fetchall()
    assert columns
    return [
        (table, column)
        for table, column in columns
        if connection.execute(
            f'select count(*) from {schema}."{table}" where regexp_matches('
            f"cast(\"{column}\" as varchar), '{ADDRESS}') or regexp_matches("
            f"cast(\"{column}\" as varchar), '{TELEPHONE.replace(chr(39), chr(39) * 2)}')"
            .replace(ADDRESS, ADDRESS.replace("'", "''"))
        ).fetchall() != [(0,)]
    ]  # fmt: skip


def test_no_text_of_a_mart_is_a_way_to_reach_somebody(sample_state: StateDir) -> None:
    with duckdb.connect(str(sample_state.published_database), read_only=True) as published:
        assert ways_to_reach(published, "marts") == []


def test_the_scan_finds_what_it_looks_for() -> None:
    with duckdb.connect() as planted:
        planted.execute("create schema marts")
        for name, value in (
            ("mail", "write to ann.b@mail.example, please"),
            ("listed", "x"),
            ("abroad", "+39 055 123456"),
            ("home", "(055) 123456"),
            ("ids", "c1000101, 2026-03-01 10:00:00, 17850123456, 4.53"),
        ):
            planted.execute(f"create table marts.{name} as select '{value}' as said")
        planted.execute("create or replace table marts.listed as select ['a@b.test'] as said")
        assert ways_to_reach(planted, "marts") == [
            ("abroad", "said"), ("home", "said"), ("listed", "said"), ("mail", "said"),
        ]  # fmt: skip
