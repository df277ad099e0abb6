"""How every benchmark is called, and the environments of libraries that the project does not need.

Belongs here: what the command lines share. Does not belong here: the shop that is measured
(`workload`).
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from tests.benchmarks.workload import CUSTOMERS, ROOT


def parser(description: str | None) -> argparse.ArgumentParser:
    """Return a parser of what a benchmark of one scale is told."""
    made = argparse.ArgumentParser(prog="make bench", description=description)
    made.add_argument("--scale", choices=list(CUSTOMERS), default="S")
    made.add_argument("--home", type=Path, help="where the shop is kept; default var/bench/SCALE")
    made.add_argument("--no-record", action="store_true", help="print, but write no result")
    return made


def home_of(given: argparse.Namespace) -> Path:
    """Return where the shop of the scale is kept."""
    home: Path = given.home or ROOT / "var" / "bench" / given.scale
    return home.resolve()


def environment(folder: Path, packages: Iterable[str]) -> Path:
    """Return the Python of an environment with these packages, made if it is not there."""
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *packages], check=True)
    return python
