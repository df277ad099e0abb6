"""Who may read what lies in a state directory, and that nothing in it leads elsewhere.

Belongs here: modes, the umask of whoever writes there, links, pipes. Does not belong here: which
files there are (`settings/paths`), or what is in them.

What a build keeps for itself is its owner's alone. What it publishes is everybody's to read and
nobody's to write, though the state directory around it stays shut until its owner opens it.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from orchestration.errors import StateDirError, shown

PRIVATE_DIRECTORY = 0o700
# An owner's own choice: others may walk through to what is published, and list nothing.
PASSAGE = 0o711
PUBLIC_DIRECTORY = 0o755
PUBLIC_FILE = 0o444
_NOT_THE_OWNER = 0o077
# What ends so in a state directory is a file of a build.
_FILES = frozenset({".duckdb", ".json", ".jsonl", ".lock", ".wal"})
# The link to what readers see, which is replaced as a whole.
_CURRENT = "current"


@contextmanager
def writing_privately() -> Generator[None]:
    """Have whatever this process and its children make meanwhile be the owner's alone."""
    before = os.umask(_NOT_THE_OWNER)
    try:
        yield
    finally:
        os.umask(before)


def make_private(root: Path, public: Path) -> None:
    """Make a directory if need be, and shut it and what lies in it, but for the public part.

    What cannot be shut, such as a disk without modes, stays as it is; `lifecycle doctor` tells.

    Raises:
        OSError: the directory cannot be made.
    """
    root.mkdir(parents=True, exist_ok=True, mode=PRIVATE_DIRECTORY)
    mode = root.stat().st_mode
    # A directory that all may write to with care for each other, as /tmp, is not one's own.
    if not mode & stat.S_ISVTX and stat.S_IMODE(mode) != PASSAGE:
        _set_mode(root, PRIVATE_DIRECTORY)
    for entry in os.scandir(root):
        if entry.is_symlink() or Path(entry) == public:
            continue
        found = entry.stat(follow_symlinks=False).st_mode
        if found & _NOT_THE_OWNER:
            _set_mode(Path(entry), stat.S_IMODE(found) & ~_NOT_THE_OWNER)


def make_public(directory: Path) -> None:
    """Let everybody read a finished directory and all in it, and nobody write its files."""
    for path in (directory, *directory.rglob("*")):
        path.chmod(PUBLIC_DIRECTORY if path.is_dir() else PUBLIC_FILE)


def refuse_strangers(root: Path, public: Path) -> None:
    """Refuse a state directory in which something is not the file or folder that builds make.

    The public part has links to its own. Writing through any other would change, and cleaning up
    behind one remove, what lies elsewhere; and whoever opens a pipe waits.

    Raises:
        StateDirError: names what it is, and where a link leads.
    """
    for folder, folders, files in os.walk(root):
        for path in (Path(folder, name) for name in (*folders, *files)):
            what = _strange(path, root, public)
            if what:
                raise StateDirError(
                    f"{shown(str(path), 400)} is {what}, which no build has made; remove it, or "
                    "name another --state-dir."
                )


def _strange(path: Path, root: Path, public: Path) -> str:
    """Return what no build makes, for use inside a sentence; blank for a file or a folder."""
    try:
        mode = path.lstat().st_mode
        target = path.readlink() if stat.S_ISLNK(mode) else None
    except OSError:  # A build that runs has removed it.
        return ""
    if target is not None:
        is_own = path.parent == public and not target.is_absolute() and ".." not in target.parts
        return "" if is_own else f"a link (to {shown(str(target), 400)})"
    if stat.S_ISDIR(mode):
        # A copy that followed links made folders of them.
        if path == public / _CURRENT:
            return "a folder, no link to a version"
        return "a folder, no file" if path.parent == root and path.suffix in _FILES else ""
    if path == public:
        return "no folder"
    return "" if stat.S_ISREG(mode) else "a pipe, a socket or a device"


def _set_mode(path: Path, mode: int) -> None:
    with suppress(OSError):
        path.chmod(mode)
