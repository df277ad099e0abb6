"""What Jinja compiles the texts of a project to, kept for the next build.

Belongs here: the code of templates, by their text. Does not belong here: the parsed project
(`parse_cache`, which says where both are kept).

Jinja compiles 1,800 texts in a build and makes the same of them every time. What is kept is code of
Python's, which is run as it is: like Python's own it is taken only from the user.
"""

from __future__ import annotations

import marshal
import os
import stat
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import CodeType
from typing import Any

from dbt_common.clients.jinja import MacroFuzzEnvironment

from orchestration.pipeline import parse_cache

# What is compiled, and the code: of native values another code than of texts.
_Codes = dict[tuple[str, str], CodeType]
_compile: Any = MacroFuzzEnvironment.compile
_known: _Codes = {}
_used: _Codes = {}


def compile_once(
    self: MacroFuzzEnvironment, source: Any, *where: Any, **options: Any
) -> CodeType | str:
    """Return the code of a text, of a template that has neither name nor file."""
    if where or options or not isinstance(source, str):
        return _compile(self, source, *where, **options)
    key = (type(self).__name__, source)
    code = _known.get(key)
    if code is None:
        code = _compile(self, source)
    _used[key] = code
    return code


def is_of_user(path: Path) -> bool:
    """Whether a file or folder is the user's, and nobody else may write to it."""
    told = path.stat()
    return told.st_uid == os.geteuid() and not told.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


@contextmanager
def kept(path: Path) -> Generator[None]:
    """Know what an earlier process has compiled, and leave what this one has used."""
    with suppress(OSError, ValueError, EOFError, TypeError):
        if is_of_user(path) and is_of_user(path.parent):
            _known.update(marshal.loads(path.read_bytes()))  # noqa: S302 - of the user alone
    try:
        yield
    finally:
        if not _used.keys() <= _known.keys():
            parse_cache.write(path, marshal.dumps(_used))


REPLACED = ((MacroFuzzEnvironment, "compile", compile_once),)
