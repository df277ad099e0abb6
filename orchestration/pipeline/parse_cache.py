"""What dbt made of the project's files, kept for the next state directory.

Belongs here: where the parsed project is kept, and under which name. Does not belong here: whether
it may be used; dbt compares the hash of every file, var and setting and parses what differs.

Parsing from nothing costs more than the rest of dbt's start together, and every fresh state
directory would pay it. Nothing depends on it: where it cannot be read or written, dbt parses.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

# What is enabled, and where raw tables lie; every other var is read when a node is run.
READ_BY_PARSING = ("allow_missing_rates", "raw_database", "raw_schema")
PARSED = "partial_parse.msgpack"  # dbt's own name in a target directory.


def vars_that_parsing_reads(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of the given vars that the parsed project depends on."""
    return {name: given[name] for name in READ_BY_PARSING if name in given}


def cache_entry(project: Path, arguments: Mapping[str, str], root: Path | None = None) -> Path:
    """Return the file that keeps a project as parsed with `arguments`.

    Args:
        project: the dbt project directory.
        arguments: what a parse depends on beside the project's files: vars, the seeds' directory.
        root: the cache directory; default: the user's.
    """
    digest = hashlib.sha256()
    for part in (
        str(project),
        version("dbt-core"),
        version("dbt-duckdb"),
        *sorted(arguments.items()),
    ):
        digest.update(f"{part}\0".encode())
    folder = user_cache_path("customer-lifecycle") if root is None else root
    return folder / "parsed" / f"{digest.hexdigest()[:32]}.msgpack"


def restore(target: Path, entry: Path) -> None:
    """Give a target directory that has no parsed project the kept one, if there is one."""
    parsed = target / PARSED
    if not parsed.exists():
        with contextlib.suppress(OSError):
            shutil.copyfile(entry, parsed)


def keep(target: Path, entry: Path) -> None:
    """Keep what dbt parsed; a reader at the same time sees the old file or the new one."""
    parsed = target / PARSED
    unfinished = entry.with_name(f"{entry.name}.{os.getpid()}")
    with contextlib.suppress(OSError):
        if entry.exists() and entry.stat().st_mtime_ns >= parsed.stat().st_mtime_ns:
            return
        entry.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        shutil.copyfile(parsed, unfinished)
        unfinished.replace(entry)
