"""The command line's application, and what its commands share: options read, a state, a request.

Belongs here: what more than one command needs. Does not belong here: a command (`commands`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

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


def state_of(option: Path | None) -> StateDir:
    """Return the state directory that an option, a variable or the default names."""
    from orchestration.settings.request import read_directories

    return read_directories({"state_dir": option}).state


def request_of(
    raw_dir: Path | None,
    state_dir: Path | None,
    rules_dir: Path | None,
    settings: Mapping[str, str | None] | None = None,
    extra_vars: Sequence[str] = (),
    full_refresh: bool = False,
    sources: Path | None = None,
    accept_loss: bool = False,
    accept_rule_change: bool = False,
    loader: tuple[Path | None, str | None] = (None, None),
) -> BuildRequest:
    """Return the request that options, variables and defaults make."""
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
        settings or {},
        extra_vars,
        directories,
        full_refresh=full_refresh,
        accept_loss=accept_loss,
        accept_rule_change=accept_rule_change,
    )
