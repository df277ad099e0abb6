"""Commands about persons' data: erase.

Does not belong here: the erasing itself (`pipeline/erasure`). Heavy modules are imported by the
command that needs them.
"""

from __future__ import annotations

from typing import Annotated

import typer

from orchestration.command.app import app, request_of
from orchestration.command.options import SourcesOption, StateOption


@app.command()
def erase(
    customers: Annotated[list[str], typer.Argument(help="Customer ids.", metavar="CUSTOMER...")],
    state_dir: StateOption = None,
    sources: SourcesOption = None,
) -> None:
    """Remove persons from raw, landing files, published versions and logs, and write a receipt."""
    from orchestration.command.console import plain_console, show_receipt
    from orchestration.pipeline.erasure import erase as erase_persons
    from orchestration.pipeline.lock import build_lock
    from orchestration.rules.rule_set import read_rules

    console = plain_console()
    request = request_of(None, state_dir, None, sources=sources)
    excluded_ids = read_rules(request.rules_dir).excluded_ids
    with build_lock(request.state):
        receipt = erase_persons(request, customers, excluded_ids, console.print)
    if receipt is not None:
        show_receipt(console, receipt, request.state)
