"""Landing files without the persons' rows, each written anew and put in the old one's place.

Belongs here: reading and writing the rows of each format so that every other row stays byte for
byte. Does not belong here: whose a row is (`ownership`), the ledger (`raw_rows`).
"""

from __future__ import annotations

import csv
import gzip
import io
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import duckdb

from orchestration.ingest.erased.tombstones import is_distinctive, without_references
from orchestration.ingest.formats.json_text import is_json_text, json_lines
from orchestration.ingest.formats.landed_file import path_literal
from orchestration.ingest.formats.text_repair import CsvRow, csv_rows
from orchestration.ingest.landing_directory import LandingFile
from orchestration.ingest.reasons import RefusedLine
from orchestration.privacy.ownership import Ownership
from orchestration.privacy.person import Persons
from orchestration.safe_json import parsed as parsed_json
from orchestration.sql_text import identifier, text_literal

_DELIMITERS = ",;\t|"


@dataclass(frozen=True)
class LandingRows:
    """How the rows of one landing file are judged.

    Attributes:
        table: the raw table, if the file is in contract shape.
        records: rows that ingest made the persons' rows of; 1-based.
        ownership: compares values.
        encoding: of a text file, if it is not UTF-8.
    """

    table: str | None
    records: frozenset[int]
    ownership: Ownership
    encoding: str | None = None

    @property
    def persons(self) -> Persons:
        """Who is erased."""
        return self.ownership.persons

    def is_theirs(self, record: int, landed: Any) -> bool:
        """Say whether a row leaves the file."""
        if self.table is not None and isinstance(landed, dict):
            return self.ownership.is_in_contract(self.table, cast("dict[str, Any]", landed))
        return record in self.records or self.ownership.is_in_any_shape(landed)

    def forgotten(self, text: str) -> str:
        """Return the text of somebody else's row without what it says of the persons."""
        return without_references(text, (*self.persons.customers, *self.persons.visitors))


def write_without(file: LandingFile, rows: LandingRows, target: Path) -> int:
    """Write a landing file without the persons' rows; return how many rows left or changed.

    Args:
        file: the file, which stays as it is.
        rows: how its rows are judged.
        target: the new file; nothing is there if nothing had to leave.
    """
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".erasing-") as name:
        folder = Path(name)
        if file.format == "parquet":
            return _parquet(file.path, rows, target)
        plain = _plain(file, rows.encoding, folder)
        written = folder / "written"
        with written.open("w", encoding="utf-8", errors="surrogateescape", newline="") as out:
            changed = (_csv if file.format == "csv" else _json)(plain, file, rows, out)
        if changed:
            _pack(written, file, rows.encoding, target)
        return changed


def put_in_place(written: Path, path: Path) -> None:
    """Let a new file take the old one's place, with its mode, at once and for good."""
    shutil.copymode(path, written)
    with written.open("rb") as file:
        os.fsync(file.fileno())
    written.replace(path.resolve())


def _plain(file: LandingFile, encoding: str | None, folder: Path) -> Path:
    """Return an uncompressed copy in UTF-8."""
    plain = folder / "plain"
    with file.path.open("rb") as packed, plain.open("wb") as out:
        if file.is_gzip:
            with gzip.GzipFile(fileobj=packed) as source:
                shutil.copyfileobj(source, out)
        else:
            shutil.copyfileobj(packed, out)
    found = encoding or _utf16(plain)
    if found is None:
        return plain
    recoded = folder / "recoded"
    with (
        plain.open(encoding=found, errors="surrogateescape", newline="") as source,
        recoded.open("w", encoding="utf-8", errors="surrogateescape", newline="") as out,
    ):
        shutil.copyfileobj(source, out)
    return recoded


def _pack(written: Path, file: LandingFile, encoding: str | None, target: Path) -> None:
    found = encoding or (None if file.is_gzip else _utf16(file.path))
    data = written
    if found is not None:
        data = written.with_name("encoded")
        with (
            written.open(encoding="utf-8", errors="surrogateescape", newline="") as source,
            data.open("w", encoding=found, errors="surrogateescape", newline="") as out,
        ):
            shutil.copyfileobj(source, out)
    with data.open("rb") as source, target.open("wb") as out:
        if file.is_gzip:
            with gzip.GzipFile("", "wb", fileobj=out, mtime=0) as packed:
                shutil.copyfileobj(source, packed)
        else:
            shutil.copyfileobj(source, out)


