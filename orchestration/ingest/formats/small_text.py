"""Small text files that can be read as one: what they must have in common, and the one file.

Belongs here: telling from a file's bytes that nothing in it needs a repair, and putting such files
behind each other. Does not belong here: what a value means, loading anything. Whatever is unusual
has no shape here and is read by itself.
"""

from __future__ import annotations

import codecs
import gzip
import io
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from orchestration.ingest.formats.json_text import wrapped_array
from orchestration.ingest.formats.read_csv import count_rows
from orchestration.ingest.judging.columns import match_columns
from orchestration.ingest.raw_contract import Table
from orchestration.safe_json import parsed

# A field in quotes, as plain CSV has it: between delimiters, quotes inside doubled.
_QUOTED_FIELD = re.compile(rb'(?:^|(?<=[,;\t|\n]))"(?:[^"]|"")*"(?=[,;\t|\r\n]|$)')


@dataclass(frozen=True)
class SmallText:
    """The content of a small file.

    Attributes:
        shape: equal for files that can be read as one.
        header: the line of column names with its end; empty for JSON lines.
        body: the rows, each with its line end.
        rows: how many rows they are.
        records: how many records the reader numbers; blank lines of JSON are numbered, too.
    """

    shape: tuple[str, ...]
    header: bytes
    body: bytes
    rows: int
    records: int

    @property
    def size(self) -> int:
        """Bytes of the rows."""
        return len(self.body)


def unpacked(content: bytes, at_most: int) -> bytes | None:
    """Return what a gzip file holds; None if that is more than so many bytes, or damaged."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as source:
            text = source.read(at_most + 1)
    except (OSError, EOFError, zlib.error):
        return None
    return text if len(text) <= at_most else None


def small_text(content: bytes, file_format: str, table: Table) -> SmallText | None:
    """Return what a file can be put together with others by; None if it must be read alone."""
    content = content.removeprefix(codecs.BOM_UTF8)
    crs = content.count(b"\r")
    if not content.strip() or b"\0" in content or crs not in (0, content.count(b"\n")):
        return None
    if crs != content.count(b"\r\n"):
        return None
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return None
    end = b"\r\n" if crs else b"\n"
    whole = content if content.endswith(b"\n") else content + end
    if file_format == "csv":
        return _csv(whole, end)
    return _jsonl(whole, text, table) if file_format == "jsonl" else None


def write_as_one(texts: Sequence[SmallText], target: Path) -> None:
    """Write files of one shape behind each other, under one header."""
    with target.open("wb") as out:
        out.write(texts[0].header)
        out.writelines(text.body for text in texts)


def _csv(content: bytes, end: bytes) -> SmallText | None:
    header, _, body = content.partition(b"\n")
    is_plain_header = header.strip() and b'"' not in header and header[:4].lower() != b"sep="
    if not is_plain_header or b'"' in _QUOTED_FIELD.sub(b"", body) or b'\\"' in body:
        return None
    rows = count_rows(io.BytesIO(content))
    if rows is None:
        return None
    return SmallText(("csv", header.decode(), end.decode()), header + b"\n", body, rows, rows)


def _jsonl(content: bytes, text: str, table: Table) -> SmallText | None:
    lines = text.rstrip("\n").split("\n")
    keys: set[str] = set()
    documents, wrapped = 0, False
    for line in lines:
        if not line.strip():
            continue
        try:
            document: Any = parsed(line)
        except ValueError:
            return None
        if not isinstance(document, dict):
            return None
        keys.update(cast("dict[str, Any]", document))
        documents += 1
        wrapped = wrapped or wrapped_array(document, table.name) is not None
    if not documents or (documents == 1 and wrapped):
        return None
    names = sorted(keys)
    match = match_columns(table, names)
    matched = {names[place] for places in match.positions.values() for place in places}
    told = names
    if all(name in table.column_names for name in matched):
        # Whether an optional column is empty or not there at all is the same to a row.
        needed = {column.name for column in table.columns if column.required}
        needed.update(name for group in table.one_of for name in group)
        told = [name for name in names if name not in matched or name in needed]
    # The first column is where a row of sums would say so.
    shape = ("jsonl", "\r" if "\r" in text else "", *names[:1], *told)
    return SmallText(shape, b"", content, documents, content.count(b"\n"))
