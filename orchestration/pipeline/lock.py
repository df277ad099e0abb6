"""One writer per state directory: an OS lock that dies with its holder.

Belongs here: taking, holding and describing the lock. Does not belong here: what is done under it.
The lock is the kernel's (`filelock` over `flock`), not the file: a killed holder frees it at once,
and what the file says counts only while somebody holds it. Whoever may open the file could hold the
lock, be it only to read; so nobody but the owner may, and the directory is shut.
"""

from __future__ import annotations

import json
import os
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from filelock import FileLock, Timeout, lock_descriptor

from orchestration.errors import BuildBusyError, StateDirError
from orchestration.settings.paths import StateDir
from orchestration.small_files import json_of
from orchestration.state_modes import make_private, refuse_strangers, writing_privately

# A holder writes its name right after it took the lock; one that only looks (`holder`) lets go at
# once. Half a second covers both and leaves room in the 2 s that a refusal may take.
_PATIENCE_SECONDS = 0.5


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
    """Hold the build lock of the state directory while the block runs; what it writes is private.

    Raises:
        BuildBusyError: within a second when another process holds it; says which and since when.
        StateDirError: the directory cannot be written, or holds a link that no build made.
    """
    # A soft lock would outlive a killed holder; and Dagster may let go in another thread.
    lock = FileLock(state.build_lock, mode=0o600, thread_local=False, fallback_to_soft=False)
    try:
        make_private(state.root, state.published)
        refuse_strangers(state.root, state.published)
        lock.acquire(timeout=_PATIENCE_SECONDS)
    except Timeout:
        raise BuildBusyError(_refusal(state)) from None
    except OSError as error:
        message = f"The state directory {state.root} cannot be written ({error.strerror})"
        raise StateDirError(f"{message}; name another one with --state-dir.") from None
    since = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    try:
        state.build_lock.write_text(json.dumps({"pid": os.getpid(), "since": since}), "utf-8")
        with writing_privately():
            yield
    finally:
        with suppress(OSError):  # The next holder is not mistaken for this one while it begins.
            os.truncate(state.build_lock, 0)
        lock.release()


def holder(state: StateDir) -> Holder | None:
    """Return who holds the build lock, or None when nobody does. Never waits, never writes."""
    try:
        if not state.build_lock.is_file():  # A pipe would be waited for.
            return None
        file = state.build_lock.open("rb")
    except OSError:
        return None
    with file:
        free = lock_descriptor(file.fileno(), blocking=False)
        return None if free else _described(state)


def _described(state: StateDir) -> Holder:
    try:
        content = json_of(state.build_lock)
        return Holder(pid=int(content["pid"]), since=str(content["since"]))
    except (ValueError, KeyError, TypeError):
        return Holder(pid=0, since="")


def _refusal(state: StateDir) -> str:
    found = _described(state)
    who = f"process {found.pid} (since {found.since})" if found.pid else "another process"
    return (
        f"Another build is running in {state.root}: {who} holds {state.build_lock.name}; "
        "wait for it to end, or give this one a --state-dir of its own."
    )
