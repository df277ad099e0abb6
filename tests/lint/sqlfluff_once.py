"""sqlfluff without what it does again and again, and the collector of garbage seldom called.

    python -m tests.lint.sqlfluff_once FOLDER ...     every file below, on all cores
    python -m tests.lint.sqlfluff_once lint FILE ...  sqlfluff's own command line

Belongs here: what makes sqlfluff take less time over all files. Does not belong here: what it
finds.

For each file sqlfluff compiles all macros anew, a fifth of its time; each of three rules of layout
takes the whole file apart, an eighth; nine rules look at each select, a tenth; and its trees hold
no garbage worth looking for as often as Python does, which takes another fifth. Its own processes
know nothing of this, and each sends the trees of its files to the first one, which costs as much
again: so each part of the files has a sqlfluff of its own.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jinja2
from sqlfluff.cli.commands import cli
from sqlfluff.utils.analysis import select
from sqlfluff.utils.reflow.sequence import ReflowSequence

_SELDOM = (200_000, 50, 100)


def compile_once() -> None:
    """Let jinja compile a text once: sqlfluff's environments are all alike, a text says it all."""
    compile_anew: Any = jinja2.Environment.compile
    compiled: dict[object, Any] = {}

    def compile_known(environment: jinja2.Environment, source: Any, *told: Any) -> Any:
        if not isinstance(source, str):
            return compile_anew(environment, source, *told)
        if (source, told) not in compiled:
            compiled[source, told] = compile_anew(environment, source, *told)
        return compiled[source, told]

    jinja2.Environment.compile = compile_known  # type: ignore[method-assign]


def take_apart_once() -> None:
    """Let rules of layout share what a file is taken apart into; none of them changes it."""
    take_apart: Any = ReflowSequence.from_root
    last: list[Any] = [None, None]

    def take_apart_known(root_segment: Any, config: Any) -> Any:
        if root_segment is not last[0]:
            last[:] = root_segment, take_apart(root_segment, config)
        return last[1]

    ReflowSequence.from_root = staticmethod(take_apart_known)  # type: ignore[method-assign]


def look_at_selects_once() -> None:
    """Let rules share what a select names and reads; each adds to lists of its own."""
    look: Any = select.get_select_statement_info

    def look_known(segment: Any, dialect: Any, early_exit: bool = True) -> Any:
        seen = vars(segment).setdefault("seen", {})
        if early_exit not in seen:
            seen[early_exit] = look(segment, dialect, early_exit)
        found = seen[early_exit]
        return found and type(found)(found[0], *map(list, found[1:]))

    select.get_select_statement_info = look_known  # before the rules are imported, which name it


def lint_on_all_cores(folders: Sequence[str]) -> int:
    """Lint every file below some folders; return the exit code, the worst of all parts."""
    files = sorted(str(path) for folder in folders for path in Path(folder).rglob("*.sql"))
    cores = os.cpu_count() or 1
    command = (sys.executable, "-m", "tests.lint.sqlfluff_once", "lint", "--disable-progress-bar")
    running = [
        subprocess.Popen([*command, "--processes", "1", *part])
        for part in (files[core::cores] for core in range(cores))
        if part
    ]
    return max((one.wait() for one in running), default=2)


def main() -> None:
    """Lint folders, or run sqlfluff's own command line."""
    if all(Path(word).is_dir() for word in sys.argv[1:]):
        sys.exit(lint_on_all_cores(sys.argv[1:]))
    gc.set_threshold(*_SELDOM)
    compile_once()
    take_apart_once()
    look_at_selects_once()
    sys.exit(cli())


if __name__ == "__main__":
    main()
