"""From a finished dbt run to what Dagster shows: materializations, row counts, check results.

Belongs here: reading results and row counts, the lineage of columns as Dagster shows it, and the
sample keys of a failed test. Does not belong here: running dbt (`pipeline.dbt_run`), tracing
columns (`column_lineage`) or deciding anything (`gate`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any

import duckdb
from dagster import (
    AssetCheckKey,
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
from orchestration.pipeline.breaches import open_working, sample_keys
from orchestration.pipeline.dbt_run import DbtRun, NodeResult
from orchestration.settings.paths import StateDir
from orchestration.sql_text import identifier


def events_of(
    state: StateDir, run: DbtRun, nodes: Nodes
) -> Iterator[MaterializeResult[Any] | AssetCheckResult]:
    """Yield a materialization for each node that was built, a result for each that was tested."""
    facts = _table_facts(state, run, nodes)
    tested: defaultdict[AssetCheckKey, list[NodeResult]] = defaultdict(list)
    for result in run.results:
        if result.status == "success" and result.unique_id in nodes.assets:
            metadata = facts.get(result.unique_id, {})
            yield MaterializeResult(
                asset_key=nodes.assets[result.unique_id],
                metadata={
                    # Of the build that made it.
                    "dagster_dbt/execution_seconds": round(result.seconds, 3),
                    "kept": result.kept,
                    **metadata,
                },
            )
        elif result.status != "skipped" and result.unique_id in nodes.tests:
            tested[nodes.tests[result.unique_id]].append(result)
    for key, results in tested.items():
        yield check_result(state, run.manifest, key, results)


def check_result(
    state: StateDir, manifest: Manifest, key: AssetCheckKey, results: Sequence[NodeResult]
) -> AssetCheckResult:
    """Return what the dbt tests of one asset came to; one that could not run has failed."""
    broken = [result for result in results if result.status != "pass"]
    only_warns = all(result.status == "warn" for result in broken)
    metadata: dict[str, Any] = {
        "tests": MetadataValue.table(
            [
                TableRecord(
                    {
                        "test": _name(manifest, result),
                        "status": result.status,
                        "failing rows": result.failures or 0,
                    }
                )
                for result in results
            ]
        )
    }
    if broken:
        metadata["finding"] = " ".join(_finding(manifest, result) for result in broken)
        samples = [
            {"test": _name(manifest, result), **keys}
            for result in broken
            for keys in sample_keys(state, compiled_sql(manifest, result.unique_id))
        ]
        if samples:
            metadata["sample_keys"] = MetadataValue.json(samples)
    return AssetCheckResult(
        passed=not broken,
        asset_key=key.asset_key,
        check_name=key.name,
        severity=AssetCheckSeverity.WARN if only_warns else AssetCheckSeverity.ERROR,
        metadata=metadata,
    )


def _finding(manifest: Manifest, result: NodeResult) -> str:
    """Say what a test found; what a database says of a value may hold it, so that stays out."""
    name = _name(manifest, result)
    if result.failures:
        return f"{name}: {result.failures:,} rows speak against it."
    return f"{name}: could not be judged ({result.status})."


def _name(manifest: Manifest, result: NodeResult) -> str:
    return str(manifest.get("nodes", {}).get(result.unique_id, {}).get("name", result.unique_id))


def compiled_sql(manifest: Manifest, unique_id: str) -> str:
    """Return the compiled SQL of a node; blank without it."""
    return str(manifest.get("nodes", {}).get(unique_id, {}).get("compiled_code") or "")


def lineage_metadata(lineage: Lineage, nodes: Nodes, *, is_mart: bool) -> dict[str, Any]:
    """Return what Dagster shows of the lineage of a model's columns, and what it cannot show.

    The open-source UI draws no columns, so a mart has the same as a table to read.
    """
    keys = {**nodes.assets, **nodes.sources}
    deps = {
        column: [
            TableColumnDep(keys[source.node], source.column)
            for source in sources
            if source.node in keys
        ]
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
        with closing(open_working(state)) as working:
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
