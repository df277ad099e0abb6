"""The manifest of a version: its files by size, time and checksum, its marts by their content.

Belongs here: writing a manifest, and holding the files against it. Does not belong here: which
version is current (`versions`), or copying marts (`publish`).

Bytes are read where a size or a time says that they may have changed, or where somebody asks.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

from orchestration.checksums import sha256_of
from orchestration.errors import shown
from orchestration.small_files import json_of

MANIFEST_NAME = "manifest.json"
_NAMED = 3


@dataclass(frozen=True)
class FileEntry:
    """One file as it was published: size in bytes, time of the last change, SHA-256."""

    size: int
    modified_ns: int
    sha256: str


@dataclass(frozen=True)
class MartEntry:
    """One mart as it was published.

    Attributes:
        rows: number of rows.
        content: sum of the hashes of all rows, as text, since JSON has no such integers.
        shape: names and types of the columns, in order, and what the rows are ordered by.
    """

    rows: int
    content: str
    shape: str


@dataclass(frozen=True)
class Manifest:
    """What a version holds: files by path below it, marts by name."""

    files: Mapping[str, FileEntry]
    marts: Mapping[str, MartEntry]


def write_manifest(
    version: Path, marts: Mapping[str, MartEntry], known: Mapping[str, str] | None = None
) -> None:
    """Write the manifest of a version whose files are complete.

    Args:
        version: its directory.
        marts: its marts.
        known: SHA-256 of files that have just been read, by path below the version.
    """
    checksums = known or {}
    files = {
        name: FileEntry(
            size=found.st_size,
            modified_ns=found.st_mtime_ns,
            sha256=checksums.get(name) or sha256_of(version / name),
        )
        for name in _names(version)
        for found in (version.joinpath(name).stat(),)
    }
    (version / MANIFEST_NAME).unlink(missing_ok=True)
    content = json.dumps(asdict(Manifest(files, marts)), indent=1, sort_keys=True)
    (version / MANIFEST_NAME).write_text(content + "\n", encoding="utf-8")


def read_manifest(version: Path) -> Manifest | None:
    """Return the manifest of a version; None where there is none that can be read."""
    content = cast("dict[str, dict[str, dict[str, Any]]]", json_of(version / MANIFEST_NAME))
    try:
        return Manifest(
            files={name: FileEntry(**entry) for name, entry in content["files"].items()},
            marts={name: MartEntry(**entry) for name, entry in content["marts"].items()},
        )
    except (KeyError, TypeError, AttributeError):
        return None


def damage(version: Path, only: Iterable[str] = (), *, thorough: bool = False) -> str:
    """Return what differs from the manifest, for use inside a sentence; blank if nothing does.

    Args:
        version: directory of the version.
        only: look at these files alone; default: all, also at those that should not be there.
        thorough: read every byte, not only those of files whose time has changed.
    """
    manifest = read_manifest(version)
    if manifest is None:
        is_there = (version / MANIFEST_NAME).exists()
        return f"its {MANIFEST_NAME} {'cannot be read' if is_there else 'is missing'}"
    asked = sorted(only)
    told = [
        f"{shown(name)} {what}"
        for name in asked or sorted(manifest.files)
        if name in manifest.files
        and (what := _difference(version / name, manifest.files[name], thorough))
    ]
    strangers = sorted(set(asked or _names(version)) - manifest.files.keys())
    told += [f"{shown(name)} was not published with it" for name in strangers]
    more = f" and {len(told) - _NAMED:,} more" if len(told) > _NAMED else ""
    return ", ".join(told[:_NAMED]) + more


def _difference(path: Path, entry: FileEntry, thorough: bool) -> str:
    try:
        if path.is_symlink():
            return "is a link"
        found = path.stat()
        if found.st_size != entry.size:
            return f"has {found.st_size:,} bytes, not {entry.size:,}"
        # A copy of a state directory has other times and the same bytes.
        same_time = found.st_mtime_ns == entry.modified_ns
        if (thorough or not same_time) and sha256_of(path) != entry.sha256:
            return "has other bytes than were published"
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    return ""


def _names(version: Path) -> list[str]:
    """Return the files of a version by their path below it, without its manifest."""
    found = (path for path in version.rglob("*") if path.is_symlink() or not path.is_dir())
    names = sorted(path.relative_to(version).as_posix() for path in found)
    return [name for name in names if name != MANIFEST_NAME]
