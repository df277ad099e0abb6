"""Commands that act on what is published: export.

Does not belong here: who is exported (`activation`), or anything that another caller would need.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from orchestration.command.app import app, state_of
from orchestration.command.options import StateOption


@app.command()
def export(
    what: Annotated[
        str, typer.Argument(help="A play, or segment:NAME.", metavar="PLAY|segment:NAME")
    ],
    form: Annotated[str, typer.Option("--format", help="csv, jsonl or parquet.")] = "csv",
    out: Annotated[
        Path | None, typer.Option(help="File to write; one that is there is replaced.")
    ] = None,
    webhook: Annotated[
        str | None, typer.Option(help="Address to post JSON to, instead of a file.")
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(help="Version since which to tell what is new (default: the last export's)."),
    ] = None,
    from_start: Annotated[
        bool, typer.Option("--from-start", help="Everybody counts as new.")
    ] = False,
    all_ranks: Annotated[
        bool,
        typer.Option("--all-ranks", help="Also what is not the first that is due to the person."),
    ] = False,
    include_control: Annotated[
        bool, typer.Option("--include-control", help="Also the global control.")
    ] = False,
    with_contact: Annotated[
        bool, typer.Option("--with-contact", help="E-mail addresses of those who consented.")
    ] = False,
    stale: Annotated[
        bool, typer.Option("--stale", help="Export although what is published is old.")
    ] = False,
    state_dir: StateOption = None,
) -> None:
    """Write whom a play or a segment names now, for a CRM tool, with a receipt."""
    from orchestration.activation.export import Order
    from orchestration.activation.export import export as export_list
    from orchestration.activation.selection import Choice
    from orchestration.command.console import plain_console

    done = export_list(
        state_of(state_dir),
        Order(
            what=what,
            form=form,
            out=out,
            webhook=webhook,
            since=since,
            from_start=from_start,
            choice=Choice(all_ranks, include_control),
            with_contact=with_contact,
            stale=stale,
        ),
    )
    console = plain_console()
    against = f"since {done.since}" if done.since else "no export before it"
    console.print(f"{what}: {done.added:,} added, {done.removed:,} removed ({against})")
    if with_contact:
        console.print(
            f"It holds the e-mail addresses of {done.with_address:,} people who consented: keep it "
            "only as long as it is needed."
        )
    console.print(f"Sent to  {done.receipt.file}")
    console.print(f"Receipt  {done.receipt.hash} in exports.jsonl")
