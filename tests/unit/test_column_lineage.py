"""A column is traced to the columns it is computed from, or it is said to be unknown."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from orchestration.dagster_home.column_lineage import Lineage, Relation, trace, trace_models

TABLES: dict[Relation, dict[str, str]] = {
    ("w", "s", "orders"): {
        "order_id": "VARCHAR",
        "person": "VARCHAR",
        "amount": "DECIMAL(18,4)",
        "day": "DATE",
        "tags": "VARCHAR[]",
    },
    ("w", "s", "persons"): {"person": "VARCHAR", "name": "VARCHAR", "day": "DATE"},
    ("w", "s", "stranger"): {"name": "VARCHAR"},
}
PARENTS: dict[Relation, str] = {("w", "s", "orders"): "orders", ("w", "s", "persons"): "persons"}


def made_by(sql: str) -> dict[str, str]:
    """Return the columns that DuckDB itself makes of a query."""
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as w; create schema w.s; use w.s")
        for (_, schema, table), columns in TABLES.items():
            typed = ", ".join(f"{name} {kind}" for name, kind in columns.items())
            connection.execute(f"create table w.{schema}.{table} ({typed})")
        described = connection.execute(f"describe {sql}").fetchall()
    return {str(row[0]): str(row[1]) for row in described}


def traced(sql: str) -> Lineage:
    return trace(sql, made_by(sql), PARENTS, TABLES)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (
            "with big as (select person, amount as size from w.s.orders where day > '2026-01-01') "
            "select big.person as who, big.size * 2 as twice, 1 as one from big",
            {"who": "orders.person", "twice": "orders.amount", "one": ""},
        ),
        (
            "select person, sum(amount) filter (where order_id > 'a') as n, count(*) as rows_ "
            "from w.s.orders group by all",
            {"person": "orders.person", "n": "orders.amount orders.order_id", "rows_": ""},
        ),
        (
            "select row_number() over (partition by person order by day) as no from w.s.orders",
            {"no": "orders.day orders.person"},
        ),
        (
            "select orders.order_id, persons.name from w.s.orders as orders "
            "asof join w.s.persons as persons "
            "on orders.person = persons.person and orders.day >= persons.day",
            {"order_id": "orders.order_id", "name": "persons.name"},
        ),
        (
            "select person, name from w.s.orders join w.s.persons using (person)",
            {"person": "orders.person persons.person", "name": "persons.name"},
        ),
        (
            "select order_id as id from w.s.orders union all select name from w.s.persons",
            {"id": "orders.order_id persons.name"},
        ),
        ("select unnest(tags) as tag from w.s.orders", {"tag": "orders.tags"}),
        (
            "select o.order_id, (select max(p.name) from w.s.persons as p "
            "where p.person = o.person) as name from w.s.orders as o",
            {"order_id": "orders.order_id", "name": "persons.name"},
        ),
        (
            "select * exclude (tags, day) replace (day as amount) from w.s.orders",
            {"order_id": "orders.order_id", "person": "orders.person", "amount": "orders.day"},
        ),
        # A name of the table goes before an alias of the same select.
        (
            "select person as name, name as x from w.s.persons",
            {"name": "persons.person", "x": "persons.name"},
        ),
        (
            "select amount as z, z + 1 as y from w.s.orders",
            {"z": "orders.amount", "y": "orders.amount"},
        ),
    ],
)
def test_a_column_is_traced_to_the_columns_that_its_expression_names(
    sql: str, expected: dict[str, str]
) -> None:
    lineage = traced(sql)
    assert (lineage.problem, lineage.unknown) == ("", ())
    told = {
        column: " ".join(f"{source.node}.{source.column}" for source in sources)
        for column, sources in lineage.sources.items()
    }
    assert told == expected


@pytest.mark.parametrize(
    ("sql", "unknown"),
    [
        ("select order_id, rowid as id from w.s.orders", "id"),
        ("select o.person, n.i from w.s.orders as o, range(o.amount::int) as n(i)", "i"),
        ("select name from w.s.stranger", "name"),
        (
            "with recursive ring as (select person, name from w.s.persons union all "
            "select ring.person || '', persons.name from ring "
            "join w.s.persons as persons on persons.person = ring.name) select * from ring",
            "person",
        ),
    ],
)
def test_a_trace_that_ends_nowhere_makes_the_column_unknown(sql: str, unknown: str) -> None:
    lineage = traced(sql)
    assert lineage.problem == ""
    assert lineage.unknown == (unknown,)
    assert unknown not in lineage.sources


@pytest.mark.parametrize(
    "sql",
    [
        "select order_id as a, person as b from w.s.orders "
        "union all by name select name as b, person as a from w.s.persons",
        "select coalesce(columns('person|order_id'), '') from w.s.orders",
        "pivot w.s.orders on person in ('a', 'b') using count(*) group by order_id",
    ],
)
def test_what_sqlglot_misreads_is_not_traced_at_all(sql: str) -> None:
    lineage = traced(sql)
    assert lineage.problem
    assert not lineage.sources


def test_a_query_that_cannot_be_read_or_makes_other_columns_is_told() -> None:
    broken = trace("select from where", {"a": "INTEGER"}, PARENTS, TABLES)
    assert "cannot read" in broken.problem
    other = trace("select person from w.s.persons", {"who": "VARCHAR"}, PARENTS, TABLES)
    assert "other columns" in other.problem


def node(kind: str, name: str, sql: str, parents: list[str]) -> dict[str, Any]:
    return {
        "resource_type": kind,
        "database": "w",
        "schema": "s",
        "name": name,
        "compiled_code": sql,
        "depends_on": {"nodes": parents},
    }


def test_models_are_traced_to_their_direct_parents_and_not_after_the_time_is_up() -> None:
    source = {"database": "w", "schema": "s", "identifier": "persons", "name": "people"}
    manifest = {
        "sources": {"persons": source},
        "nodes": {
            "names": node("model", "names", "select name as called from w.s.persons", ["persons"]),
            "calls": node("model", "calls", "select called from w.s.names", ["names"]),
            "check": node("test", "check", "select 1", ["names"]),
            "scores": node("model", "scores", "def model", ["names"]) | {"language": "python"},
        },
    }
    tables = {
        **TABLES,
        ("w", "s", "names"): {"called": "VARCHAR"},
        ("w", "s", "calls"): {"called": "VARCHAR"},
    }
    found = trace_models(manifest, tables)
    assert set(found) == {"names", "calls", "scores"}
    assert "Python" in found["scores"].problem
    assert [source.node for source in found["calls"].sources["called"]] == ["names"]
    assert [source.column for source in found["names"].sources["called"]] == ["name"]
    late = trace_models(manifest, tables, most_seconds=-1.0)
    assert all("no time" in late[name].problem for name in ("names", "calls"))
