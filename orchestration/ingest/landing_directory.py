"""What lies in a landing directory: which file feeds which raw table.

Belongs here: names, extensions, what is ignored and why, what a required table lacks.
Does not belong here: opening a file; a name decides everything in this module.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from orchestration.errors import InputError, nearest, sentence, shown
from orchestration.ingest.raw_contract import Contract

Format = Literal["parquet", "csv", "jsonl", "spreadsheet"]

# Longest first: `.csv.gz` is not an extension `.gz`.
EXTENSIONS: dict[str, tuple[Format, bool]] = {
    ".jsonl.gz": ("jsonl", True),
    ".csv.gz": ("csv", True),
    ".parquet": ("parquet", False),
    ".jsonl": ("jsonl", False),
    ".json": ("jsonl", False),
    ".csv": ("csv", False),
    ".xlsx": ("spreadsheet", False),
    ".xls": ("spreadsheet", False),
    ".ods": ("spreadsheet", False),
}
# What a spreadsheet holds is refused with the way out; nobody is told to deliver one.
ACCEPTED = tuple(
    sorted(extension[1:] for extension, (kind, _) in EXTENSIONS.items() if kind != "spreadsheet")
)
_HIDDEN = "its name starts with a dot"
_UNDERSCORE = "its name starts with an underscore"
_UNFINISHED = "its name says that it is being written"
_CHECKSUM = "it is a checksum of another file"
_NOT_TEXT = "its name is not valid UTF-8; rename it"
_NO_FILE = "it is a pipe, a device or a socket, not a file"
# What shops and spreadsheets call text whose columns are parted by tabs.
_TEXTS = frozenset({".txt", ".tsv", ".tab"})
_LETTER = re.compile(r"[^\W\d_]")


# More names than this help nobody.
_NAMED = 5


@dataclass(frozen=True, order=True)
class LandingFile:
    """One file that feeds a raw table.

    Attributes:
        table: the raw table.
        name: path relative to the landing directory, with `/` between folders.
        path: the file.
        format: what the extension says.
        is_gzip: whether the extension ends in `.gz`.
    """

    table: str
    name: str
    path: Path
    format: Format
    is_gzip: bool


@dataclass(frozen=True, order=True)
class IgnoredFile:
    """A file or folder that feeds nothing.

    Attributes:
        name: path relative to the landing directory, with `/` between folders.
        reason: the end of a sentence that begins with the name and "is ignored because".
    """

    name: str
    reason: str


@dataclass(frozen=True)
class Landing:
    """Everything in a landing directory, both lists in order of table and name."""

    files: tuple[LandingFile, ...]
    ignored: tuple[IgnoredFile, ...]


def discover(raw_dir: Path, contract: Contract) -> Landing:
    """List the files of a landing directory.

    Names and extensions are compared without case. Links are followed, once each.

    Raises:
        InputError: `raw_dir` is no directory that can be read.
    """
    if not raw_dir.is_dir():
        message = (
            f"{raw_dir} is not a directory; name the directory with the landing files "
            "(--raw-dir or LIFECYCLE_RAW_DIR)."
        )
        raise InputError(message)
    files: list[LandingFile] = []
    ignored: list[IgnoredFile] = []
    for entry in _entries(raw_dir):
        reason = _ignored_by_name(entry.name)
        if reason is not None:
            ignored.append(IgnoredFile(_shown_name(entry.name), reason))
        elif entry.is_dir():
            table = entry.name.casefold()
            if table in contract.table_names:
                _walk(raw_dir, entry, table, files, ignored, {entry.resolve()})
            else:
                hint = nearest(entry.name, contract.table_names)
                ignored.append(IgnoredFile(entry.name, f"no raw table has this name{hint}"))
        else:
            stem = _stem(entry.name)
            table = table_of(stem, contract)
            if stem != entry.name and table is None:
                hint = nearest(stem, contract.table_names)
                ignored.append(IgnoredFile(entry.name, f"no raw table is called {stem}{hint}"))
            else:
                _add_file(raw_dir, entry, table or stem, files, ignored)
    return Landing(tuple(sorted(files)), tuple(sorted(ignored)))


def table_of(stem: str, contract: Contract) -> str | None:
    """Return the table that a file's name stands for: `orders_2026-03-02`, `orders (1)`; else None.

    What follows the table's name begins with no letter.
    """
    folded = stem.casefold()
    for table in sorted(contract.table_names, key=len, reverse=True):
        if folded.startswith(table) and not _LETTER.match(folded[len(table) :]):
            return table
    return None


def require_tables(
    landing: Landing, contract: Contract, fed_before: Collection[str], raw_dir: Path
) -> None:
    """Refuse a landing directory with neither of the tables of which one is required.

    Args:
        landing: what lies there.
        contract: says which tables are required.
        fed_before: tables that files have fed in earlier runs; their files may be gone.
        raw_dir: named in the message.

    Raises:
        InputError: what was looked for, and what lies there instead.
    """
    present = {file.table for file in landing.files} | set(fed_before)
    names = [table.name for table in contract.tables if not table.is_optional]
    if present.intersection(names):
        return
    asked = [f"{name}.<ext> or a folder {name}/" for name in names]
    problem = (
        f"{raw_dir} holds no file for {' or '.join(names)}, one of which is required; add "
        f"{', or '.join(asked)} (ext: {', '.join(ACCEPTED)})"
    )
    # Only a file that a name rule left out, not `_truth`, can be meant for a table.
    close = [one for one in landing.ignored if any(name in one.name.casefold() for name in names)]
    unread = [one for one in landing.ignored if one.name.casefold().endswith(ACCEPTED)]
    if unread:
        listed = ", ".join(shown(one.name) for one in unread[:_NAMED])
        problem += f"; or say in sources.yml how to read {listed} (lifecycle init drafts it)"
    told = [problem, *(f"{shown(one.name)} is ignored because {one.reason}" for one in close)]
    raise InputError("\n".join(map(sentence, told)))


def _entries(folder: Path) -> Iterator[Path]:
    with os.scandir(folder) as entries:
        names = sorted(entry.name for entry in entries)
    for name in names:
        yield folder / name


def _walk(
    raw_dir: Path,
    folder: Path,
    table: str,
    files: list[LandingFile],
    ignored: list[IgnoredFile],
    seen: set[Path],
) -> None:
    for entry in _entries(folder):
        name = entry.relative_to(raw_dir).as_posix()
        reason = _ignored_by_name(entry.name)
        if reason is not None:
            ignored.append(IgnoredFile(_shown_name(name), reason))
        elif not entry.is_dir():
            _add_file(raw_dir, entry, table, files, ignored)
        elif entry.resolve() in seen:
            ignored.append(IgnoredFile(name, "it links to a folder that is read already"))
        else:
            seen.add(entry.resolve())
            _walk(raw_dir, entry, table, files, ignored, seen)


def _add_file(
    raw_dir: Path,
    path: Path,
    table: str,
    files: list[LandingFile],
    ignored: list[IgnoredFile],
) -> None:
    name = path.relative_to(raw_dir).as_posix()
    stem = _stem(path.name)
    if not is_readable(path):
        ignored.append(IgnoredFile(name, _NO_FILE))
        return
    if stem == path.name:
        way_out = f"; if it is a table, call it {path.stem}.csv" if _is_text(path) else ""
        reason = f"its extension is none of {', '.join(ACCEPTED)}{way_out}"
        ignored.append(IgnoredFile(name, reason))
        return
    kind, is_gzip = EXTENSIONS[path.name[len(stem) :].casefold()]
    files.append(LandingFile(table, name, path, kind, is_gzip))


def is_readable(path: Path) -> bool:
    """Say whether opening a path returns at once: a pipe would wait for a writer for ever.

    A link to nothing counts as a file, which is then refused because it cannot be opened.
    """
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except OSError:
        return True


def _is_text(path: Path) -> bool:
    return path.suffix.casefold() in _TEXTS


def _stem(name: str) -> str:
    """Return the name without its known extension; the name itself if it has none."""
    for extension in EXTENSIONS:
        if name.casefold().endswith(extension) and len(name) > len(extension):
            return name[: -len(extension)]
    return name


def _ignored_by_name(name: str) -> str | None:
    if name.startswith("."):
        return _HIDDEN
    if name.startswith("_"):
        return _UNDERSCORE
    if not name.isprintable() and any("\udc80" <= character <= "\udcff" for character in name):
        return _NOT_TEXT
    folded = name.casefold()
    if folded.endswith(".tmp"):
        return _UNFINISHED
    if folded.endswith(".crc"):
        return _CHECKSUM
    return None


def _shown_name(name: str) -> str:
    """Return a name that can be printed and stored, whatever bytes it was made of."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")
