"""One writer per state directory: an OS lock that dies with its holder.

Belongs here: taking, holding and describing the lock. Does not belong here: what is done under it.
The lock is the kernel's (`flock`), not the file: a killed holder frees it at once, and the file
that stays behind means nothing.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from orchestration.errors import BuildBusyError, StateDirError
from orchestration.settings.paths import StateDir

# A holder writes its name right after it took the lock; one that only looks (`holder`) lets go at
# once. Half a second covers both and leaves room in the 2 s that a refusal may take.
_PATIENCE_SECONDS = 0.5
_PAUSE_SECONDS = 0.05


@dataclass(frozen=True)
class Holder:
    """Who holds the build lock.

    Attributes:
        pid: process id; 0 when the holder has not written it yet.
        since: UTC time as text; blank when unknown.
    """

    pid: int
    since: str


@contextmanager
def build_lock(state: StateDir) -> Generator[None]:
    """Hold the build lock of the state directory while the block runs.

    Raises:
        BuildBusyError: within a second when another process holds it; says which and since when.
    """
    try:
        state.root.mkdir(parents=True, exist_ok=True)
        file = state.build_lock.open("a+", encoding="utf-8")
    except OSError as error:
        message = f"The state directory {state.root} cannot be written ({error.strerror})"
        raise StateDirError(f"{message}; name another one with --state-dir.") from None
    with file:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not _try_lock(file):
            if time.monotonic() > deadline:
                raise BuildBusyError(_refusal(state))
            time.sleep(_PAUSE_SECONDS)
        since = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        file.truncate(0)
        file.write(json.dumps({"pid": os.getpid(), "since": since}))
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)


def holder(state: StateDir) -> Holder | None:
    """Return who holds the build lock, or None when nobody does. Never waits."""
    try:
        file = state.build_lock.open("r", encoding="utf-8")
    except FileNotFoundError:
        return None
    with file:
        if _try_lock(file):
            return None
        return _described(state.build_lock)


def _try_lock(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _described(path: Path) -> Holder:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return Holder(pid=int(content["pid"]), since=str(content["since"]))
    except (OSError, ValueError, KeyError, TypeError):
        return Holder(pid=0, since="")


def _refusal(state: StateDir) -> str:
    found = _described(state.build_lock)
    who = f"process {found.pid} (since {found.since})" if found.pid else "another process"
    return (
        f"Another build is running in {state.root}: {who} holds {state.build_lock.name}; "
        "wait for it to end, or give this one a --state-dir of its own."
    )
