"""CSV files as spreadsheets and databases write them, made into plain ones, line for line.

Belongs here: UTF-16, `sep=;`, line ends of a lone CR, quotes behind a backslash; every line keeps
its number. Does not belong here: parting rows into fields.
"""

from __future__ import annotations

import codecs
from pathlib import Path

_SAMPLE = 1 << 16
_CHUNK = 1 << 20
_MARKS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


def plain_csv(path: Path, folder: Path) -> tuple[Path, str | None]:
    """Return a plain file and the delimiter that the file names itself, None if it names none.

    Args:
        path: an uncompressed file.
        folder: where a file that has to be written anew goes.

    Raises:
        UnicodeError: it begins as UTF-16 and is none.
    """
    with path.open("rb") as source:
        sample = source.read(_SAMPLE)
    encoding = _MARKS.get(sample[:2])
    text = sample if encoding is None else _decoded(sample)
    first = text.removeprefix(codecs.BOM_UTF8)[:16].lstrip(b"\r\n")
    names_delimiter = first[:4].lower() == b"sep=" and first[5:6] in (b"\r", b"\n")
    has_lone_cr = b"\r" in text and b"\n" not in text and b"\r\n" not in text
    if encoding is None and not names_delimiter and not has_lone_cr:
        return path, None
    target = folder / "plain.csv"
    with (
        path.open(encoding=encoding or "utf-8", errors=_errors(encoding), newline="") as source,
        target.open("w", encoding="utf-8", errors=_errors(encoding), newline="") as out,
    ):
        if names_delimiter:
            # An empty line in its place keeps the numbers of the others.
            read = source.read(1)
            while read and read not in "\r\n":
                read = source.read(1)
            out.write("\n" if has_lone_cr else read)
        while chunk := source.read(_CHUNK):
            out.write(chunk.replace("\r", "\n") if has_lone_cr else chunk)
    return target, chr(first[4]) if names_delimiter else None


def without_backslashes(path: Path, folder: Path) -> Path | None:
    """Write a file with quotes doubled that stood behind a backslash; None if it has no such quote.

    What `mysqldump` and many scripts write; a reader of plain CSV ends the field there.
    """
    if not _holds(path, b'\\"'):
        return None
    target = folder / "unescaped.csv"
    with path.open("rb") as source, target.open("wb") as out:
        kept = b""
        while chunk := source.read(_CHUNK):
            chunk = kept + chunk
            kept = chunk[-1:] if chunk.endswith(b"\\") else b""
            body = chunk[: len(chunk) - len(kept)]
            out.write(body.replace(b"\\\\", b"\\").replace(b'\\"', b'""'))
        out.write(kept)
    return target


def _holds(path: Path, wanted: bytes) -> bool:
    with path.open("rb") as source:
        tail = b""
        while chunk := source.read(_CHUNK):
            if wanted in tail + chunk:
                return True
            tail = chunk[-len(wanted) + 1 :]
    return False


def _decoded(sample: bytes) -> bytes:
    even = sample[: len(sample) // 2 * 2]
    return even.decode("utf-16", errors="ignore").encode("utf-8", errors="ignore")


def _errors(encoding: str | None) -> str:
    return "strict" if encoding else "surrogateescape"
