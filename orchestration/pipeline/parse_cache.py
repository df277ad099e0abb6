"""What dbt made of the project's files, kept for the next state directory.

Belongs here: where the parsed project and compiled templates are kept, and under which name. Does
not belong here: whether the former may be used; dbt compares the hash of every file, var and
setting and parses what differs.

Parsing from nothing costs more than the rest of dbt's start together, and every fresh state
directory would pay it. Nothing depends on it: where it cannot be read or written, dbt parses.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import sys
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
    return _folder(root) / f"{digest.hexdigest()[:32]}.msgpack"


def compiled_templates(root: Path | None = None) -> Path:
    """Return the file that keeps what this Python's Jinja compiles texts to."""
    made_by = (sys.implementation.cache_tag, version("jinja2"), version("dbt-common"))
    return _folder(root) / f"templates-{'-'.join(map(str, made_by))}.marshal"


def _folder(root: Path | None) -> Path:
    return (user_cache_path("customer-lifecycle") if root is None else root) / "parsed"


def restore(target: Path, entry: Path) -> None:
    """Give a target directory that has no parsed project the kept one, if there is one."""
    parsed = target / PARSED
    if not parsed.exists():
        with contextlib.suppress(OSError):
            shutil.copyfile(entry, parsed)


def keep(target: Path, entry: Path) -> None:
    """Keep what dbt parsed."""
    parsed = target / PARSED
    with contextlib.suppress(OSError):
        if not entry.exists() or entry.stat().st_mtime_ns < parsed.stat().st_mtime_ns:
            write(entry, parsed.read_bytes())


def write(entry: Path, content: bytes) -> None:
    """Write a kept file; a reader at the same time sees the old one or the new one."""
    unfinished = entry.with_name(f"{entry.name}.{os.getpid()}")
    with contextlib.suppress(OSError):
        entry.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        unfinished.write_bytes(content)
        unfinished.replace(entry)
