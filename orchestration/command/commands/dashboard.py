"""The command that opens the dashboard.

Does not belong here: how it is started (`orchestration.dashboard.launch`) or what it shows.
"""

from __future__ import annotations

from typing import Annotated

import typer

from orchestration.command.app import app, state_of
from orchestration.command.options import StateOption


@app.command()
def dashboard(
    port: Annotated[int, typer.Option(help="Port on loopback.", min=1, max=65535)] = 8501,
    state_dir: StateOption = None,
) -> None:
    """Open pictures and tables of what is published in a browser, on loopback."""
    from orchestration.command.console import plain_console
    from orchestration.dashboard.launch import LOOPBACK, launch

    plain_console().print(f"The dashboard: http://{LOOPBACK}:{port} (Ctrl-C ends it)")
    launch(state_of(state_dir), port)
