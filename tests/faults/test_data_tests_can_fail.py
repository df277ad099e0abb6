"""Every data test of staging, intermediate and the lifecycle marts turns red on a planted fault.

A test that cannot fail is worse than none. Each fault is planted in a copy of the sample's working
database, inside a transaction that is rolled back; what runs is the very SQL that dbt ran.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pytest
import yaml

from orchestration.settings.paths import REPO_ROOT, StateDir

pytestmark = pytest.mark.slow

LAWS = REPO_ROOT / "tests" / "data" / "lifecycle"
JUDGED = ("models/staging", "models/intermediate", "models/marts/lifecycle")
# Models of the KPIs have tests of their own kind: see tests/data/kpis.
NOT_JUDGED = ("models/intermediate/kpis",)


def one(table: str, condition: str = "true") -> str:
    """Return a where clause for one row of the table, the same at each run."""
    return f"where rowid = (select min(rowid) from {table} where {condition})"


def statement(fault: Mapping[str, str]) -> str:
    """Return the SQL of one entry of planted_faults.yml."""
    if "run" in fault:
        return fault["run"]
    table = fault.get("update") or fault["delete"]
    row = one(table, fault.get("where", "true"))
    return (
        f"update {table} set {fault['set']} {row}"
        if "update" in fault
        else (f"delete from {table} {row}")
    )


FAULTS: dict[str, list[str]] = {
    law: [statement(fault) for fault in faults]
    for law, faults in yaml.safe_load(
        Path(__file__).with_name("planted_faults.yml").read_text(encoding="utf-8")
    ).items()
}

# What breaks an `expression_is_true`, by the name of the test: a new value for one row.
BROKEN: dict[str, str] = {
    "a_refund_gives_something_back": "amount = 0",
    "an_exchange_rate_is_positive": "rate = 0",
    "an_id_pair_has_an_id": "anonymous_id = null, user_id = null",
    "a_device_is_an_anonymous_id_or_a_user_id": "anonymous_id = 'x', user_id = 'y'",
    "an_ownership_lasts": "owned_after = owned_until",
    "a_valid_order_costs_something": "total_price = 0",
    "a_change_of_health_changes_it": "previous_health = health",
    "the_conditions_fit_into_two_words": "condition_no = 120",
    "a_condition_turns_once_a_day": "change = 2",
}


class DataTest(NamedTuple):
    """One data test as dbt compiled it."""

    name: str
    kind: str
    arguments: dict[str, Any]
    table: str
    query: str


@pytest.fixture(scope="module")
def data_tests(sample_state: StateDir) -> dict[str, DataTest]:
    """Return the judged data tests by name."""
    manifest = json.loads((sample_state.root / "dbt/target/manifest.json").read_text())
    nodes: dict[str, Any] = manifest["nodes"]
    found: dict[str, DataTest] = {}
    for node in nodes.values():
        if node["resource_type"] != "test":
            continue
        attached = nodes.get(node.get("attached_node") or "", {})
        home = attached.get("original_file_path") or node["original_file_path"]
        is_law = "tests/data/lifecycle/" in home
        if not is_law and (not home.startswith(JUDGED) or home.startswith(NOT_JUDGED)):
            continue
        metadata = node.get("test_metadata") or {"name": "law", "kwargs": {}}
        found[node["name"]] = DataTest(
            node["name"],
            metadata["name"],
            metadata["kwargs"] | {"column_name": node.get("column_name")},
            f"{attached['schema']}.{attached['name']}" if attached else "",
            node["compiled_code"],
        )
    return found


@pytest.fixture(scope="module")
def working(
    sample_state: StateDir, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A copy of the sample's working database that may be spoilt."""
    copy = Path(shutil.copy(sample_state.working_database, tmp_path_factory.mktemp("spoilt")))
    with duckdb.connect(str(copy)) as connection:
        connection.execute(f"attach '{sample_state.root / 'raw.duckdb'}' as raw_db (read_only)")
        connection.execute("set TimeZone = 'UTC'")
        yield connection


def failures(working: duckdb.DuckDBPyConnection, test: DataTest, *faults: str) -> int:
    """Return how many rows the test complains about once the faults are planted."""
    working.execute("begin")
    try:
        for fault in faults:
            working.execute(fault)
        row = working.execute(f"select count(*) from (\n{test.query}\n) as failures").fetchone()
    finally:
        working.execute("rollback")
    assert row is not None
    return row[0]


def as_table(working: duckdb.DuckDBPyConnection, table: str) -> tuple[str, ...]:
    """Return the statements after which the model is a table with at least one row."""
    schema, name = table.split(".")
    kinds = working.execute(
        "select table_type from information_schema.tables "
        "where table_catalog = current_database() and table_schema = ? and table_name = ?",
        [schema, name],
    ).fetchone()
    assert kinds is not None, f"{table} is not in the working database"
    made = (
        (
            f"create table staging.copied as select * from {table}",
            f"drop view {table}",
            f"alter table staging.copied rename to {name}",
        )
        if kinds[0] == "VIEW"
        else ()
    )
    row = working.execute(f"select count(*) from {table}").fetchone()
    assert row is not None
    columns = working.execute(f"describe {table}").fetchall()
    if row[0]:
        return made
    return (*made, f"insert into {table} ({columns[0][0]}) values (null)")


def generic_faults(test: DataTest) -> list[str]:
    """Return the statements that each break a generic test."""
    table, column = test.table, test.arguments["column_name"]
    match test.kind:
        case "primary_key":
            columns = test.arguments["columns"]
            return [
                f"insert into {table} select * from {table}",
                *(f"update {table} set {column} = null" for column in columns),
            ]
        case "filled":
            return [
                f"update {table} set {column} = null {one(table)}"
                for column in test.arguments["columns"]
            ]
        case "not_null":
            return [f"update {table} set {column} = null {one(table)}"]
        case "unique":
            return [f"insert into {table} select * from {table}"]
        case "accepted_values" | "relationships":
            return [f"update {table} set {column} = 'planted' {one(table)}"]
        case "expression_is_true":
            return [f"update {table} set {BROKEN[test.name]} {one(table)}"]
        case other:
            raise AssertionError(f"say in generic_faults how a test of kind {other} fails")


def test_every_law_has_a_planted_fault() -> None:
    laws = {path.stem for path in LAWS.glob("*.sql")}
    assert len(laws) > 20
    assert set(FAULTS) == laws


@pytest.mark.parametrize(
    ("law", "fault"), [(law, fault) for law, faults in FAULTS.items() for fault in faults]
)
def test_a_law_turns_red_on_a_planted_fault(
    working: duckdb.DuckDBPyConnection, data_tests: dict[str, DataTest], law: str, fault: str
) -> None:
    assert failures(working, data_tests[law]) == 0
    assert failures(working, data_tests[law], fault) > 0


def test_every_generic_test_turns_red_on_a_planted_fault(
    working: duckdb.DuckDBPyConnection, data_tests: dict[str, DataTest]
) -> None:
    generic = [test for test in data_tests.values() if test.kind != "law"]
    assert len(generic) > 50
    green: list[str] = []
    for test in generic:
        prepared = as_table(working, test.table)
        for fault in generic_faults(test):
            nulls_in_key = test.table.startswith("marts.") and "= null" in fault
            if nulls_in_key:
                continue  # The contract's not-null constraint refuses it before any test.
            if failures(working, test, *prepared, fault) == 0:
                green.append(f"{test.name}: {fault}")
    assert green == []
