"""Commands that keep a state directory well: doctor, verify, quarantine, connect.

Does not belong here: anything that another caller, such as Dagster, would need too. Heavy modules
are imported by the command that needs them.
"""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

import typer

from orchestration.command.app import app, request_of, state_of
from orchestration.command.options import (
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
from orchestration.errors import EXIT_FAILED


class QuarantineAction(StrEnum):
    """What can be done with what was refused."""

    LIST = "list"
    REPLAY = "replay"


class Way(StrEnum):
    """What opens the published database."""

    PYTHON = "python"
    SQLALCHEMY = "sqlalchemy"
    CLI = "cli"
    JDBC = "jdbc"


@app.command()
def doctor(
    raw_dir: RawOption = None,
    raw_database: RawDatabaseOption = None,
    state_dir: StateOption = None,
    rules_dir: RulesOption = None,
) -> None:
    """Tell of everything whether it is well, and the way out; exit 1 if something is not."""
    from orchestration.care.doctor import examine
    from orchestration.command.console import plain_console

    console = plain_console()
    asked = {"raw_dir": raw_dir, "raw_database": raw_database}
    findings = examine({**asked, "state_dir": state_dir, "rules_dir": rules_dir})
    width = max(len(finding.subject) for finding in findings)
    for finding in findings:
        verdict = "ok   " if finding.is_well else "WRONG"
        console.print(f"{verdict}  {finding.subject:<{width}}  {finding.said}")
    if not all(finding.is_well for finding in findings):
        raise typer.Exit(EXIT_FAILED)


@app.command(epilog=other_settings())
@takes_build_settings
def verify(
    state_dir: StateOption = None,
    rules_dir: RulesOption = None,
    var: VarOption = None,
    **settings: str | None,
) -> None:
    """Build from raw beside what is published and compare, mart by mart."""
    from orchestration.care.verify import verify as verify_published
    from orchestration.command.console import ConsoleProgress, plain_console

    console = plain_console()
    progress = ConsoleProgress(console)
    try:
        found = verify_published(
            request_of(None, state_dir, rules_dir, settings, var or ()), progress
        )
    finally:
        progress.close()
    for one in found.differences:
        if one.is_equal:
            console.print(f"equal    {one.mart}  {one.rows_after:,} rows")
        else:
            console.print(f"DIFFERS  {one.mart}  {one.in_words}")
    console.print(f"Not compared: {', '.join(found.exempt)}.")
    if found.differing:
        console.print(
            f"{len(found.differing):,} marts of {found.version} are not what the raw rows give; "
            "lifecycle build makes them anew."
        )
        raise typer.Exit(EXIT_FAILED)
    console.print(f"{found.version} is what the raw rows give.")


@app.command(epilog=other_settings())
@takes_build_settings
def quarantine(
    action: Annotated[QuarantineAction, typer.Argument(help="`list` or `replay`.")],
    raw_dir: RawOption = None,
    raw_database: RawDatabaseOption = None,
    raw_schema: RawSchemaOption = None,
    state_dir: StateOption = None,
    rules_dir: RulesOption = None,
    sources: SourcesOption = None,
    var: VarOption = None,
    **settings: str | None,
) -> None:
    """List what was refused, or replay it: load what has been mended since."""
    from orchestration.care.quarantine import refused, replay
    from orchestration.command.console import ConsoleProgress, plain_console

    console = plain_console()
    if action is QuarantineAction.REPLAY:
        loader = (raw_database, raw_schema)
        request = request_of(
            raw_dir, state_dir, rules_dir, settings, var or (), sources=sources, loader=loader
        )
        progress = ConsoleProgress(console)
        try:
            done = replay(request, progress)
        finally:
            progress.close()
        console.print(f"Read again as it was: {', '.join(done.read_again) or 'nothing'}.")
        console.print(f"Replaced by a later delivery: {', '.join(done.replaced) or 'nothing'}.")
        console.print(f"{done.before:,} rows were in quarantine, {done.after:,} are.")
        return
    found = refused(state_of(state_dir))
    for one in found:
        column = f", column {one.column}" if one.column else ""
        lines = f", line {', '.join(map(str, one.lines))}" if one.lines else ""
        more = ", …" if one.lines and one.rows > len(one.lines) else ""
        detail = f": {one.detail}" if one.detail else ""
        console.print(f"{one.file}{lines}{more}{column}: {one.rows:,} rows, {one.reason}{detail}")
    if not found:
        console.print("Nothing is in quarantine.")
    else:
        console.print(
            "Next: mend the rows where they come from, deliver the file again under its name with "
            "all its rows, then: lifecycle quarantine replay"
        )


@app.command()
def connect(
    way: Annotated[Way | None, typer.Argument(help="One of them alone.")] = None,
    state_dir: StateOption = None,
) -> None:
    """Print how other programs open what is published, locked down."""
    from orchestration.care.connect import recipes
    from orchestration.command.console import plain_console, show_error
    from orchestration.errors import StateDirError
    from orchestration.pipeline.status import open_published

    state = state_of(state_dir)
    # Whoever sets a program up before the first build wants the recipe, and should know.
    try:
        with open_published(state):
            pass
    except StateDirError as error:
        show_error(plain_console(sys.stderr), f"{error}\nUntil then nothing can be opened so:")
    for name, recipe in recipes(state.published_database).items():
        if way in {None, name}:
            title = "" if way else f"# {name}\n"
            print(f"{title}{recipe}", end="" if way else "\n")  # noqa: T201 - to be pasted as it is
