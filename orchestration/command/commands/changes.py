"""Commands that hold versions side by side: diff, whatif.

Does not belong here: the comparison (`changes`), or anything that another caller would need too.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from orchestration.command.app import app, request_of, state_of
from orchestration.command.options import StateOption
from orchestration.command.show_changes import check_form, text_console, write_table

FormatOption = Annotated[str, typer.Option("--format", help="text, csv or json.")]
OutOption = Annotated[Path | None, typer.Option(help="File to write (default: the terminal).")]


@app.command()
def diff(
    versions: Annotated[
        list[str] | None,
        typer.Argument(
            help="Two versions or build ids, the older first; one is held against the current one "
            "(default: the current one and the one before it).",
            metavar="[VERSION [VERSION]]",
        ),
    ] = None,
    form: FormatOption = "text",
    out: OutOption = None,
    state_dir: StateOption = None,
) -> None:
    """Tell what two published versions say otherwise of the same days, and why."""
    from orchestration.changes.diff import COLUMNS, compared
    from orchestration.changes.version import read_version, two_versions
    from orchestration.command.show_changes import show_diff
    from orchestration.pipeline.lock import build_lock
    from orchestration.pipeline.versions import current_version
    from orchestration.pipeline.versions import versions as kept_versions

    check_form(form)
    state = state_of(state_dir)
    names = two_versions(kept_versions(state), current_version(state), versions or ())
    before, after = (read_version(state.versions / name) for name in names)
    # Nobody loads rows while they are looked at.
    with build_lock(state), compared(before, after, state.raw_database) as found:
        if form == "text":
            with text_console(out) as console:
                show_diff(console, found)
        else:
            write_table(form, out, COLUMNS, found.rows())
        found.refuse_unexplained()


@app.command()
def whatif(
    rules_dir: Annotated[
        Path, typer.Option(help="Rules to try: whole seeds or patches of the published ones.")
    ],
    form: FormatOption = "text",
    out: OutOption = None,
    state_dir: StateOption = None,
) -> None:
    """Tell who would stand elsewhere today by other rules; publishes nothing."""
    import sys

    from orchestration.command.console import ConsoleProgress, plain_console
    from orchestration.command.show_changes import show_what_if
    from orchestration.whatif.standings import COLUMNS
    from orchestration.whatif.trial import what_if

    check_form(form)
    request = request_of(None, state_dir, None)
    # Standard output is the table's.
    progress = ConsoleProgress(plain_console(sys.stderr))
    try:
        found = what_if(request, rules_dir, progress)
    finally:
        progress.close()
    if form == "text":
        with text_console(out) as console:
            show_what_if(console, found)
    else:
        write_table(form, out, COLUMNS, found.rows)
