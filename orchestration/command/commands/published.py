"""Commands that read what is published: status, rollback, report, explain, show, calibrate.

Does not belong here: anything that another caller, such as Dagster, would need too. Heavy modules
are imported by the command that needs them.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from orchestration.command.app import app, state_of
from orchestration.command.options import StateOption


@app.command()
def status(state_dir: StateOption = None) -> None:
    """Tell what is published, what was ingested, and how the last build ended."""
    from orchestration.command.console import plain_console, show_status
    from orchestration.pipeline.status import read_status

    state = state_of(state_dir)
    show_status(plain_console(), read_status(state), state)


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

    state = state_of(state_dir)
    with build_lock(state):
        version = roll_back(state, to).version
    show_rollback(plain_console(), version, state.published_database)


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
    show_report(plain_console(), out, write_report(state_of(state_dir), out, Language(language)))


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
    told = explain_subject(state_of(state_dir), subject, day, framework)
    if as_json:
        print(told_as_json(told))  # noqa: T201 - what a machine reads is not wrapped
    else:
        show_explanation(plain_console(), told)


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

    told = timeline(state_of(state_dir), subject, limit)
    if as_json:
        print(told_as_json(told))  # noqa: T201 - what a machine reads is not wrapped
    else:
        show_timeline(plain_console(), told)


@app.command()
def calibrate(
    out: Annotated[Path, typer.Option(help="New directory for the rules.")],
    state_dir: StateOption = None,
) -> None:
    """Write the health policy that the shop's orders recommend as a rules directory."""
    from orchestration.command.calibrate import calibrate as write_policy
    from orchestration.command.console import plain_console

    path = write_policy(state_of(state_dir), out)
    console = plain_console()
    console.print(f"Written: {path}")
    console.print(f"Next: lifecycle build --rules-dir {out}")
