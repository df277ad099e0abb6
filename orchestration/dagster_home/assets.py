"""The assets, from landing files to the published database, and the one op that makes them.

Belongs here: which asset comes from which, and the calls of the build's own phases. Does not belong
here: what a phase does (`pipeline.build`), how dbt's nodes are named (`dbt_translation`), or what
the checks say (`checks`).

One op, since the lock and the gate's pass belong to one process, and since a part of a build would
publish what nobody has judged.
"""

# Dagster's decorators are typed with a bare os.PathLike.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false
# Dagster reads the annotations of ops at run time, so they are not postponed here.

from collections.abc import Generator, Iterator, Mapping, Sequence
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
    MaterializeResult,
    MetadataValue,
    multi_asset,
)

from orchestration.dagster_home.checks import GATE, gate_check_specs, gate_results
from orchestration.dagster_home.dbt_events import events_of
from orchestration.dagster_home.dbt_translation import Nodes
from orchestration.dagster_home.launchpad import BuildConfig
from orchestration.dagster_home.run_log import RunLog, failing_in_sentences, wait_for_turn
from orchestration.errors import GateClosedError
from orchestration.ingest.raw_contract import Contract
from orchestration.ingest.run import IngestSummary
from orchestration.pipeline.build import (
    OpenBuild,
    build_identity,
    dbt_phase,
    gate_phase,
    ingest_phase,
    open_build,
    publish_phase,
    rules_phase,
)
from orchestration.pipeline.dbt_run import BuildIdentity, DbtRun
from orchestration.pipeline.expectations import Finding
from orchestration.pipeline.gate import GatePass
from orchestration.pipeline.publish import Published
from orchestration.settings.paths import StateDir
from orchestration.settings.request import read_request

Made = MaterializeResult[Any] | AssetCheckResult

