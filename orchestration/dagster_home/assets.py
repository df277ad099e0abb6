"""The assets, from landing files to the published database, and the four ops that make them.

Belongs here: which asset comes from which, and the calls of the build's own phases. Does not belong
here: what a phase does (`build`), how dbt's nodes are named (`dbt_translation`), or the checks
(`checks`).
"""

# Dagster's decorators are typed with a bare os.PathLike.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false
# Dagster reads the annotations of ops at run time, so they are not postponed here.

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any

import duckdb
from dagster import (
    AssetCheckResult,
    AssetExecutionContext,
    AssetKey,
    AssetObservation,
    AssetsDefinition,
    AssetSpec,
    BetaWarning,
    Failure,
    MaterializeResult,
    MetadataValue,
    multi_asset,
)
from dagster_dbt import dbt_assets

from orchestration.dagster_home.build_session import NOT_ALONE, BuildSession, needed
from orchestration.dagster_home.checks import GATE, gate_check_specs, gate_results
from orchestration.dagster_home.dbt_events import events_of
from orchestration.dagster_home.dbt_translation import (
    LifecycleTranslator,
    Manifest,
    Nodes,
    dbt_project,
    translate,
)
from orchestration.dagster_home.launchpad import BuildConfig
from orchestration.ingest.contract import Contract
from orchestration.ingest.run import IngestSummary
from orchestration.pipeline.build import (
    build_identity,
    dbt_phase,
    gate_phase,
    ingest_phase,
    publish_phase,
    rules_phase,
)
from orchestration.settings.paths import StateDir
from orchestration.settings.request import read_request

POOL = "warehouse"
PUBLISHED = AssetKey(["published", "lifecycle"])
# What ingest keeps beside the rows themselves.
BOOKS: Mapping[str, str] = {
    "ingest_files": "Every landing file ever read. One row per file and table.",
    "quarantine": "Rows that were not accepted, with the reason.",
    "source_files": "Files that an adapter read. One row per line of the ledger.",
    "sources": "Sources in other shapes than the raw contract. One row per source.",
    "muted_files": "Files whose rows do not count, since another source fills the table.",
}
OWNERS = ("team:analytics",)


def landing_key(table: str) -> AssetKey:
    """Return the key of the landing files of a table."""
    return AssetKey(["landing", table])


def raw_key(table: str) -> AssetKey:
    """Return the key of a raw table, which is also that of its dbt source."""
    return AssetKey(["raw", table])


def landing_specs(contract: Contract) -> list[AssetSpec]:
    """Return the landing files, a spec for each table; other people make them."""
    return [
        AssetSpec(
            landing_key(table.name),
            group_name="landing",
            description=f"Files {table.name}.<ext> or {table.name}/ in the landing directory.",
            kinds={"file"},
            tags={"layer": "landing"},
            metadata={"required": not table.is_optional},
        )
        for table in contract.tables
    ]


def ingest_assets(contract: Contract) -> AssetsDefinition:
    """Return the op that opens the build and loads new landing files into the raw tables."""
    tables = [table.name for table in contract.tables]
    landed = [landing_key(table) for table in tables]
    specs = [
        _raw_spec(raw_key(table), f"Accepted rows of {table}.", [landing_key(table)])
        for table in tables
    ]
    specs += [_raw_spec(raw_key(name), text, landed) for name, text in BOOKS.items()]

    @multi_asset(name="ingest", specs=specs, pool=POOL)
    def ingest(
        context: AssetExecutionContext, config: BuildConfig, session: BuildSession
    ) -> Iterator[MaterializeResult[Any]]:
        with session.phase():
            request = read_request(config.options(), full_refresh=config.full_refresh)
            made = session.begin(request, context.log)
            progress = made.opened.progress
            made.rules = rules_phase(request, progress)
            summary = ingest_phase(request, made.rules, made.opened.build_id, progress)
            made.identity = build_identity(request.state, made.opened.build_id, made.rules)
        for observation in landing_observations(summary, tables):
            context.log_event(observation)
        counts = _raw_counts(request.state, [*tables, *BOOKS])
        for table, count in counts.items():
            yield MaterializeResult(asset_key=raw_key(table), metadata={"dagster/row_count": count})

    return ingest


def landing_observations(
    summary: IngestSummary, tables: Sequence[str]
) -> Iterator[AssetObservation]:
    """Yield what was found for each table in the landing directory."""
    for table in tables:
        read = [result for result in summary.results if result.table == table]
        yield AssetObservation(
            landing_key(table),
            metadata={
                "new_files": len(read),
                "rows_read": sum(result.rows_read for result in read),
                "rows_loaded": sum(result.rows_loaded for result in read),
                "rows_duplicate": sum(result.rows_duplicate for result in read),
                "rows_quarantined": sum(result.rows_quarantined for result in read),
            },
        )


