"""The launcher behind `make dev`: Dagster's UI and daemon, at home in this repository.

    python -m orchestration.dagster_home.dev [--host 127.0.0.1] [--port 3000] [--allow-network]

Belongs here: the address, the environment Dagster needs, and parsing dbt before anything asks.
Does not belong here: the instance's settings (`dagster.yaml`) or the definitions.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from typing import NoReturn

from orchestration.command.console import plain_console, show_error
from orchestration.dagster_home.dbt_manifest import read_manifest
from orchestration.dagster_home.web_guard import is_loopback
from orchestration.errors import EXIT_USAGE, LifecycleError, SettingsError, shown
from orchestration.settings.paths import REPO_ROOT, StateDir
from orchestration.settings.request import read_dagster_settings
from orchestration.state_modes import make_private

LOOPBACK = "127.0.0.1"
# The graph as Lineage opens it is all groups at once; this is `tag:"layer"="marts"`.
MARTS = "/asset-groups~tag%3A%22layer%22%3D%22marts%22"


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the address, prepare, and become `dagster dev`."""
    parser = argparse.ArgumentParser(prog="make dev", description="Open the Dagster UI.")
    parser.add_argument("--host", default=LOOPBACK, help="Address to listen on.")
    parser.add_argument("--port", type=int, default=3000, help="Port to listen on.")
    parser.add_argument(
        "--allow-network",
        action="store_true",
        help="Listen on an address others can reach; the UI has no login.",
    )
    given = parser.parse_args(arguments)
    try:
        check_host(given.host, given.allow_network)
        state = read_dagster_settings().state
        make_private(state.root, state.published)
        environment = dagster_environment(state, given.host, given.port, os.environ)
        read_manifest(state)
        print(f"The marts: {environment['LIFECYCLE_DAGSTER_URL']}{MARTS}", flush=True)  # noqa: T201
    except LifecycleError as error:
        show_error(plain_console(sys.stderr), str(error))
        return error.exit_code
    except OSError as error:
        show_error(plain_console(sys.stderr), f"{error.filename}: {error.strerror}.")
        return EXIT_USAGE
    os.umask(0o077)  # Dagster's databases and logs, too, are nobody else's.
    return _become(dagster_command(given.host, given.port), environment)


def check_host(host: str, allow_network: bool) -> None:
    """Refuse an address that others can reach, unless told so.

    Raises:
        SettingsError: says what to add.
    """
    if not allow_network and not is_loopback(host):
        text = f"{shown(host)} can be reached by others, and Dagster's UI has no login"
        raise SettingsError(f"{text}; keep to {LOOPBACK}, or add --allow-network.")


def dagster_command(host: str, port: int) -> list[str]:
    """Return the command line of `dagster dev`."""
    return [
        *(sys.executable, "-m", "dagster", "dev", "-m", "orchestration.dagster_home.definitions"),
        *("-h", host, "-p", str(port)),
    ]


def dagster_environment(
    state: StateDir, host: str, port: int, environment: Mapping[str, str]
) -> dict[str, str]:
    """Return the environment in which this repository is Dagster's home.

    PYTHONWARNINGS is left out: Dagster starts with warnings that would be errors.
    """
    kept = {name: value for name, value in environment.items() if name != "PYTHONWARNINGS"}
    return {
        "LIFECYCLE_DAGSTER_URL": f"http://{host}:{port}",
        **kept,
        "DAGSTER_HOME": str(REPO_ROOT),
        "LIFECYCLE_STATE_DIR": str(state.root),
    }


def _become(command: list[str], environment: Mapping[str, str]) -> NoReturn:
    """Replace this process, so that Ctrl-C and signals reach Dagster itself.

    A shell starts what it sends to the background with Ctrl-C ignored; Dagster treats a request to
    end like Ctrl-C, ignores it as well, and would stay.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.execve(command[0], command, environment)  # noqa: S606


if __name__ == "__main__":
    sys.exit(main())
