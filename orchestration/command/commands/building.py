"""Commands that make something of raw tables: simulate, ingest, build, demo, dbt.

Does not belong here: anything that another caller, such as Dagster, would need too. Heavy modules
are imported by the command that needs them.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.command.app import app, request_of, state_of
from orchestration.command.options import (
    LossOption,
    RawDatabaseOption,
    RawOption,
    RawSchemaOption,
    RulesOption,
    SourcesOption,
    StateOption,
    VarOption,
    other_settings,
    takes_build_settings,
)

if TYPE_CHECKING:
    from orchestration.settings.request import BuildRequest


@app.command()
def simulate(
    customers: Annotated[int, typer.Option(help="People who make an account.")] = 1000,
    days: Annotated[int, typer.Option(help="Simulated days.")] = 730,
    seed: Annotated[int, typer.Option(help="Another seed is another shop.")] = 1,
    without: Annotated[
        str,
        typer.Option(
            help="What the shop shall lack, joined by commas: affinity (of products), channels "
            "(that differ in loyalty), drift (of the gaps between orders)."
        ),
    ] = "",
    out: Annotated[
        Path | None,
        typer.Option(help="New directory (default: simulated/ in the state directory)."),
    ] = None,
    state_dir: StateOption = None,
) -> None:
    """Write the landing files of a simulated shop, with the truth beside them."""
    from orchestration.command.console import ConsoleProgress, plain_console
    from orchestration.simulator.simulate import simulate as simulate_shop

    console = plain_console()
    progress = ConsoleProgress(console)
    target = out or state_of(state_dir).root / "simulated"
    progress.begin("simulate")
    try:
        summary = simulate_shop(
            customers,
            days,
            seed,
            target,
            without=[trait.strip() for trait in without.split(",") if trait.strip()],
            progress=lambda done, total: progress.step(done, total, "months"),
        )
    finally:
        progress.close()
    counted = f"{sum(summary.rows.values()):,} rows, {summary.rows['events']:,} events"
    progress.end("simulate", f"{counted}, {summary.files:,} files", summary.seconds)
    console.print(f"Next: lifecycle build --raw-dir {target} --state-dir OTHER_DIR")


@app.command()
def ingest(
    raw_dir: RawOption = None,
    raw_database: RawDatabaseOption = None,
    raw_schema: RawSchemaOption = None,
    state_dir: StateOption = None,
    rules_dir: RulesOption = None,
    sources: SourcesOption = None,
    accept_loss: LossOption = False,
) -> None:
    """Load landing files into raw.duckdb, each exactly once, and stop there."""
    from orchestration.command.console import ConsoleProgress, plain_console
    from orchestration.pipeline.build import ingest_only

    progress = ConsoleProgress(plain_console())
    request = request_of(
        raw_dir,
        state_dir,
        rules_dir,
        sources=sources,
        accept_loss=accept_loss,
        loader=(raw_database, raw_schema),
    )
    try:
        ingest_only(request, progress)
    finally:
        progress.close()


@app.command(epilog=other_settings())
@takes_build_settings
def build(
    raw_dir: RawOption = None,
    raw_database: RawDatabaseOption = None,
    raw_schema: RawSchemaOption = None,
    state_dir: StateOption = None,
    rules_dir: RulesOption = None,
    sources: SourcesOption = None,
    full_refresh: Annotated[
        bool, typer.Option("--full-refresh", help="Drop the working database and make every table.")
    ] = False,
    accept_loss: LossOption = False,
    accept_rule_change: Annotated[
        bool,
        typer.Option(
            "--accept-rule-change",
            help="Publish whatever share of the subjects a change of the rules moves.",
        ),
    ] = False,
    report: Annotated[
        Path | None,
        typer.Option(help="HTML file to write as `lifecycle report` does, of what was published."),
    ] = None,
    var: VarOption = None,
    **settings: str | None,
) -> None:
    """Ingest, build, check, publish; exit 0 only if a new version was published."""
    request = request_of(
        raw_dir,
        state_dir,
        rules_dir,
        settings,
        var or (),
        full_refresh,
        sources,
        accept_loss=accept_loss,
        accept_rule_change=accept_rule_change,
        loader=(raw_database, raw_schema),
    )
    if report is not None:
        _check_report(report)
    _build(request)
    if report is not None:
        _report(request, report)


@app.command()
@takes_build_settings
def demo(state_dir: StateOption = None, **settings: str | None) -> None:
    """Build the shipped sample shop and show what came out."""
    from orchestration.settings.paths import SAMPLE_DIR

    _build(request_of(SAMPLE_DIR, state_dir, None, settings))


@app.command(
    "dbt",
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
    epilog=other_settings(),
)
@takes_build_settings
def run_dbt(
    arguments: Annotated[
        list[str], typer.Argument(help="A command of dbt and its options.", metavar="DBT_COMMAND")
    ],
    state_dir: StateOption = None,
    rules_dir: RulesOption = None,
    var: VarOption = None,
    **settings: str | None,
) -> None:
    """Run dbt on the working database: lifecycle dbt run --select int_orders."""
    from orchestration.pipeline.dbt_by_hand import dbt_by_hand

    request = request_of(None, state_dir, rules_dir, settings, var or ())
    sys.exit(dbt_by_hand(request, arguments))


def _build(request: BuildRequest) -> None:
    from orchestration.command.console import ConsoleProgress, plain_console, show_build
    from orchestration.pipeline.build import build as run_build
    from orchestration.pipeline.status import example_subject, read_as_of, read_census

    console = plain_console()
    progress = ConsoleProgress(console)
    try:
        result = run_build(request, progress)
    finally:
        progress.close()
    census = read_census(request.state)
    as_of_date = read_as_of(request.state)
    subject = example_subject(request.state)
    show_build(console, result, request.state, census, as_of_date, subject)


def _check_report(out: Path) -> None:
    from orchestration.pictures.report import check_page

    check_page(out)


def _report(request: BuildRequest, out: Path) -> None:
    from orchestration.command.console import plain_console, show_report
    from orchestration.pictures.report import write_report
    from orchestration.pictures.words import Language

    show_report(plain_console(), out, write_report(request.state, out, Language.EN))
