"""The command line `lifecycle`: options in, one function of the project called, exit code out.

Belongs here: commands, options and their help. Does not belong here: anything that another caller,
such as Dagster, would need too, or what `entry` tells without any of it. Heavy modules are imported
by the command that needs them.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

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
from orchestration.errors import EXIT_FAILED, EXIT_USAGE, LifecycleError

if TYPE_CHECKING:
    from orchestration.settings.paths import StateDir
    from orchestration.settings.request import BuildRequest

app = typer.Typer(
    name="lifecycle",
    help="Who is at which stage of the customer lifecycle, since when, why, and what comes next.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.command()
def simulate(
    customers: Annotated[int, typer.Option(help="People who make an account.")] = 1000,
    days: Annotated[int, typer.Option(help="Simulated days.")] = 730,
    seed: Annotated[int, typer.Option(help="Another seed is another shop.")] = 1,
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
    target = out or _state(state_dir).root / "simulated"
    progress.begin("simulate")
    try:
        summary = simulate_shop(
            customers,
            days,
            seed,
            target,
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
    request = _request(
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
        bool, typer.Option("--full-refresh", help="Drop the working database first.")
    ] = False,
    accept_loss: LossOption = False,
    var: VarOption = None,
    **settings: str | None,
) -> None:
    """Ingest, build, check, publish; exit 0 only if a new version was published."""
    request = _request(
        raw_dir,
        state_dir,
        rules_dir,
        settings,
        var or (),
        full_refresh,
        sources,
        accept_loss=accept_loss,
        loader=(raw_database, raw_schema),
    )
    _build(request)


@app.command()
@takes_build_settings
def demo(state_dir: StateOption = None, **settings: str | None) -> None:
    """Build the shipped sample shop and show what came out."""
    from orchestration.settings.paths import SAMPLE_DIR

    _build(_request(SAMPLE_DIR, state_dir, None, settings))


@app.command()
def init(
    raw_dir: RawOption = None,
    currency: Annotated[
        str | None, typer.Option(help="Currency of sources that state none, and of the reports.")
    ] = None,
    timezone: Annotated[
        str | None, typer.Option(help="IANA zone in which days begin (default: UTC).")
    ] = None,
    frameworks: Annotated[str | None, typer.Option(help="`all` or names joined by commas.")] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Write over files that are there.")
    ] = False,
) -> None:
    """Look at the landing files and write sources.yml beside them and lifecycle.toml here."""
    from orchestration.command.console import plain_console
    from orchestration.command.init import propose
    from orchestration.command.init import write as write_files
    from orchestration.command.show_landing import show_init
    from orchestration.settings.build_settings import read_settings
    from orchestration.settings.request import read_directories

    console = plain_console()
    directory = read_directories({"raw_dir": raw_dir}).raw_dir
    options = {
        "reporting_currency": currency,
        "reporting_timezone": timezone,
        "frameworks": frameworks,
    }
    read_settings(options)
    proposal = propose(directory, currency or "", timezone or "")
    if sys.stdin.isatty() and proposal.needs_currency and not currency:
        currency = typer.prompt("Currency of orders that state none (EUR, USD, …)")
        read_settings({**options, "reporting_currency": currency})
        proposal = propose(directory, currency or "", timezone or "")
    told = {"currency": currency, "timezone": timezone, "frameworks": frameworks}
    settings = {name: value for name, value in told.items() if value}
    written = write_files(directory, proposal, settings, Path.cwd(), force=force)
    show_init(console, proposal, written, has_currency=bool(currency))


@app.command()
def check(
    raw_dir: RawOption = None,
    raw_database: RawDatabaseOption = None,
    raw_schema: RawSchemaOption = None,
    rules_dir: RulesOption = None,
    sources: SourcesOption = None,
    currency: Annotated[str | None, typer.Option(help="Reporting currency.")] = None,
) -> None:
    """Tell in seconds what a build would load, refuse and ignore; exit 2 if it would stop there."""
    from orchestration.command.check import check as run_check
    from orchestration.command.console import plain_console
    from orchestration.command.show_landing import show_check

    request = _request(
        raw_dir,
        None,
        rules_dir,
        {"reporting_currency": currency},
        sources=sources,
        loader=(raw_database, raw_schema),
    )
    report = run_check(request)
    show_check(plain_console(), report)
    if report.summary.stops:
        raise typer.Exit(EXIT_USAGE)


@app.command("map")
def map_events(
    raw_dir: RawOption = None,
    rules_dir: RulesOption = None,
    sources: SourcesOption = None,
    write: Annotated[
        Path | None,
        typer.Option(
            help="Rules directory to write the proposed rows to, as event_signals.patch.csv."
        ),
    ] = None,
) -> None:
    """List event names that feed nothing, with the signal that each may mean."""
    from orchestration.command.console import plain_console
    from orchestration.command.map_events import unmapped_names, write_rows
    from orchestration.command.show_landing import show_unmapped

    request = _request(raw_dir, None, rules_dir, sources=sources)
    names = unmapped_names(request)
    target = write_rows(request, names, write) if write is not None and names else None
    show_unmapped(plain_console(), names, target)


@app.command()
def rollback(
    to: Annotated[
        str, typer.Option(help="Version or build id; `previous` is the one before the current.")
    ] = "previous",
    state_dir: StateOption = None,
) -> None:
    """Make a kept version current again."""
    from orchestration.command.console import plain_console, show_rollback
    from orchestration.pipeline.lock import build_lock
    from orchestration.pipeline.versions import rollback as roll_back

    state = _state(state_dir)
    with build_lock(state):
        version = roll_back(state, to).version
    show_rollback(plain_console(), version, state.published_database)


@app.command()
def status(state_dir: StateOption = None) -> None:
    """Tell what is published, what was ingested, and how the last build ended."""
    from orchestration.command.console import plain_console, show_status
    from orchestration.pipeline.status import read_status

    state = _state(state_dir)
    show_status(plain_console(), read_status(state), state)


@app.command()
def report(
    out: Annotated[Path, typer.Option(help="HTML file to write; one that is there is replaced.")],
    language: Annotated[str, typer.Option(help="en or it.")] = "en",
    state_dir: StateOption = None,
) -> None:
    """Write one self-contained page of pictures and tables about what is published."""
    from orchestration.command.console import plain_console, show_report
    from orchestration.errors import SettingsError
    from orchestration.pictures.report import write_report
    from orchestration.pictures.words import Language

    if language not in set(Language):
        raise SettingsError(f'--language is "{language}", which is neither en nor it.')
    show_report(plain_console(), out, write_report(_state(state_dir), out, Language(language)))


@app.command()
def explain(
    subject: Annotated[
        str, typer.Argument(help="Subject id (customer:17850), or a bare customer id.")
    ],
    on: Annotated[
        str | None, typer.Option(help="Day, YYYY-MM-DD (default: the as-of date).")
    ] = None,
    framework: Annotated[
        str | None, typer.Option(help="Framework (default: the default framework).")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON, for machines.")] = False,
    state_dir: StateOption = None,
) -> None:
    """Tell where a subject stood on a day, why, and what comes next, from the published marts."""
    from orchestration.command.console import plain_console, show_explanation
    from orchestration.command.explain import as_json as told_as_json
    from orchestration.command.explain import explain as explain_subject
    from orchestration.settings.values import read_date

    day: date | None = read_date("--on", on) if on is not None else None
    told = explain_subject(_state(state_dir), subject, day, framework)
    if as_json:
        print(told_as_json(told))  # noqa: T201 - what a machine reads is not wrapped
    else:
        show_explanation(plain_console(), told)


@app.command()
def calibrate(
    out: Annotated[Path, typer.Option(help="New directory for the rules.")],
    state_dir: StateOption = None,
) -> None:
    """Write the health policy that the shop's orders recommend as a rules directory."""
    from orchestration.command.calibrate import calibrate as write_policy
    from orchestration.command.console import plain_console

    path = write_policy(_state(state_dir), out)
    console = plain_console()
    console.print(f"Written: {path}")
    console.print(f"Next: lifecycle build --rules-dir {out}")


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

    request = _request(None, state_dir, rules_dir, settings, var or ())
    sys.exit(dbt_by_hand(request, arguments))


