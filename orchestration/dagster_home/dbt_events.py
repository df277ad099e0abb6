"""From a finished dbt run to what Dagster shows: materializations, row counts, check results.

Belongs here: reading results and row counts, the lineage of columns as Dagster shows it, and the
sample keys of a failed test. Does not belong here: running dbt (`pipeline.dbt_run`), tracing
columns (`column_lineage`) or deciding anything (`gate`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any

import duckdb
from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    MaterializeResult,
    MetadataValue,
    TableColumnDep,
    TableColumnLineage,
    TableRecord,
)

from orchestration.dagster_home.column_lineage import Lineage, Relation, trace_models
from orchestration.dagster_home.dbt_translation import Manifest, Nodes, layer_of, meta_of
from orchestration.pipeline.dbt_run import DbtRun, NodeResult
from orchestration.settings.paths import StateDir
from orchestration.sql_text import identifier

MOST_SAMPLES = 5
# Columns that tell rows apart and hold nothing a person wrote; ids are pseudonyms, and one that
# looks like an address or a number to call is masked all the same.
_SAFE_NAME = re.compile(
    r"(.*_)?(id|key|on|month|date|day|week|period|grain|stage|health|framework|kpi|rule|signal|"
    r"measure|scope|name|table_name|expectation|item|dimension|copies|no)"
)
_PERSONAL_NAME = re.compile(r".*(first|last|full|customer|person|user|contact|display)_?name.*")
_ADDRESS = re.compile(r"@|\+?\d[\d ()/.-]{8,}\d")


def events_of(
    state: StateDir, run: DbtRun, nodes: Nodes
) -> Iterator[MaterializeResult[Any] | AssetCheckResult]:
    """Yield a materialization for each node that was built and a result for each test that ran."""
    facts = _table_facts(state, run, nodes)
    for result in run.results:
        if result.status == "success" and result.unique_id in nodes.assets:
            metadata = facts.get(result.unique_id, {})
            yield MaterializeResult(
                asset_key=nodes.assets[result.unique_id],
                metadata={
                    "dagster_dbt/execution_seconds": round(result.seconds, 3),
                    **metadata,
                },
            )
    for result in run.results:
        if result.unique_id in nodes.checks and result.status != "skipped":
            yield check_result(state, run, result, nodes)


def check_result(
    state: StateDir, run: DbtRun, result: NodeResult, nodes: Nodes
) -> AssetCheckResult:
    """Return what a dbt test came to; one that could not run has failed."""
    passed = result.status == "pass"
    metadata: dict[str, Any] = {
        "status": result.status,
        "failing_rows": result.failures or 0,
    }
    if not passed:
        metadata["message"] = result.message
        samples = sample_keys(state, compiled_sql(run.manifest, result.unique_id))
        if samples:
            metadata["sample_keys"] = MetadataValue.json(samples)
    key = nodes.checks[result.unique_id]
    severity = AssetCheckSeverity.WARN if result.status == "warn" else AssetCheckSeverity.ERROR
    return AssetCheckResult(
        passed=passed,
        asset_key=key.asset_key,
        check_name=key.name,
        severity=severity,
        metadata=metadata,
    )


def compiled_sql(manifest: Manifest, unique_id: str) -> str:
    """Return the compiled SQL of a node; blank without it."""
    return str(manifest.get("nodes", {}).get(unique_id, {}).get("compiled_code") or "")


def sample_keys(state: StateDir, sql: str) -> list[dict[str, str]]:
    """Return the keys of the first rows that a test found, without anything personal."""
    if not sql:
        return []
    try:
        with closing(_open(state)) as working:
            found = working.execute(f"select * from ({sql}) limit {MOST_SAMPLES}")
            names = [str(column[0]) for column in found.description or []]
            return masked(names, found.fetchall())
    except duckdb.Error:
        return []


def masked(names: Sequence[str], rows: Sequence[Sequence[object]]) -> list[dict[str, str]]:
    """Keep the columns that name rows, and mask values that look like a way to reach somebody."""
    kept = [name for name in names if _SAFE_NAME.fullmatch(name) and not _is_personal(name)]
    places = [names.index(name) for name in kept]
    return [
        {name: _masked_value(row[place]) for name, place in zip(kept, places, strict=True)}
        for row in rows
        if kept
    ]


def _is_personal(name: str) -> bool:
    return _PERSONAL_NAME.fullmatch(name) is not None


def _masked_value(value: object) -> str:
    text = str(value)[:80]
    is_date = re.fullmatch(r"\d{4}-\d{2}-\d{2}( .*)?", text) is not None
    return text if is_date or not _ADDRESS.search(text) else "(masked)"


def lineage_metadata(lineage: Lineage, nodes: Nodes, *, is_mart: bool) -> dict[str, Any]:
    """Return what Dagster shows of the lineage of a model's columns, and what it cannot show.

    The open-source UI draws no columns, so a mart has the same as a table to read.
    """
    keys = {**nodes.assets, **nodes.sources}
    deps = {
        column: [TableColumnDep(keys[source.node], source.column) for source in sources]
        for column, sources in lineage.sources.items()
    }
    metadata: dict[str, Any] = {}
    if any(deps.values()):
        named = {column: sources for column, sources in deps.items() if sources}
        metadata["dagster/column_lineage"] = TableColumnLineage(named)
    if deps and is_mart:
        metadata["columns_computed_from"] = MetadataValue.table(
            [
                TableRecord({"column": column, "computed from": _listed(sources)})
                for column, sources in deps.items()
            ]
        )
    if lineage.problem or lineage.unknown:
        metadata["columns_without_lineage"] = lineage.problem or ", ".join(lineage.unknown)
    return metadata


def _listed(sources: Sequence[TableColumnDep]) -> str:
    named = [f"{source.asset_key.to_user_string()}.{source.column_name}" for source in sources]
    return ", ".join(named) or "nothing but constants or a count of rows"


def _table_facts(state: StateDir, run: DbtRun, nodes: Nodes) -> dict[str, dict[str, Any]]:
    """Return row counts of tables, accounting of staging models and lineage, by unique id."""
    facts: dict[str, dict[str, Any]] = {}
    try:
        with closing(_open(state)) as working:
            accounts = _accounts(working)
            lineages = trace_models(run.manifest, _tables(working))
            for result in run.results:
                node = run.manifest.get("nodes", {}).get(result.unique_id)
                if node is None or result.status != "success":
                    continue
                facts[result.unique_id] = _facts_of(working, node, accounts) | lineage_metadata(
                    lineages.get(result.unique_id, Lineage()),
                    nodes,
                    is_mart=layer_of(node) == "marts",
                )
    except duckdb.Error:
        return facts
    return facts


def _tables(working: duckdb.DuckDBPyConnection) -> dict[Relation, dict[str, str]]:
    """Return name and type of the columns of every table and view."""
    tables: dict[Relation, dict[str, str]] = {}
    for database, schema, table, column, data_type in working.execute(
        "select table_catalog, table_schema, table_name, column_name, data_type "
        "from information_schema.columns order by ordinal_position"
    ).fetchall():
        tables.setdefault((database, schema, table), {})[column] = data_type
    return tables


def _facts_of(
    working: duckdb.DuckDBPyConnection, node: Mapping[str, Any], accounts: Mapping[str, Any]
) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    name = str(node.get("alias") or node["name"])
    if node.get("config", {}).get("materialized") in {"table", "incremental", "seed"}:
        table = f"{identifier(str(node['schema']))}.{identifier(name)}"
        found = working.execute(f"select count(*) from {table}").fetchone()
        facts["dagster/row_count"] = int(found[0]) if found else 0
    account = accounts.get(name)
    if layer_of(node) == "staging" and account is not None:
        read, kept, filtered, reasons = account
        facts |= {
            "dagster/row_count": kept,
            "rows_read": read,
            "rows_kept": kept,
            "rows_filtered": filtered,
        }
        if reasons:
            facts["filtered_because"] = reasons
    if meta_of(node).get("primary_key"):
        facts["grain"] = ", ".join(meta_of(node)["primary_key"])
    return facts


def _accounts(working: duckdb.DuckDBPyConnection) -> dict[str, tuple[int, int, int, str]]:
    try:
        rows = working.execute(
            "select name, rows_read, rows_kept, rows_filtered, coalesce(filtered_reasons, '') "
            "from marts.row_accounting where scope = 'model'"
        ).fetchall()
    except duckdb.CatalogException:
        return {}
    return {str(row[0]): (int(row[1]), int(row[2]), int(row[3]), str(row[4])) for row in rows}


def _open(state: StateDir) -> duckdb.DuckDBPyConnection:
    working = duckdb.connect(str(state.working_database), read_only=True)
    # Views of staging read raw under the name that dbt attached it with.
    raw = str(state.raw_database).replace("'", "''")
    working.execute(f"attach '{raw}' as raw_db (read_only)")
    return working
