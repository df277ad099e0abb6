"""The first rows of a landing file as they stand there, whatever its format.

Belongs here: opening text of any encoding, the line of names, the first values as text. Does not
belong here: what names or values mean, and reading a file whole (formats).
"""

from __future__ import annotations

import contextlib
import csv
import gzip
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import IO, Any, cast

import duckdb

from orchestration.ingest.formats.json_text import wrapped_array
from orchestration.ingest.formats.landed_file import path_literal
from orchestration.ingest.landing_directory import LandingFile, is_readable
from orchestration.safe_json import parsed as parsed_json

# Columns that BigQuery and most JSON writers leave out where they are null appear within these.
SAMPLED_ROWS = 1000
# What a damaged file may answer to somebody who only looks at its beginning.
UNREADABLE = (OSError, EOFError, zlib.error, UnicodeError, csv.Error, duckdb.Error, IndexError)
_DELIMITERS = (",", ";", "\t", "|")
_MAX_HEADER_CHARACTERS = 1 << 20
# Of one JSON line; longer ones hold data that no header needs.
_MAX_LINE_CHARACTERS = 1 << 22
# Of a whole JSON text, which may be what a small archive unpacks to.
_MAX_TEXT_CHARACTERS = 1 << 28
# What a nested value is called: `properties.time`.
NESTED = "."


def open_text(file: LandingFile, encoding: str | None = None) -> IO[str]:
    """Open a text file, in the encoding that its first bytes tell unless one is given."""
    encoding = encoding or _encoding_of(file)
    if not file.is_gzip:
        return file.path.open(encoding=encoding, errors="replace", newline="")
    return TextIOWrapper(
        cast("IO[bytes]", gzip.open(file.path)), encoding=encoding, errors="replace", newline=""
    )


def csv_names(source: IO[str], delimiter: str | None = None) -> tuple[list[str], str] | None:
    """Read the line of names of a CSV text, and what parts them; None if there is none."""
    while line := source.readline(_MAX_HEADER_CHARACTERS):
        told = line.strip().casefold().startswith("sep=")
        if line.strip("\r\n\t ,;") and not told:
            break
    else:
        return None
    choices = (delimiter,) if delimiter else _DELIMITERS
    parted = [(_fields(line, choice), choice) for choice in choices]
    return max(parted, key=lambda names: len(names[0]))


def json_objects(source: IO[str]) -> list[dict[str, Any]]:
    """Read the first objects of a JSON text, one per line or in one array."""
    first = source.read(1)
    while first and first.isspace():
        first = source.read(1)
    if not first:
        return []
    line = first + source.readline(_MAX_LINE_CHARACTERS)
    parsed: Any = _parsed(line)
    if isinstance(parsed, dict) and not wrapped_array(parsed):
        lines = iter(lambda: source.readline(_MAX_LINE_CHARACTERS), "")
        rest = map(_parsed, islice(lines, SAMPLED_ROWS - 1))
        return _objects([cast("Any", parsed), *rest])
    if parsed is None:
        parsed = _parsed(line + source.read(_MAX_TEXT_CHARACTERS))
    document = cast("Any", parsed)
    if isinstance(document, list):
        return _objects(cast("list[Any]", document)[:SAMPLED_ROWS])
    return _objects((wrapped_array(document) or [document])[:SAMPLED_ROWS])


def first_rows(
    connection: duckdb.DuckDBPyConnection, file: LandingFile, encoding: str | None = None
) -> list[dict[str, str]]:
    """Return the first rows as text by the file's names, blanks left out, as far as it can be read.

    What lies within an object or a JSON text is there too, under both names parted by a point.
    """
    found: list[dict[str, str]] = []
    with contextlib.suppress(*UNREADABLE):
        found.extend(map(_texts, islice(_rows(connection, file, encoding), SAMPLED_ROWS)))
    return found


def _rows(
    connection: duckdb.DuckDBPyConnection, file: LandingFile, encoding: str | None
) -> Iterator[Mapping[str, Any]]:
    if file.format == "parquet":
        rows = connection.execute(
            f"select to_json(landed) from read_parquet({path_literal(file.path)}) as landed "
            f"limit {SAMPLED_ROWS}"
        ).fetchall()
        yield from (parsed_json(str(row[0])) for row in rows)
        return
    if not is_readable(file.path):
        return
    with open_text(file, encoding) as source:
        if file.format == "csv":
            told = csv_names(source)
            if told is not None:
                # As DictReader has it, a row may be longer or shorter than the line of names.
                names = [name.strip() for name in told[0]]
                for row in csv.reader(source, delimiter=told[1], skipinitialspace=True):
                    yield dict(zip(names, row, strict=False))
        elif file.format == "jsonl":
            yield from json_objects(source)


def _texts(row: Mapping[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in row.items():
        found |= _text(name, value)
        within: Any = value
        if isinstance(value, str) and value.startswith("{"):
            within = _parsed(value)
        if isinstance(within, dict):
            for key, inner in cast("dict[str, Any]", within).items():
                found |= _text(f"{name}{NESTED}{key}", inner)
    return found


def _text(name: str, value: object) -> dict[str, str]:
    text = value if isinstance(value, str) else json.dumps(value)
    return {} if value is None or not text.strip() else {name: text.strip()}


def _encoding_of(file: LandingFile) -> str:
    with gzip.open(file.path) if file.is_gzip else Path(file.path).open("rb") as source:
        mark = source.read(2)
    return "utf-16" if mark in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"


def _fields(line: str, delimiter: str) -> list[str]:
    nothing: list[str] = []
    return next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), nothing)


def _parsed(text: str) -> Any:
    try:
        return parsed_json(text)
    except ValueError:
        return None


def _objects(documents: Iterable[Any]) -> list[dict[str, Any]]:
    return [cast("dict[str, Any]", one) for one in documents if isinstance(one, dict)]
