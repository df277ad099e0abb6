"""The options of commands that set a setting, made from what is declared.

Belongs here: from a declared setting to an option with its help. Does not belong here: the settings
(`settings`), or options that set none.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from inspect import Parameter
from pathlib import Path
from typing import Annotated, Any, cast

import typer
from typer.models import OptionInfo

from orchestration.settings.build_settings import BuildSettings
from orchestration.settings.directories import Directories
from orchestration.settings.setting import Setting

_DIRECTORIES = {setting.name: setting for setting in Directories.declared()}


def option_of(setting: Setting) -> OptionInfo:
    """Return the option that sets a setting."""
    told = f"{setting.meaning} ({setting.twin}; default: {setting.shown_default})."
    return cast("OptionInfo", typer.Option(setting.option, help=told, show_default=False))


RawOption = Annotated[Path | None, option_of(_DIRECTORIES["raw_dir"])]
StateOption = Annotated[Path | None, option_of(_DIRECTORIES["state_dir"])]
RulesOption = Annotated[Path | None, option_of(_DIRECTORIES["rules_dir"])]
LossOption = Annotated[
    bool,
    typer.Option(
        "--accept-loss",
        help="Go on without files that a damaged, lost or older raw.duckdb was made from.",
    ),
]
VarOption = Annotated[
    list[str] | None,
    typer.Option(
        help="Another setting, NAME=VALUE; may be repeated. See below.", metavar="NAME=VALUE"
    ),
]
RawDatabaseOption = Annotated[Path | None, option_of(_DIRECTORIES["raw_database"])]
RawSchemaOption = Annotated[str | None, option_of(_DIRECTORIES["raw_schema"])]
SourcesOption = Annotated[Path | None, option_of(_DIRECTORIES["sources_file"])]


def takes_build_settings(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command with `**settings` the option of every build setting that has one."""
    signature = inspect.signature(command, eval_str=True)
    own = [each for each in signature.parameters.values() if each.kind is not each.VAR_KEYWORD]
    derived = [
        Parameter(
            setting.name,
            Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[str | None, option_of(setting)],
        )
        for setting in BuildSettings.declared()
        if setting.option
    ]
    cast("Any", command).__signature__ = signature.replace(parameters=[*own, *derived])
    return command


def other_settings() -> str:
    """Return what `--var` can set, a paragraph for each."""
    told = [
        f"{setting.name}: {setting.meaning} (default: {setting.shown_default})."
        for setting in BuildSettings.declared()
        if not setting.option
    ]
    return "\n\n".join(["Settings of --var:", *told])