POOL = "warehouse"
PUBLISHED = AssetKey(["published", "lifecycle"])
# What ingest keeps beside the rows themselves.
BOOKS: Mapping[str, str] = {
    "ingest_files": "Every landing file ever read. One row per file and table.",
    "ingest_copies": "Which files brought rows that were loaded before.",
    "quarantine": "Rows that were not accepted, with the reason.",
    "source_files": "Files that an adapter read. One row per line of the ledger.",
    "sources": "Sources in other shapes than the raw contract. One row per source.",
    "muted_files": "Files whose rows do not count, since another source fills the table.",
}
# Of the version that readers saw when a build began, for what it says otherwise.
PREVIOUS: Mapping[str, str] = {
    "build": "Which build it was, and what has arrived since that can have changed what it said.",
    "kpi_values": "Its KPI values.",
    "lifecycle_history": "Its history, where the rules have changed since.",
    "touched_subjects": "Subjects of whom rows have arrived since, where the rules have changed.",
    "rule_changes": "Its ledger of rules.",
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


def previous_specs() -> list[AssetSpec]:
    """Return what a build holds itself against; the build before has published it."""
    return [
        AssetSpec(
            AssetKey(["previous", name]),
            group_name="publishing",
            description=description,
            kinds={"duckdb"},
            owners=list(OWNERS),
            tags={"layer": "publishing"},
        )
        for name, description in PREVIOUS.items()
    ]


def build_assets(
    contract: Contract, nodes: Nodes, expectations: Mapping[str, str]
) -> AssetsDefinition:
    """Return the build with all that it makes; whoever asks for one asset gets the whole build.

    Args:
        contract: the raw tables.
        nodes: dbt's models, seeds and tests.
        expectations: rationale by plausibility band.
    """
    tables = [table.name for table in contract.tables]

    @multi_asset(
        name="build",
        specs=[*_raw_specs(tables), *nodes.specs, _gate_spec(nodes), _published_spec()],
        check_specs=[*nodes.checks, *gate_check_specs(expectations)],
        pool=POOL,
    )
    def build(context: AssetExecutionContext, config: BuildConfig) -> Iterator[Made]:
        with failing_in_sentences():
            request = read_request(
                config.options(),
                full_refresh=config.full_refresh,
                accept_rule_change=config.accept_rule_change,
            )
            wait_for_turn(request.state, context.log)
            with open_build(request, RunLog(context.log)) as opened:
                rules = rules_phase(request, opened.progress)
                summary = ingest_phase(request, rules, opened.build_id, opened.progress)
                for observation in landing_observations(summary, tables):
                    context.log_event(observation)
                yield from _raw_tables(request.state, [*tables, *BOOKS])
                identity = build_identity(request, opened.build_id, rules)
                run = dbt_phase(request, identity, opened.progress)
                yield from events_of(request.state, run, nodes)
                gate_pass = yield from _judged(opened, run, identity, expectations)
                published = publish_phase(request, gate_pass, opened.progress)
                opened.record.write("published", version=published.version)
                yield _published(request.state, published)

    return build


def landing_observations(
    summary: IngestSummary, tables: Sequence[str]
) -> Iterator[AssetObservation]:
    """Yield what was found of each table that has new files in the landing directory."""
    for table in tables:
        read = [result for result in summary.results if result.table == table]
        if read:
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


def _raw_tables(state: StateDir, tables: Sequence[str]) -> Iterator[Made]:
    with closing(duckdb.connect(str(state.raw_database), read_only=True)) as raw:
        counts = {
            table: raw.execute(f"select count(*) from raw.raw.{table}").fetchall()[0][0]
            for table in tables
        }
    for table, count in counts.items():
        yield MaterializeResult(asset_key=raw_key(table), metadata={"dagster/row_count": count})


def _judged(
    opened: OpenBuild, run: DbtRun, identity: BuildIdentity, expectations: Mapping[str, str]
) -> Generator[Made, None, GatePass]:
    """Yield the verdict and the bands, whatever they say; return the pass if there is one."""
    findings: list[Finding] = []
    try:
        gate_pass = gate_phase(opened.request, run, identity, opened.progress, findings.extend)
    except GateClosedError as error:
        # Bands are judged only when dbt has built everything.
        yield from gate_results(expectations if findings else {}, findings, str(error))
        raise
    yield from gate_results(expectations, findings, "")
    yield MaterializeResult(
        asset_key=GATE,
        metadata={
            "build_id": identity.build_id,
            "checks_passed": gate_pass.tests,
            "warnings": MetadataValue.md("\n".join(f"- {text}" for text in gate_pass.warnings)),
            "marts": len(gate_pass.marts),
        },
    )
    return gate_pass


def _published(state: StateDir, published: Published) -> Made:
    return MaterializeResult(
        asset_key=PUBLISHED,
        metadata={
            "version": published.version,
            "database": MetadataValue.path(str(state.published_database)),
            "parquet": MetadataValue.path(str(state.current / "parquet")),
            "dagster/row_count": sum(published.rows.values()),
            "rows_by_mart": MetadataValue.json(dict(published.rows)),
        },
    )


def _raw_specs(tables: Sequence[str]) -> list[AssetSpec]:
    landed = [landing_key(table) for table in tables]
    described = {
        **{table: (f"Accepted rows of {table}.", [landing_key(table)]) for table in tables},
        **{book: (text, landed) for book, text in BOOKS.items()},
    }
    return [
        AssetSpec(
            raw_key(table),
            deps=list(deps),
            group_name="raw",
            description=description,
            kinds={"python", "duckdb"},
            owners=list(OWNERS),
            tags={"layer": "raw"},
        )
        for table, (description, deps) in described.items()
    ]


def _gate_spec(nodes: Nodes) -> AssetSpec:
    return AssetSpec(
        GATE,
        deps=list(nodes.marts),
        group_name="publishing",
        description="Every reason not to publish the build; the pass that publishing asks for.",
        kinds={"python"},
        owners=list(OWNERS),
        tags={"layer": "publishing"},
    )


def _published_spec() -> AssetSpec:
    return AssetSpec(
        PUBLISHED,
        deps=[GATE],
        group_name="publishing",
        description="What readers see: the marts in one DuckDB file, and the same as Parquet.",
        kinds={"duckdb", "parquet"},
        owners=list(OWNERS),
        tags={"layer": "publishing"},
    )
