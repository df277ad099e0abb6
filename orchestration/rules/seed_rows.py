"""A seed file as rows that remember their line.

Belongs here: reading one CSV seed strictly, writing it plainly, and the checks that fit any seed.
Does not belong here: what a particular seed means (`rule_checks`), or which files there are
(`rule_set`).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestration.errors import nearest, sentence, shown
from orchestration.settings.values import NAME


@dataclass(frozen=True)
class SeedRow:
    """One row of a seed file.

    Attributes:
        file: name of the seed file, such as `rules.csv`.
        line: the line on which the row starts; the header is line 1.
        values: trimmed text by column; blank when absent.
    """

    file: str
    line: int
    values: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        """Return the text in a column."""
        return self.values[column]

    def problem(self, text: str) -> str:
        """Return the text as a sentence that names file and line."""
        return sentence(f"{self.file} line {self.line}: {text}")

    def seen_from(self, other: SeedRow) -> str:
        """Return where the row stands, for a sentence about another one."""
        return f"line {self.line}" + ("" if self.file == other.file else f" of {self.file}")


Rows = tuple[SeedRow, ...]
Seeds = Mapping[str, Rows]


@dataclass(frozen=True)
class SeedFile:
    """One seed file, read.

    Attributes:
        name: file name.
        columns: its columns, in the order in which they are written.
        header: the columns that the file has.
        rows: the rows, in file order.
        problems: what is wrong with its form; the rows are then incomplete.
    """

    name: str
    columns: tuple[str, ...]
    header: tuple[str, ...]
    rows: Rows
    problems: tuple[str, ...]


def read_seed(
    path: Path, expected: Sequence[str] | None = None, optional: Sequence[str] = ()
) -> SeedFile:
    """Read a seed: UTF-8, commas, a header, a cell for each column in each row.

    Args:
        path: the CSV file.
        expected: the columns it must have, in any order; None takes the header as it is.
        optional: those of the expected columns that may be missing; their cells are then blank.
    """
    name = path.name
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        problem = f"{name} line {line}: the text is not UTF-8; save the file as UTF-8."
        return SeedFile(name, (), (), (), (problem,))
    try:
        records = _records(text)
    except ValueError as error:
        return SeedFile(name, (), (), (), (f"{name} {error}.",))
    if not records:
        return SeedFile(name, (), (), (), (f"{name} line 1: there is no header.",))
    header = tuple(cell.lower() for cell in records[0][1])
    problems = list(_header_problems(name, header, expected, optional))
    blanks = dict.fromkeys(optional, "")
    rows: list[SeedRow] = []
    for line, cells in records[1:]:
        if len(cells) == len(header):
            cells_by_column = dict(zip(header, cells, strict=True))
            rows.append(SeedRow(name, line, {**blanks, **cells_by_column}))
        else:
            text = f"{name} line {line}: {len(cells)} cells under {len(header)} columns"
            problems.append(f"{text}; quote a cell that holds a comma.")
    return SeedFile(name, tuple(expected or header), header, tuple(rows), tuple(problems))


def seed_text(seed: SeedFile) -> str:
    """Return the seed as plain CSV: columns in the expected order, cells trimmed, LF line ends."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(seed.columns)
    writer.writerows([row[column] for column in seed.columns] for row in seed.rows)
    return buffer.getvalue()


def _records(text: str) -> list[tuple[int, list[str]]]:
    """Return the records that are not blank, trimmed, each with the line on which it starts."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    records: list[tuple[int, list[str]]] = []
    line = 1
    try:
        for cells in reader:
            trimmed = [cell.strip() for cell in cells]
            if any(trimmed):
                records.append((line, trimmed))
            line = reader.line_num + 1
    except csv.Error as error:
        raise ValueError(f"line {reader.line_num}: {error}") from None
    return records


def _header_problems(
    name: str,
    header: tuple[str, ...],
    expected: Sequence[str] | None,
    optional: Sequence[str],
) -> Iterator[str]:
    for column in sorted({column for column in header if header.count(column) > 1}):
        yield f"{name} line 1: the column {shown(column)} stands twice."
    if expected is None:
        return
    for column in header:
        if column not in expected:
            hint = nearest(column, expected)
            yield sentence(f"{name} line 1: the column {shown(column)} is unknown{hint}")
    for column in expected:
        if column not in header and column not in optional:
            yield f"{name} line 1: the column {shown(column)} is missing."


def name_problems(rows: Rows, columns: Iterable[str]) -> Iterator[str]:
    """Yield a problem for each text in the columns that is not a name."""
    for row in rows:
        for column in columns:
            if not NAME.fullmatch(row[column]):
                text = f"the {column} {shown(row[column])} is not a name: lower-case letters"
                yield row.problem(f"{text}, digits and underscores, beginning with a letter")


def duplicate_problems(rows: Rows, key: tuple[str, ...]) -> Iterator[str]:
    """Yield a problem for each row whose key stands on an earlier line."""
    first: dict[tuple[str, ...], int] = {}
    for row in rows:
        values = tuple(row[column] for column in key)
        if values in first:
            named = ", ".join(f"{column} {shown(row[column])}" for column in key)
            yield row.problem(f"{named} stands already on line {first[values]}")
        first.setdefault(values, row.line)


def truth_problems(rows: Rows, column: str) -> Iterator[str]:
    """Yield a problem for each text in the column that is neither true nor false."""
    for row in rows:
        if row[column].lower() not in {"true", "false"}:
            yield row.problem(f"{column} must be true or false, not {shown(row[column])}")


def is_true(text: str) -> bool:
    """Return whether a text means true; anything but `true` does not."""
    return text.lower() == "true"