@app.command()
def show(
    subject: Annotated[
        str, typer.Argument(help="Subject id (customer:17850), or a bare customer id.")
    ],
    limit: Annotated[
        int, typer.Option(min=1, max=1_000_000, help="At most so many entries, the latest ones.")
    ] = 100,
    as_json: Annotated[bool, typer.Option("--json", help="JSON, for machines.")] = False,
    state_dir: StateOption = None,
) -> None:
    """Tell what happened to a customer, the latest last, from the published marts."""
    from orchestration.command.console import plain_console, show_timeline
    from orchestration.command.timeline import as_json as told_as_json
    from orchestration.command.timeline import timeline

    told = timeline(_state(state_dir), subject, limit)
    if as_json:
        print(told_as_json(told))  # noqa: T201 - what a machine reads is not wrapped
    else:
        show_timeline(plain_console(), told)


def main() -> None:
    """Run the command line; a failure a user can act on is one sentence on standard error."""
    try:
        app()
    except LifecycleError as error:
        _leave(str(error), error.exit_code)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        _leave(f"{where}{error.strerror or error}.", EXIT_FAILED)


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


def _leave(message: str, exit_code: int) -> None:
    from orchestration.command.console import plain_console, show_error

    show_error(plain_console(sys.stderr), message)
    sys.exit(exit_code)


def _state(option: Path | None) -> StateDir:
    from orchestration.settings.request import read_directories

    return read_directories({"state_dir": option}).state


def _request(
    raw_dir: Path | None,
    state_dir: Path | None,
    rules_dir: Path | None,
    settings: Mapping[str, str | None] | None = None,
    extra_vars: Sequence[str] = (),
    full_refresh: bool = False,
    sources: Path | None = None,
    accept_loss: bool = False,
    loader: tuple[Path | None, str | None] = (None, None),
) -> BuildRequest:
    from orchestration.settings.request import read_request

    directories = {
        "raw_dir": raw_dir,
        "state_dir": state_dir,
        "rules_dir": rules_dir,
        "sources_file": sources,
        "raw_database": loader[0],
        "raw_schema": loader[1],
    }
    return read_request(
        settings or {}, extra_vars, directories, full_refresh=full_refresh, accept_loss=accept_loss
    )
