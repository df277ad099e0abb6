"""Line-by-line reading of CSV and JSON Lines files that DuckDB refuses as a whole.

Belongs here: telling rows that can be read from lines that cannot (bytes that are no UTF-8, ragged
rows, quotes that do not close, rows without end), so that one bad line never costs its neighbours.
Does not belong here: what a value means. Slow (about 0.2 M rows/s), so used on damaged files alone.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from orchestration.ingest.reasons import Reason, RefusedLine

# DuckDB's own limit for one CSV row, so that both ways of reading agree.
MAX_ROW_BYTES = 2_000_000
# Room for doubled quotes and number columns when a row of the greatest length is rewritten.
REPAIRED_ROW_BYTES = 4 * MAX_ROW_BYTES
# Of a refused line, as much is kept as a person would look at; the rest stays in the file.
_SHOWN_CHARACTERS = 2_000
# Control character that no valid JSON line holds: parts the line number from the line.
LINE_SEPARATOR = "\x01"


@dataclass(frozen=True)
class CsvRow:
    """One row of a CSV file: the line it begins on (1-based) and its fields."""

    line: int
    fields: list[str]


@dataclass(frozen=True)
class _Line:
    number: int
    text: str
    is_too_long: bool


@dataclass(frozen=True)
class Repair:
    """What a repair wrote.

    Attributes:
        good: the rows that can be read, each with its record and line number in front.
        refused: CSV with line number, reason and text of the lines that cannot.
        refused_lines: how many those are.
    """

    good: Path
    refused: Path
    refused_lines: int


def has_long_line(path: Path) -> bool:
    """Say whether a line of a file is too long to be a row."""
    with path.open("rb") as source:
        while line := source.readline(MAX_ROW_BYTES):
            if len(line) == MAX_ROW_BYTES:
                return True
    return False


def count_csv_rows(path: Path) -> int:
    """Count the filled lines behind the header: the rows of a file that is refused as a whole."""
    return max(sum(bool(line.text.strip()) for line in _lines(path)) - 1, 1)


def csv_rows(path: Path, delimiter: str, width: int) -> Iterator[CsvRow | RefusedLine]:
    """Yield every row behind the header, refused lines included, blank lines not.

    A quote that does not close costs the line it stands on and no other.

    Args:
        path: an uncompressed file.
        delimiter: one character.
        width: number of fields in the header.
    """
    # The csv module's limit is global; raising it never harms another reader.
    csv.field_size_limit(max(csv.field_size_limit(), MAX_ROW_BYTES))
    lines = _Pushback(_lines(path))
    is_header = True
    for line in lines:
        if not line.text.strip("\r\n"):
            continue
        taken = [line]
        row = _read_row(lines, taken, delimiter)
        if is_header:
            is_header = False
            continue
        if isinstance(row, Reason):
            lines.push(taken[1:])
            yield RefusedLine(line.number, row, shown_line(line.text))
            continue
        text = "".join(part.text for part in taken)
        if not is_utf8(text):
            yield RefusedLine(line.number, Reason.INVALID_ENCODING, shown_line(text))
        # DuckDB, too, takes a delimiter at the end of a row for nothing.
        elif len(row) == width or (len(row) == width + 1 and row[-1] == ""):
            yield CsvRow(line.number, row[:width])
        else:
            yield RefusedLine(line.number, Reason.RAGGED_ROW, shown_line(text))


def repair_csv(path: Path, delimiter: str, width: int, folder: Path) -> Repair:
    """Part a CSV file into a clean one without header and the lines it had to leave out.

    Args:
        path: an uncompressed file.
        delimiter: one character.
        width: number of fields in the header.
        folder: where the two files are written; both are written anew.
    """
    with Output(folder) as output:
        good = csv.writer(output.good, quoting=csv.QUOTE_ALL, lineterminator="\n")
        for record, row in enumerate(csv_rows(path, delimiter, width), start=1):
            if isinstance(row, CsvRow):
                good.writerow([record, row.line, *row.fields])
            else:
                output.refuse(row)
    return output.repair()


def repair_jsonl(path: Path, folder: Path) -> Repair:
    """Part a JSON Lines file into lines that are text and lines that are not.

    Whether a line is JSON is judged later, with the other rows. A record's number is its line's.

    Args:
        path: an uncompressed file.
        folder: where the two files are written; both are written anew.
    """
    with Output(folder) as output:
        for line in _lines(path):
            text = line.text.rstrip("\r\n")
            if not text.strip():
                continue
            reason = None
            if line.is_too_long:
                reason = Reason.ROW_TOO_LONG
            elif not is_utf8(text):
                reason = Reason.INVALID_ENCODING
            elif LINE_SEPARATOR in text:
                reason = Reason.MALFORMED_ROW
            if reason is None:
                output.good.write(f"{line.number}{LINE_SEPARATOR}{text}\n")
            else:
                output.refuse(RefusedLine(line.number, reason, shown_line(text)))
    return output.repair()


def write_csv_lines(
    path: Path, delimiter: str, width: int, records: frozenset[int], target: Path
) -> None:
    """Write `record,line` for the given records of a CSV file in which every row can be read."""
    with target.open("w", encoding="utf-8") as out:
        for record, row in enumerate(csv_rows(path, delimiter, width), start=1):
            if record in records:
                out.write(f"{record},{row.line}\n")


class Output:
    """The two files of a repair, open while it runs."""

    def __init__(self, folder: Path) -> None:
        """Prepare both in an empty folder; they are opened on entry."""
        self._good_path = folder / "good.txt"
        self._refused_path = folder / "refused.csv"
        self._refused_lines = 0
        self._stack = ExitStack()

    def __enter__(self) -> Output:
        """Open both."""
        good = self._good_path.open("w", encoding="utf-8", newline="")
        self.good = self._stack.enter_context(good)
        refused = self._stack.enter_context(
            self._refused_path.open("w", encoding="utf-8", newline="")
        )
        self._refused = csv.writer(refused, quoting=csv.QUOTE_ALL, lineterminator="\n")
        return self

    def __exit__(self, *details: object) -> None:
        """Close both."""
        self._stack.close()

    def refuse(self, line: RefusedLine) -> None:
        """Write a line to the refused ones."""
        self._refused.writerow([line.line, line.reason.value, line.text])
        self._refused_lines += 1

    def repair(self) -> Repair:
        """Return what came of it."""
        return Repair(self._good_path, self._refused_path, self._refused_lines)


class _Pushback:
    """Lines that can be given back to be read again."""

    def __init__(self, lines: Iterator[_Line]) -> None:
        self._lines = lines
        self._returned: list[_Line] = []

    def __iter__(self) -> Iterator[_Line]:
        return self

    def __next__(self) -> _Line:
        return self._returned.pop() if self._returned else next(self._lines)

    def push(self, lines: list[_Line]) -> None:
        self._returned.extend(reversed(lines))


def _read_row(lines: _Pushback, taken: list[_Line], delimiter: str) -> list[str] | Reason:
    """Read the row that begins with the one line in `taken`; lines it takes more are added."""
    if taken[0].is_too_long:
        return Reason.ROW_TOO_LONG
    if '"' not in taken[0].text:
        return taken[0].text.rstrip("\r\n").split(delimiter)

    def texts() -> Iterator[str]:
        size = len(taken[0].text)
        yield taken[0].text
        for line in lines:
            taken.append(line)
            size += len(line.text)
            if line.is_too_long or size > MAX_ROW_BYTES:
                return
            yield line.text

    # A blank between delimiter and quote is skipped, as DuckDB does.
    reader = csv.reader(texts(), delimiter=delimiter, strict=True, skipinitialspace=True)
    try:
        return next(reader)
    except csv.Error:
        return Reason.MALFORMED_ROW


def _lines(path: Path) -> Iterator[_Line]:
    """Yield the lines of a file with their ends; invalid bytes come as lone surrogates."""
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as source:
        number = 0
        while text := source.readline(MAX_ROW_BYTES):
            number += 1
            is_too_long = len(text) == MAX_ROW_BYTES and text[-1] not in "\r\n"
            while is_too_long and (rest := source.readline(MAX_ROW_BYTES)):
                if rest[-1] in "\r\n":
                    break
            yield _Line(number, text, is_too_long)


def is_utf8(text: str) -> bool:
    """Say whether a text read with `surrogateescape` came from valid UTF-8."""
    return text.isascii() or not any("\udc80" <= character <= "\udcff" for character in text)


def shown_line(text: str) -> str:
    r"""Return a line as text that can be stored, invalid bytes as `\xff`, shortened if huge."""
    clean = text.rstrip("\r\n").encode("utf-8", "surrogateescape")
    return clean.decode("utf-8", "backslashreplace")[:_SHOWN_CHARACTERS]
