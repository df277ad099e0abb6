"""Rows as files that other tools read, inert in a spreadsheet.

Belongs here: CSV, JSON and JSON lines of rows, and what a cell must not begin with. Does not belong
here: which rows.
"""

from __future__ import annotations

import csv
import json
import os
import re
import stat
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

from orchestration.errors import SettingsError

# The same signs as wide as a Chinese character, which some spreadsheets take for them.
_WIDE = ("\uff1d", "\uff0b", "\uff0d", "\uff20")
_NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
# A spreadsheet takes a cell that begins so for a formula, whatever stands behind blanks.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", *_WIDE)


def inert(value: object) -> object:
    """Return a cell that no spreadsheet computes: a text that would is led by an apostrophe."""
    if not isinstance(value, str) or _NUMBER.fullmatch(value):
        return value
    begins_so = value.startswith(_FORMULA) or value.lstrip().startswith(_FORMULA)
    return f"'{value}" if begins_so else value


def write_csv(out: IO[str], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write a header and the rows; an unknown value is an empty cell."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([inert(value) for value in row] for row in rows)


def write_json(out: IO[str], told: object) -> None:
    """Write one JSON document for people and machines."""
    json.dump(told, out, ensure_ascii=False, indent=2, default=as_json)
    out.write("\n")


def write_jsonl(out: IO[str], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write one JSON object a line."""
    for named in as_objects(columns, rows):
        json.dump(named, out, ensure_ascii=False, default=as_json)
        out.write("\n")


def as_objects(
    columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> Iterator[Mapping[str, Any]]:
    """Yield each row by column."""
    for row in rows:
        yield dict(zip(columns, row, strict=True))


def as_json(value: object) -> object:
    """Return what stands for a value that JSON does not know."""
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(type(value).__name__)


@contextmanager
def private_file(path: Path) -> Generator[IO[str]]:
    """Write a text file as a whole for its owner alone; what is there is replaced at the end."""
    with (
        replaced_at_the_end(path) as unfinished,
        unfinished.open("w", encoding="utf-8", newline="") as out,
    ):
        yield out


@contextmanager
def replaced_at_the_end(path: Path) -> Generator[Path]:
    """Give a name beside a file to write to, 0600 once it takes the file's place.

    Raises:
        SettingsError: what is there is no file; taking the place of a device would remove it.
    """
    if os.path.lexists(path) and not stat.S_ISREG(path.lstat().st_mode):
        raise SettingsError(f"{path} is no file that could be replaced; name another with --out.")
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        # Made first, so that nobody else can open what is being written.
        os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        yield unfinished
        unfinished.chmod(0o600)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
