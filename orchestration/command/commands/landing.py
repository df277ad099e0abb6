"""Commands that look at landing files before a build: init, check, map.

Does not belong here: anything that another caller, such as Dagster, would need too. Heavy modules
are imported by the command that needs them.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from orchestration.command.app import app, request_of
from orchestration.command.options import (
    RawDatabaseOption,
    RawOption,
    RawSchemaOption,
    RulesOption,
    SourcesOption,
)
from orchestration.errors import EXIT_USAGE


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
    preset: Annotated[
        str | None,
        typer.Option(help="Sector whose health policy rules/ begins with, such as `grocery`."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Write over files that are there.")
    ] = False,
) -> None:
    """Look at the landing files and write sources.yml beside them and lifecycle.toml here."""
    from orchestration.command.console import plain_console
    from orchestration.command.landing.init import preset_files, presets, propose
    from orchestration.command.landing.init import write as write_files
    from orchestration.command.landing.show_landing import show_init
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
    if sys.stdin.isatty() and preset is None:
        sectors = ", ".join(presets())
        preset = typer.prompt(f"Sector ({sectors}; blank: none of them)", "", show_default=False)
    rules = preset_files(preset or "")
    told = {"currency": currency, "timezone": timezone, "frameworks": frameworks}
    settings = {name: value for name, value in told.items() if value}
    written = write_files(directory, proposal, settings, Path.cwd(), rules=rules, force=force)
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
    from orchestration.command.console import plain_console
    from orchestration.command.landing.check import check as run_check
    from orchestration.command.landing.show_landing import show_check

    request = request_of(
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
    from orchestration.command.landing.map_events import unmapped_names, write_rows
    from orchestration.command.landing.show_landing import show_unmapped

    request = request_of(raw_dir, None, rules_dir, sources=sources)
    names = unmapped_names(request)
    target = write_rows(request, names, write) if write is not None and names else None
    show_unmapped(plain_console(), names, target)
