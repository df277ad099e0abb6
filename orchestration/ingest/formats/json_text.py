"""JSON texts that are no JSON Lines: an array of objects, or an object around one.

Belongs here: telling such a text, and parting it into a line per object.
Does not belong here: what an object means.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from orchestration.ingest.formats.text_repair import (
    LINE_SEPARATOR,
    MAX_ROW_BYTES,
    Output,
    Repair,
    shown_line,
)
from orchestration.ingest.reasons import FileRefusedError, Reason, RefusedLine
from orchestration.safe_json import parsed as parsed_json

# Such a text is read as a whole; a longer one is delivered as JSON Lines.
_MAX_BYTES = 1 << 29
_BLANKS = " \t\r\n"
# What APIs call the array beside which they tell of pages.
_WRAPPERS = frozenset({"data", "items", "results", "records", "rows", "value"})


def wrapped_array(document: Any, table: str = "") -> list[Any] | None:
    """Return the one array of objects in an object (`{"orders": [...]}`); None if it is not so.

    Beside others, an array counts that is called as the table is, or as APIs call their pages: the
    lines of an order are an array, too.
    """
    if not isinstance(document, dict):
        return None
    values = cast("dict[str, Any]", document)
    arrays = {name: value for name, value in values.items() if _is_array_of_objects(value)}
    named = [name for name in arrays if name == table or name in _WRAPPERS]
    if is_api_page(values):
        return None
    if len(arrays) == 1 and (len(values) == 1 or named):
        return cast("list[Any]", next(iter(arrays.values())))
    if not arrays and len(values) == 1 and [] in values.values():
        return []
    return None


def is_api_page(document: Any) -> bool:
    """Say whether a JSON text is a page of a JSON:API, whose objects refer to `included` ones.

    It is one record: parted into its objects, they would lose what they refer to.
    """
    if not isinstance(document, dict):
        return False
    values = cast("dict[str, Any]", document)
    return all(isinstance(values.get(name), list) for name in ("data", "included"))


def is_json_text(path: Path, table: str) -> bool:
    """Say whether a file holds one JSON text over all its lines instead of an object per line."""
    with path.open("rb") as source:
        first = source.read(3).removeprefix(b"\xef\xbb\xbf")
        while first and not first.strip():
            first = source.read(1)
        if first.lstrip()[:1] == b"[":
            return True
        if first.lstrip()[:1] != b"{":
            return False
        line = first + source.readline(MAX_ROW_BYTES)
        if len(line) >= MAX_ROW_BYTES:
            return False
        is_last = not source.read(1)
    try:
        document: Any = parsed_json(line)
    except ValueError:
        # An object over several lines begins with one that is none.
        return not is_last and path.stat().st_size <= _MAX_BYTES and _is_whole(path)
    return is_last and wrapped_array(document, table) is not None


def json_lines(path: Path, table: str) -> Iterator[tuple[int, str] | RefusedLine]:
    """Yield line number and text of each object of a JSON text, on one line each.

    Raises:
        FileRefusedError: it is no JSON, no array of objects, or too large to be read as a whole.
    """
    if path.stat().st_size > _MAX_BYTES:
        detail = (
            f"One JSON text of more than {_MAX_BYTES >> 20:,} MB cannot be read; deliver it as "
            "JSON Lines, an object on each line."
        )
        raise FileRefusedError(Reason.UNREADABLE_FILE, detail)
    text = _text_of(path)
    if _is_whole_page(text):
        text, table = f"[{text}]", ""
    start = _start_of_array(text, table)
    decoder = json.JSONDecoder()
    line, counted = 1, 0
    position = _after_blanks(text, start)
    while text[position : position + 1] != "]":
        line, counted = line + text.count("\n", counted, position), position
        try:
            _, end = decoder.raw_decode(text, position)
        except (ValueError, RecursionError) as error:
            raise _refusal(error) from error
        # A line end within an object is a blank: a text cannot hold one.
        written = text[position:end].replace("\r", " ").replace("\n", " ")
        if len(written) >= MAX_ROW_BYTES or LINE_SEPARATOR in written:
            is_long = len(written) >= MAX_ROW_BYTES
            reason = Reason.ROW_TOO_LONG if is_long else Reason.MALFORMED_ROW
            yield RefusedLine(line, reason, shown_line(written))
        else:
            yield line, written
        position = _after_blanks(text, end)
        if text[position : position + 1] == ",":
            position = _after_blanks(text, position + 1)
        elif text[position : position + 1] != "]":
            raise _refusal(None)


def repair_json_text(path: Path, table: str, folder: Path) -> Repair:
    """Part one JSON text into a line per object, numbered by the line on which it begins.

    Raises:
        FileRefusedError: it cannot be read as an array of objects.
    """
    with Output(folder) as output:
        for found in json_lines(path, table):
            if isinstance(found, RefusedLine):
                output.refuse(found)
            else:
                output.good.write(f"{found[0]}{LINE_SEPARATOR}{found[1]}\n")
    return output.repair()


def _is_array_of_objects(value: Any) -> bool:
    if not isinstance(value, list) or not value:
        return False
    return all(isinstance(entry, dict) for entry in cast("list[Any]", value))


def _is_whole(path: Path) -> bool:
    try:
        parsed_json(_text_of(path))
    except (ValueError, FileRefusedError):
        return False
    return True


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileRefusedError(Reason.UNREADABLE_FILE, "The file is not UTF-8 text.") from error


def _is_whole_page(text: str) -> bool:
    if not text.startswith("{", _after_blanks(text, 0)):
        return False
    try:
        return is_api_page(parsed_json(text))
    except ValueError:
        return False


def _start_of_array(text: str, table: str) -> int:
    """Return the position behind the bracket that opens the array of objects."""
    begin = _after_blanks(text, 0)
    if text[begin : begin + 1] == "[":
        return begin + 1
    try:
        document: Any = parsed_json(text)
    except ValueError as error:
        raise _refusal(error) from error
    if wrapped_array(document, table) is None:
        detail = (
            "The file holds one JSON object and no array of objects; deliver an array, or an "
            "object on each line."
        )
        raise FileRefusedError(Reason.UNREADABLE_FILE, detail)
    # The array is the only one at this depth, so its bracket is the first whose value it is.
    decoder = json.JSONDecoder()
    position = begin + 1
    while True:
        key_start = _after_blanks(text, position)
        _, key_end = decoder.raw_decode(text, key_start)
        value_start = _after_blanks(text, _after_blanks(text, key_end) + 1)
        value, value_end = decoder.raw_decode(text, value_start)
        if isinstance(value, list) and (not value or _is_array_of_objects(value)):
            return value_start + 1
        position = _after_blanks(text, value_end) + 1


def _after_blanks(text: str, position: int) -> int:
    while position < len(text) and text[position] in _BLANKS:
        position += 1
    return position


def _refusal(error: Exception | None) -> FileRefusedError:
    line = ""
    if isinstance(error, json.JSONDecodeError):
        line = f" (line {error.lineno}: {error.msg.lower()})"
    detail = f"The file begins as one JSON text and is none{line}; deliver it again."
    return FileRefusedError(Reason.UNREADABLE_FILE, detail)