def dbt_build_assets(manifest: Manifest) -> tuple[AssetsDefinition, Nodes]:
    """Return the op around the one dbt build, and where its nodes went."""
    translator, project = LifecycleTranslator(manifest), dbt_project()
    # Code references are "beta", which Dagster says once per node.
    warnings.filterwarnings("ignore", category=BetaWarning, module="dagster_dbt")
    nodes = translate(manifest, translator, project)

    @dbt_assets(
        manifest=manifest,
        project=project,
        dagster_dbt_translator=translator,
        name="dbt_build",
        pool=POOL,
    )
    def dbt_build(
        context: AssetExecutionContext, session: BuildSession
    ) -> Iterator[MaterializeResult[Any] | AssetCheckResult]:
        made = session.handover(context.log)
        identity = needed(made.identity)
        if context.is_subset:
            raise Failure(description=NOT_ALONE, allow_retries=False)
        request, progress = made.opened.request, made.opened.progress
        with session.phase():
            made.run = dbt_phase(request, identity, progress)
        yield from events_of(request.state, made.run, nodes)
        if made.run.exit_code != 0:
            # The gate says why, as it does for the command line; nothing that follows could run.
            with session.phase():
                gate_phase(request.state, made.run, identity, progress)

    return dbt_build, nodes


def gate_asset(nodes: Nodes, expectations: Mapping[str, str]) -> AssetsDefinition:
    """Return the op that asks the gate, with its verdict and the plausibility bands as checks."""
    spec = AssetSpec(
        GATE,
        deps=list(nodes.marts),
        group_name="publishing",
        description="Every reason not to publish the build; the pass that publishing asks for.",
        kinds={"python", "greatexpectations"},
        owners=list(OWNERS),
        tags={"layer": "publishing"},
    )

    @multi_asset(name="gate", specs=[spec], check_specs=gate_check_specs(expectations), pool=POOL)
    def gate(
        context: AssetExecutionContext, session: BuildSession
    ) -> Iterator[MaterializeResult[Any] | AssetCheckResult]:
        made = session.handover(context.log)
        run = needed(made.run)
        identity = needed(made.identity)
        error: Failure | None = None

        def keep(findings: Sequence[Any]) -> None:
            made.findings = findings

        try:
            with session.phase():
                made.gate_pass = gate_phase(
                    made.opened.request.state, run, identity, made.opened.progress, keep
                )
        except Failure as failure:
            error = failure
        said = "" if error is None else str(error.description)
        yield from gate_results(expectations, made.findings, said)
        if error is not None:
            raise error
        gate_pass = needed(made.gate_pass)
        yield MaterializeResult(
            asset_key=GATE,
            metadata={
                "build_id": identity.build_id,
                "checks_passed": gate_pass.tests,
                "warnings": MetadataValue.md("\n".join(f"- {text}" for text in gate_pass.warnings)),
                "marts": len(gate_pass.marts),
            },
        )

    return gate


def published_asset() -> AssetsDefinition:
    """Return the op that publishes what the gate let through."""
    spec = AssetSpec(
        PUBLISHED,
        deps=[GATE],
        group_name="publishing",
        description="What readers see: the marts in one DuckDB file, and the same as Parquet.",
        kinds={"duckdb", "parquet"},
        owners=list(OWNERS),
        tags={"layer": "publishing"},
    )

    @multi_asset(name="publish", specs=[spec], pool=POOL)
    def publish(
        context: AssetExecutionContext, session: BuildSession
    ) -> Iterator[MaterializeResult[Any]]:
        made = session.handover(context.log)
        gate_pass = needed(made.gate_pass)
        state = made.opened.request.state
        with session.phase():
            made.published = publish_phase(state, gate_pass, made.opened.progress)
            made.opened.record.write("published", version=made.published.version)
        yield MaterializeResult(
            asset_key=PUBLISHED,
            metadata={
                "version": made.published.version,
                "database": MetadataValue.path(str(state.published_database)),
                "parquet": MetadataValue.path(str(state.current / "parquet")),
                "dagster/row_count": sum(made.published.rows.values()),
                "rows_by_mart": MetadataValue.json(dict(made.published.rows)),
            },
        )

    return publish


def _raw_spec(key: AssetKey, description: str, deps: Sequence[AssetKey]) -> AssetSpec:
    return AssetSpec(
        key,
        deps=list(deps),
        group_name="raw",
        description=description,
        kinds={"python", "duckdb"},
        owners=list(OWNERS),
        tags={"layer": "raw"},
    )


def _raw_counts(state: StateDir, tables: Sequence[str]) -> dict[str, int]:
    with closing(duckdb.connect(str(state.raw_database), read_only=True)) as raw:
        counts: dict[str, int] = {}
        for table in tables:
            found = raw.execute(f"select count(*) from raw.raw.{table}").fetchone()
            counts[table] = int(found[0]) if found else 0
        return counts
