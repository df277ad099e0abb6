"""A disk of a few megabytes that is really full when it is full, where this account may mount one.

Belongs here: mounting, growing and unmounting it. Does not belong here: what is written there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(folder: Path, kilobytes: int) -> Generator[Path]:
    """Mount a tmpfs of that size; skip the test where that is not permitted."""
    folder.mkdir()
    size = f"size={kilobytes}k"
    if os.geteuid() != 0 or shutil.which("mount") is None or not _ran("mount", size, folder):
        pytest.skip("only an account that may mount a tmpfs can fill a disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)  # noqa: S607


def grow(folder: Path, kilobytes: int) -> None:
    """Free some: what was full has room again."""
    assert _ran("mount", f"remount,size={kilobytes}k", folder)


def _ran(command: str, options: str, folder: Path) -> bool:
    ran = subprocess.run(
        [command, "-t", "tmpfs", "-o", options, "tmpfs", str(folder)],
        capture_output=True,
        check=False,
    )
    return ran.returncode == 0
