"""Starting the dashboard: Streamlit on loopback, which tells nobody anything.

Belongs here: the command line and environment of Streamlit. Does not belong here: pages.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

from orchestration.errors import SettingsError
from orchestration.pictures import palette
from orchestration.settings.paths import StateDir

LOOPBACK = "127.0.0.1"
# `app.py` stands alone in its folder, since Streamlit puts a script's folder before all modules.
SCRIPT = Path(__file__).parent / "script" / "app.py"
_OPTIONS: Mapping[str, str] = {
    "server.address": LOOPBACK,
    # There is no login, so there is no way to listen where others can reach it.
    "server.headless": "true",
    "server.fileWatcherType": "none",
    "server.enableStaticServing": "false",
    "browser.serverAddress": LOOPBACK,
    "browser.gatherUsageStats": "false",
    "client.toolbarMode": "minimal",
    "client.showErrorDetails": "none",
    "runner.magicEnabled": "false",
    "logger.level": "error",
    "theme.base": "light",
    "theme.primaryColor": palette.LINE,
    "theme.font": "system-ui, sans-serif",
}


def command(port: int) -> list[str]:
    """Return the command line of Streamlit."""
    options = [f"--{name}={value}" for name, value in _OPTIONS.items()]
    return [
        *(sys.executable, "-m", "streamlit", "run", str(SCRIPT)),
        *(f"--server.port={port}", *options),
    ]


def environment(state: StateDir, outside: Mapping[str, str]) -> dict[str, str]:
    """Return the environment in which the pages find the state directory."""
    return {**outside, "LIFECYCLE_STATE_DIR": str(state.root)}


def launch(state: StateDir, port: int) -> NoReturn:
    """Replace this process, so that Ctrl-C and signals reach Streamlit itself.

    Raises:
        SettingsError: when Streamlit is not installed, or somebody listens on that port.
    """
    if find_spec("streamlit") is None:
        text = "The dashboard needs Streamlit, which is not installed"
        raise SettingsError(f"{text}; pip install 'customer-lifecycle[dashboard]' brings it.")
    if _is_taken(port):
        raise SettingsError(f"Port {port} is taken; choose another one with --port.")
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    told = command(port)
    os.execve(told[0], told, environment(state, os.environ))  # noqa: S606


def _is_taken(port: int) -> bool:
    with socket.socket() as caller:
        return caller.connect_ex((LOOPBACK, port)) == 0
