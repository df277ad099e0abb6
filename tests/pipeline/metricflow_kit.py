"""MetricFlow over a published file: one engine in this process, its SQL run by DuckDB.

Belongs here: from a semantic manifest to rows. Does not belong here: what the rows must be
(`test_semantic_layer.py`).

`mf query` does the same through dbt's adapter, with a start of seconds for each query.
"""

# pyright: basic, reportMissingImports=false

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import duckdb
from metricflow.engine.metricflow_engine import MetricFlowEngine, MetricFlowQueryRequest
from metricflow.protocols.sql_client import SqlClient, SqlEngine
from metricflow.sql.render.duckdb_renderer import DuckDbSqlPlanRenderer
from metricflow_semantics.model.dbt_manifest_parser import (
    parse_manifest_from_dbt_generated_manifest,
)
from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup


class DuckDbDialect:
    """All that MetricFlow asks of a client before it runs anything: how to write SQL."""

    sql_engine_type = SqlEngine.DUCKDB
    sql_plan_renderer = DuckDbSqlPlanRenderer()


class Metrics:
    """The metrics of a project, asked of a published file."""

    def __init__(self, semantic_manifest: Path, published: Path) -> None:
        """Read what dbt parsed, and open the file for reading."""
        manifest = parse_manifest_from_dbt_generated_manifest(
            manifest_json_string=semantic_manifest.read_text(encoding="utf-8")
        )
        self.names = sorted(metric.name for metric in manifest.metrics)
        self._engine = MetricFlowEngine(
            SemanticManifestLookup(manifest), cast("SqlClient", DuckDbDialect())
        )
        self._marts = duckdb.connect()
        # dbt knows the tables as those of its own database.
        self._marts.execute(f"attach '{published}' as working (read_only)")

    def close(self) -> None:
        """Let the file go."""
        self._marts.close()

    def query(self, metric: str, *group_by: str, where: str | None = None) -> list[tuple[Any, ...]]:
        """Return the rows of `mf query --metrics METRIC --group-by ... --where ...`."""
        request = MetricFlowQueryRequest.create(
            metric_names=[metric],
            group_by_names=group_by,
            where_constraints=[where] if where else None,
        )
        return self._marts.execute(self._engine.explain(request).sql_statement.sql).fetchall()