def _utf16(path: Path) -> str | None:
    with path.open("rb") as source:
        return "utf-16" if source.read(2) in (b"\xff\xfe", b"\xfe\xff") else None


def _csv(plain: Path, file: LandingFile, rows: LandingRows, out: io.TextIOBase) -> int:
    del file
    header, delimiter = _header(plain)
    changed = 0
    with plain.open(encoding="utf-8", errors="surrogateescape", newline="") as lines:
        landed = enumerate(csv_rows(plain, delimiter, len(header)), start=1)
        numbered = enumerate(lines, start=1)
        for record, row, text in _spans(landed, numbered, out):
            if isinstance(row, RefusedLine):
                if rows.ownership.is_in_line(text) or record in rows.records:
                    changed += 1
                else:
                    out.write(text)
            elif rows.is_theirs(record, dict(zip(header, row.fields, strict=False))):
                changed += 1
            else:
                cells = [rows.forgotten(cell) for cell in row.fields]
                if cells == row.fields:
                    out.write(text)
                else:
                    end = "\r\n" if text.endswith("\r\n") else "\n"
                    csv.writer(out, delimiter=delimiter, lineterminator=end).writerow(cells)
                    changed += 1
    return changed


def _spans(
    landed: Iterator[tuple[int, CsvRow | RefusedLine]],
    numbered: Iterator[tuple[int, str]],
    out: io.TextIOBase,
) -> Iterator[tuple[int, CsvRow | RefusedLine, str]]:
    """Yield each row with its number and the lines it stands on; what is before them is written."""
    current: tuple[int, CsvRow | RefusedLine] | None = next(landed, None)
    held: list[str] = []
    following = next(landed, None)
    for number, line in numbered:
        if current is None or number < current[1].line:
            out.write(line)
            continue
        if following is not None and number >= following[1].line:
            yield (*current, "".join(held))
            current, following, held = following, next(landed, None), []
        held.append(line)
    if current is not None:
        yield (*current, "".join(held))


def _header(plain: Path) -> tuple[list[str], str]:
    with plain.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as source:
        first = next((line for line in source if line.strip("\r\n")), "")
        if first[:4].lower() == "sep=" and len(first.strip("\r\n")) == 5:
            delimiter, first = first[4], next(source, "")
        else:
            delimiter = max(_DELIMITERS, key=first.count)
    empty: list[str] = []
    names = next(csv.reader([first], delimiter=delimiter, skipinitialspace=True), empty)
    return [name.strip() for name in names], delimiter


def _json(plain: Path, file: LandingFile, rows: LandingRows, out: io.TextIOBase) -> int:
    if is_json_text(plain, file.table):
        kept, changed = _judged_json(
            (
                item[1] if isinstance(item, tuple) else item.text
                for item in json_lines(plain, file.table)
            ),
            rows,
        )
        out.write("[\n" + ",\n".join(kept) + "\n]\n")
        return changed
    with plain.open(encoding="utf-8", errors="surrogateescape", newline="") as lines:
        changed = 0
        for record, line in enumerate(lines, start=1):
            kept, different = _judged_json([line], rows, record)
            changed += different
            out.writelines(kept)
    return changed


def _judged_json(texts: Iterable[str], rows: LandingRows, first: int = 1) -> tuple[list[str], int]:
    kept: list[str] = []
    changed = 0
    for record, text in enumerate(texts, start=first):
        try:
            landed = parsed_json(text.lstrip("\ufeff")) if text.strip() else None
        except ValueError:
            theirs = rows.ownership.is_in_line(text)
        else:
            theirs = landed is not None and rows.is_theirs(record, landed)
        if theirs:
            changed += 1
            continue
        without = rows.forgotten(text)
        changed += without != text
        kept.append(without)
    return kept, changed


