"""The command line `lifecycle`: every command, run, and a failure told in one sentence.

Belongs here: the list of the modules that hold commands, and how a command ends. Does not belong
here: a command (`commands`), or what `entry` tells without importing any of this.
"""

from __future__ import annotations

import sys

from orchestration.command.app import app
from orchestration.command.commands import (
    activation,
    building,
    care,
    changes,
    dashboard,
    landing,
    privacy,
    published,
)
from orchestration.errors import EXIT_FAILED, LifecycleError

# Importing a module is what gives its commands to the application.
TOPICS = (activation, building, care, changes, dashboard, landing, privacy, published)


def main() -> None:
    """Run the command line; a failure a user can act on is one sentence on standard error."""
    try:
        app()
    except LifecycleError as error:
        _leave(str(error), error.exit_code)
    except OSError as error:
        # Of files of ours the exceptions say the name.
        where = error.filename or "Standard output"
        _leave(f"{where}: {error.strerror or error}.", EXIT_FAILED)


def _leave(message: str, exit_code: int) -> None:
    from orchestration.command.console import plain_console, show_error

    show_error(plain_console(sys.stderr), message)
    sys.exit(exit_code)
