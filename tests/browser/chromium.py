"""The browser that the tests in this folder drive.

Belongs here: finding it, starting it. Does not belong here: what is looked at.
"""

from __future__ import annotations

import os
import shutil
import socket

import pytest

ARGUMENTS = ("--headless", "--no-sandbox", "--disable-quic")


def chromium() -> str:
    """Return the path of Chromium; without one the test is skipped, or fails in CI."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found:
        return found
    message = "Chromium is not installed (Debian: apt-get install chromium)"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


def free_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
