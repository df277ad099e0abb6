"""The published versions of a state directory, and the link that says which one readers see.

Belongs here: names and layout of versions, the atomic swap, old versions, rollback, leftovers of
killed publications. Does not belong here: writing a version (`publish`).

Readers go through the link `published/current`.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.errors import (
    PublishError,
    StateDirError,
    escaped,
    first_line,
    nearest,
    sentence,
    shown,
)
from orchestration.failpoints import reach
from orchestration.settings.paths import StateDir
from orchestration.version_files import damage

KEPT_VERSIONS = 5
DATABASE_NAME = "lifecycle.duckdb"
PARQUET_DIR = "parquet"
UNFINISHED_PREFIX = ".unfinished-"
# While this link exists, the version it names has its name but was never current.
_NEXT_LINK = ".next"
_ROLLBACK_LINK = ".rollback"
# What links lead to, as seen from the folder they lie in.
_TARGETS = Path("versions")


@dataclass(frozen=True)
class Published:
    """What readers see after a publication or a rollback.

    Attributes:
        version: name of the version directory.
        path: the version directory.
        rows: number of rows by mart; empty after a rollback.
    """

    version: str
    path: Path
    rows: dict[str, int]


def versions(state: StateDir) -> tuple[str, ...]:
    """Return the names of the kept versions, oldest first."""
    if not state.versions.is_dir():
        return ()
    found = (path for path in state.versions.iterdir() if path.is_dir())
    return tuple(sorted(path.name for path in found if not path.name.startswith(".")))


def current_version(state: StateDir) -> str | None:
    """Return the name of the version readers see, None when nothing is published."""
    return _version_behind(state.current)


def check_version(
    state: StateDir, version: str, only: Iterable[str] = (), *, thorough: bool = False
) -> None:
    """Hold a version against its manifest.

    Args:
        state: the state directory.
        version: name of the version.
        only: look at these of its files alone.
        thorough: read every byte, whatever sizes and times say.

    Raises:
        StateDirError: says what differs and both ways out.
    """
    found = damage(state.versions / version, only, thorough=thorough)
    if found:
        raise StateDirError(damaged(version, found))


def damaged(version: str, what: str) -> str:
    """Return the sentence that names a damaged version and both ways out."""
    text = f"The published version {shown(version)} was damaged or edited: {what}"
    return f"{text}; lifecycle build makes a new one, lifecycle rollback goes to an older one."


def rollback(state: StateDir, to: str = "previous") -> Published:
    """Make an older (or newer) kept version current. The caller holds the build lock.

    Args:
        state: the state directory.
        to: the name of a version, its build id, or `previous` for the one before the current.

    Raises:
        PublishError: when there is no such version or it cannot be read.
    """
    clean_up(state)
    kept, current = versions(state), current_version(state)
    listed = f"kept are {', '.join(map(escaped, kept))}."
    if not kept:
        raise PublishError(f"Nothing has been published in {state.published} yet.")
    if to == "previous":
        # Where none is current, the link to it was lost, and the newest is the one before.
        older = [name for name in kept if current is None or name < current]
        if not older:
            raise PublishError(f"There is no version before {current}; {listed}")
        version = older[-1]
    else:
        named = [name for name in kept if to in {name, name.partition("-")[2]}]
        if not named:
            text = sentence(f"The version {shown(to)} is not kept{nearest(to, kept)}")
            raise PublishError(f"{text} K{listed[1:]}")
        version = named[0]
    database = state.versions / version / DATABASE_NAME
    found = damage(state.versions / version, thorough=True)
    if found:
        text = f"The version {shown(version)} cannot be made current, it was damaged or edited"
        raise PublishError(f"{text}: {found}; {listed}")
    try:
        duckdb.connect(str(database), read_only=True).close()
        _replace_link(state.published / _ROLLBACK_LINK, _TARGETS / version, state.current)
        _ensure_database_link(state)
        flush_directory(state.published)
    except (OSError, duckdb.Error) as error:
        raise PublishError(f"{database} cannot be made current ({first_line(error)}).") from None
    return Published(version=version, path=state.versions / version, rows={})


def make_current(state: StateDir, unfinished: Path, version: str) -> None:
    """Give a finished version its name and let readers see it."""
    final = state.versions / version
    next_link = state.published / _NEXT_LINK
    next_link.symlink_to(_TARGETS / version)
    unfinished.rename(final)
    flush_directory(state.versions)
    reach("publish.renamed")
    _ensure_database_link(state)
    next_link.replace(state.current)
    flush_directory(state.published)
    reach("publish.linked")


def prune(state: StateDir) -> None:
    """Keep the newest versions and the current one; a reader keeps the files it has open."""
    kept = versions(state)
    for name in kept[:-KEPT_VERSIONS]:
        if name != current_version(state):
            shutil.rmtree(state.versions / name, ignore_errors=True)


def clean_up(state: StateDir) -> None:
    """Remove what killed publications left: hidden directories, and a version never current."""
    if not state.versions.is_dir():
        return
    next_link = state.published / _NEXT_LINK
    orphan = _version_behind(next_link)
    if orphan is not None and orphan != current_version(state):
        shutil.rmtree(state.versions / orphan, ignore_errors=True)
    for link in (next_link, state.published / _ROLLBACK_LINK):
        link.unlink(missing_ok=True)
    for path in state.versions.iterdir():
        if path.name.startswith(".") and path.is_dir():
            shutil.rmtree(path)
        elif path.name.startswith("."):  # Whoever looks through folders leaves such files in them.
            path.unlink()


def flush_directory(directory: Path) -> None:
    """Have the names in a directory on the disk when this returns."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _version_behind(link: Path) -> str | None:
    """Return the version that a link names; None for a link to anything else, or none at all."""
    try:
        target = link.readlink()
    except OSError:
        return None
    is_version = target.parent == _TARGETS and not target.name.startswith(".")
    return target.name if is_version else None


def _replace_link(temporary: Path, target: Path, link: Path) -> None:
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(target)
    temporary.replace(link)


def _ensure_database_link(state: StateDir) -> None:
    """Let `published/lifecycle.duckdb` point through `current`; it never changes afterwards."""
    target = Path("current") / DATABASE_NAME
    link = state.published_database
    if not (link.is_symlink() and link.readlink() == target):
        _replace_link(state.published / f"{_NEXT_LINK}-database", target, link)
