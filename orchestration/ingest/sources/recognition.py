"""Which layout a landing file has, told by its column names alone, whatever the file is called.

Belongs here: reading the names of a file's columns, and the one decision which adapter fits them.
Does not belong here: what a user wrote in sources.yml, and reading rows.
"""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import IO, Any, cast

import duckdb

from orchestration.ingest.column_names import fold_name
from orchestration.ingest.contract import Contract
from orchestration.ingest.formats.json_text import wrapped_array
from orchestration.ingest.formats.landed_file import path_literal
from orchestration.ingest.formats.read_parquet import top_level_names
from orchestration.ingest.landing_directory import LandingFile, is_readable
from orchestration.ingest.sources.adapter import Adapter, Layout, Role
from orchestration.safe_json import parsed as parsed_json

# Columns that BigQuery and most JSON writers leave out where they are null appear within these.
SAMPLED_OBJECTS = 1000
_DELIMITERS = (",", ";", "\t", "|")
_MAX_HEADER_CHARACTERS = 1 << 20
# Of one JSON line; longer ones hold data that no header needs.
_MAX_LINE_CHARACTERS = 1 << 22
# Of a whole JSON text, which may be what a small archive unpacks to.
_MAX_TEXT_CHARACTERS = 1 << 28


@dataclass(frozen=True)
class Header:
    """The column names of a file.

    Attributes:
        names: as the file spells them, in its order.
    """

    names: tuple[str, ...]

    @property
    def folded(self) -> frozenset[str]:
        """The names as they are compared."""
        return frozenset(fold_name(name) for name in self.names)


@dataclass(frozen=True)
class Match:
    """An adapter that fits a file, and as which of its roles."""

    adapter: Adapter
    role: Role
    layout: Layout


class AmbiguousLayoutError(Exception):
    """Two adapters fit and neither asks for more than the other; `matches` holds both."""

    def __init__(self, matches: tuple[Match, ...]) -> None:
        """Keep the matches for whoever words the sentence."""
        super().__init__(", ".join(match.adapter.name for match in matches))
        self.matches = matches


def read_header(
    connection: duckdb.DuckDBPyConnection,
    file: LandingFile,
    *,
    delimiter: str | None = None,
    encoding: str | None = None,
) -> Header | None:
    """Read the column names of a file; None if it has none that can be read.

    A damaged file is no error here: whoever loads it says what is wrong with it.
    """
    try:
        if file.format == "parquet":
            rows = connection.execute(
                f"select name, num_children from parquet_schema({path_literal(file.path)})"
            ).fetchall()
            return Header(tuple(top_level_names(rows)))
        if file.format == "spreadsheet" or not is_readable(file.path):
            return None
        with _open_text(file, encoding or _encoding_of(file)) as source:
            if file.format == "csv":
                return _csv_header(source, delimiter)
            return _json_header(source)
    except (OSError, EOFError, zlib.error, UnicodeError, csv.Error, duckdb.Error, IndexError):
        return None


def has_contract_shape(file: LandingFile, header: Header, contract: Contract) -> bool:
    """Say whether a file has every column that the table of its name requires."""
    if file.table not in contract.table_names:
        return False
    table = contract.table(file.table)
    names = header.folded
    required = (column.name in names for column in table.columns if column.required)
    groups = (any(name in names for name in group) for group in table.one_of)
    return all(required) and all(groups)


def recognise(header: Header, adapters: Mapping[str, Adapter]) -> Match | None:
    """Return the adapter that fits a header best; None if none does.

    The one that asks for a true superset wins; within a family the first by name.

    Raises:
        AmbiguousLayoutError: two fit, neither asks for more, and they are of different families.
    """
    names = header.folded
    fitting = [
        Match(adapter, role, layout)
        for adapter in adapters.values()
        for role in adapter.roles.values()
        if (layout := role.fitting(names)) is not None and layout.must
    ]
    best = [
        match
        for match in fitting
        if not any(set(other.layout.must) > set(match.layout.must) for other in fitting)
    ]
    if len({match.adapter.family for match in best}) > 1:
        raise AmbiguousLayoutError(tuple(best))
    return best[0] if best else None


def _open_text(file: LandingFile, encoding: str) -> IO[str]:
    if not file.is_gzip:
        return file.path.open(encoding=encoding, errors="replace", newline="")
    return TextIOWrapper(
        cast("IO[bytes]", gzip.open(file.path)), encoding=encoding, errors="replace", newline=""
    )


def _encoding_of(file: LandingFile) -> str:
    with gzip.open(file.path) if file.is_gzip else Path(file.path).open("rb") as source:
        mark = source.read(2)
    return "utf-16" if mark in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"


def _csv_header(source: IO[str], delimiter: str | None) -> Header | None:
    while line := source.readline(_MAX_HEADER_CHARACTERS):
        told = line.strip().casefold().startswith("sep=")
        if line.strip("\r\n\t ,;") and not told:
            break
    else:
        return None
    choices = (delimiter,) if delimiter else _DELIMITERS
    fields = max((_fields(line, choice) for choice in choices), key=len)
    return Header(tuple(name.strip() for name in fields if name.strip()))


def _fields(line: str, delimiter: str) -> list[str]:
    nothing: list[str] = []
    return next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), nothing)


def _json_header(source: IO[str]) -> Header | None:
    first = source.read(1)
    while first and first.isspace():
        first = source.read(1)
    if not first:
        return None
    line = first + source.readline(_MAX_LINE_CHARACTERS)
    parsed: Any = _parsed(line)
    if isinstance(parsed, dict) and not wrapped_array(parsed):
        rest = (_parsed(source.readline(_MAX_LINE_CHARACTERS)) for _ in range(SAMPLED_OBJECTS - 1))
        return _keys([cast("Any", parsed), *rest])
    if parsed is None:
        parsed = _parsed(line + source.read(_MAX_TEXT_CHARACTERS))
    document = cast("Any", parsed)
    if isinstance(document, list):
        return _keys(cast("list[Any]", document)[:SAMPLED_OBJECTS])
    return _keys((wrapped_array(document) or [document])[:SAMPLED_OBJECTS])


def _parsed(text: str) -> Any:
    try:
        return parsed_json(text)
    except ValueError:
        return None


def _keys(objects: Iterable[Any]) -> Header | None:
    names: dict[str, None] = {}
    for entry in objects:
        if isinstance(entry, dict):
            names.update(dict.fromkeys(cast("dict[str, Any]", entry)))
    return Header(tuple(names)) if names else None