def _parquet(path: Path, rows: LandingRows, target: Path) -> int:
    connection = duckdb.connect()
    try:
        connection.execute("set enable_progress_bar = false")
        connection.execute("set TimeZone = 'UTC'")
        relation = f"read_parquet({path_literal(path)}, file_row_number = true)"
        columns = connection.execute(f"describe from {relation}").fetchall()
        names = [str(row[0]) for row in columns if row[0] != "file_row_number"]
        theirs = _parquet_records(connection, relation, names, rows)
        changes = _parquet_changes(connection, relation, columns, rows)
        if not theirs and not changes:
            return 0
        connection.execute("create temporary table gone (record bigint)")
        if theirs:
            connection.execute("insert into gone select unnest(?)", [theirs])
        selected = ", ".join(
            f"{changes[name]} as {identifier(name)}" if name in changes else identifier(name)
            for name in names
        )
        connection.execute(
            f"copy (select {selected} from {relation} "
            "where file_row_number + 1 not in (from gone) order by file_row_number) "
            f"to {text_literal(str(target))} (format parquet, compression {compression_of(path)})"
        )
        return len(theirs) + len(changes)
    finally:
        connection.close()


def _parquet_records(
    connection: duckdb.DuckDBPyConnection, relation: str, names: Sequence[str], rows: LandingRows
) -> list[int]:
    found = set(rows.records) if rows.table is None else set[int]()
    mentions = [
        f"contains(to_json({identifier(name)})::varchar, {text_literal(wanted)})"
        for name in names
        for wanted in _wanted(rows)
    ]
    fields = ", ".join(f"{text_literal(name)}, {identifier(name)}" for name in names)
    for record, text in connection.execute(
        f"select file_row_number + 1, to_json(json_object({fields})) from {relation} "
        f"where {' or '.join(mentions) or 'true'}"
    ).fetchall():
        landed = parsed_json(text)
        if rows.is_theirs(int(record), landed):
            found.add(int(record))
    return sorted(found)


def _wanted(rows: LandingRows) -> Sequence[str]:
    """Texts of which a row of theirs holds one as it stands; none if that cannot be said."""
    names = (*rows.persons.buried, *rows.persons.addresses)
    plain = all(name.isascii() and name.isprintable() and '"' not in name for name in names)
    hashed = any(name.startswith("email:") for name in names)
    return names if plain and not hashed and len(names) <= 200 else ()


def _parquet_changes(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    columns: Sequence[Sequence[Any]],
    rows: LandingRows,
) -> dict[str, str]:
    """Return the expression of each column in which rows of others name the persons."""
    changes: dict[str, str] = {}
    names = (*rows.persons.customers, *rows.persons.visitors)
    distinctive = [name for name in names if is_distinctive(name)]
    for column, data_type, *_ in columns:
        is_text = data_type in ("VARCHAR", "JSON")
        is_nested = str(data_type).endswith("]") or str(data_type).startswith(("STRUCT", "MAP"))
        if not (is_text or is_nested):
            continue
        text = f"cast(to_json({identifier(column)}) as varchar)"
        if is_text:
            text = f"cast({identifier(column)} as varchar)"
        values = connection.execute(
            f"select distinct {text} from {relation} where "
            + (" or ".join(f"contains({text}, {text_literal(name)})" for name in names) or "false")
        ).fetchall()
        different = {
            str(value): without_references(str(value), names)
            for (value,) in values
            if without_references(str(value), names) != value
        }
        if not different:
            continue
        if is_nested:
            # A struct cannot lose a part of one row: what names the person goes as a whole.
            mentions = " or ".join(
                f"contains({text}, {text_literal(name)})" for name in (distinctive or names)
            )
            changes[column] = (
                f"case when not coalesce({mentions}, false) then {identifier(column)} end"
            )
            continue
        entries = ", ".join(
            f"{text_literal(value)}: {text_literal(without)}"
            for value, without in different.items()
        )
        changes[column] = (
            f"cast(coalesce(map_extract_value(map {{{entries}}}, {text}), {text}) as {data_type})"
        )
    return changes


def compression_of(path: Path) -> str:
    """Return how the columns of a Parquet file are compressed, so that a new one is like it."""
    with duckdb.connect() as connection:
        row = connection.execute(
            f"select any_value(lower(compression)) from parquet_metadata({path_literal(path)})"
        ).fetchone()
    return str(row[0]) if row and row[0] else "snappy"


def remove_leftovers(folder: Path) -> None:
    """Remove what a killed erasure left beside landing files."""
    for leftover in folder.rglob(".erasing-*"):
        with suppress(OSError):
            if leftover.is_dir():
                shutil.rmtree(leftover)
            else:
                leftover.unlink()
