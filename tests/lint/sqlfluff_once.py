"""sqlfluff without what it does again and again, and the collector of garbage seldom called.

Belongs here: what makes sqlfluff take less time over all files. Does not belong here: what it
finds; every argument goes to sqlfluff as it is.

For each file sqlfluff compiles all macros anew, a fifth of its time; each of three rules of layout
takes the whole file apart, an eighth; and its trees hold no garbage worth looking for as often as
Python does, which takes another fifth.
"""

from __future__ import annotations

import gc
import sys
from typing import Any

import jinja2
from sqlfluff.cli.commands import cli
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


def main() -> None:
    """Run sqlfluff's own command line."""
    gc.set_threshold(*_SELDOM)
    compile_once()
    take_apart_once()
    sys.exit(cli())


if __name__ == "__main__":
    main()
