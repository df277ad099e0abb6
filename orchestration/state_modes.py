"""Who may read what lies in a state directory, and that nothing in it leads elsewhere.

Belongs here: modes, the umask of whoever writes there, links. Does not belong here: which files
there are (`settings/paths`), or what is in them.

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


def refuse_links(root: Path, public: Path) -> None:
    """Refuse a state directory with a link in it, but for those of the public part to its own.

    Writing through one would change, and cleaning up behind one remove, what lies elsewhere.

    Raises:
        StateDirError: names the link and where it leads.
    """
    for folder, folders, files in os.walk(root):
        for path in (Path(folder, name) for name in (*folders, *files)):
            if not path.is_symlink():
                continue
            target = path.readlink()
            if path.parent != public or target.is_absolute() or ".." in target.parts:
                raise StateDirError(
                    f"{shown(str(path), 400)} is a link (to {shown(str(target), 400)}), which no "
                    "build has made; remove it, or name another --state-dir."
                )


def _set_mode(path: Path, mode: int) -> None:
    with suppress(OSError):
        path.chmod(mode)
