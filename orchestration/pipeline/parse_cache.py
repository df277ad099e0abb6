"""What dbt made of the project's files, kept for the next state directory.

Belongs here: where the parsed project is kept, and under which name. Does not belong here: whether
it may be used; dbt compares the hash of every file, var and setting and parses what differs.

Parsing from nothing costs more than the rest of dbt's start together, and every fresh state
directory would pay it. Nothing depends on it: where it cannot be read or written, dbt parses.

dbt parses all of a project anew for other vars. Most of ours change what is compiled and nothing of
what is parsed, so what was parsed for others of them is told to be of these.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import pprint
import re
import shutil
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from platformdirs import user_cache_path

PARSED = "partial_parse.msgpack"  # dbt's own name in a target directory.
# What it is of: the name of its entry and when it was written. dbt by hand writes another one.
_PARSED_FOR = "parsed_for.txt"
# No reference, no config and no YAML asks for them; tests/pipeline/test_parse_of_vars.py parses.
COMPILED_VARS = frozenset(
    {"as_of_date", "known_at", "identity_as_of", "frameworks", "reporting_timezone"}
)
# As dbt packs the hash of its vars.
_HASH_OF_VARS = re.compile(
    rb"(?<=\xa9vars_hash\x82\xa4name\xa6sha256\xa8checksum\xd9@)[0-9a-f]{64}"
)


def cache_entry(project: Path, arguments: Mapping[str, str], root: Path | None = None) -> Path:
    """Return the file that keeps a project as parsed with `arguments`.

    Args:
        project: the dbt project directory.
        arguments: what a parse depends on beside the project's files: vars that are parsed, the
            seeds' directory.
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


def parsed_vars(dbt_vars: Mapping[str, object]) -> str:
    """Return the vars that a parse depends on, as text."""
    parsed = {name: value for name, value in dbt_vars.items() if name not in COMPILED_VARS}
    return json.dumps(parsed, sort_keys=True)


def restore(target: Path, entry: Path, dbt_vars: Mapping[str, object] | None = None) -> None:
    """Give a target directory that has no parsed project the kept one, if there is one.

    With vars, what is there is told to be of them, where that is known to be true.
    """
    parsed = target / PARSED
    with contextlib.suppress(OSError):
        if not parsed.exists():
            shutil.copyfile(entry, parsed)
            _note(target, entry)
        if dbt_vars is not None and (target / _PARSED_FOR).read_text() == _stamp(parsed, entry):
            packed = parsed.read_bytes()
            told = _HASH_OF_VARS.sub(hash_of_vars(dbt_vars).encode(), packed)
            if told != packed:
                parsed.write_bytes(told)
                _note(target, entry)


def hash_of_vars(dbt_vars: Mapping[str, object]) -> str:
    """Return what dbt compares; where it compares something else it parses anew, and is right."""
    text = "\0".join((pprint.pformat(dict(dbt_vars)), "", "", version("dbt-core")))
    return hashlib.sha256(text.encode()).hexdigest()


def keep(target: Path, entry: Path) -> None:
    """Keep what dbt parsed; a reader at the same time sees the old file or the new one."""
    parsed = target / PARSED
    unfinished = entry.with_name(f"{entry.name}.{os.getpid()}")
    with contextlib.suppress(OSError):
        _note(target, entry)
        if entry.exists() and entry.stat().st_mtime_ns >= parsed.stat().st_mtime_ns:
            return
        entry.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        shutil.copyfile(parsed, unfinished)
        unfinished.replace(entry)


def _note(target: Path, entry: Path) -> None:
    (target / _PARSED_FOR).write_text(_stamp(target / PARSED, entry))


def _stamp(parsed: Path, entry: Path) -> str:
    return f"{entry.name} {parsed.stat().st_mtime_ns}"
