"""Small text files: records, ledgers and keys that a program keeps, and what people write for it.

Belongs here: writing one as a whole, and reading one whatever has become of it. Does not belong
here: what stands in them.

Of what a program keeps, whatever is missing, cut off or no text tells nothing, and the reader
decides what that means. A pipe is never waited for.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

from orchestration.errors import InputError
from orchestration.safe_json import parsed as parsed_json

# An empty key file would be a key that everybody has; one given by hand may be shorter than ours.
_KEY_BYTES, _FEWEST_KEY_BYTES = 32, 16


def write_private(path: Path, text: str) -> None:
    """Write a file as a whole, for its owner alone, and have it on the disk."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    unfinished = path.with_name(f".{path.name}.new")
    unfinished.unlink(missing_ok=True)
    with open(
        unfinished, "w", encoding="utf-8", opener=lambda name, flags: os.open(name, flags, 0o600)
    ) as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    unfinished.replace(path)


def read_key(path: Path) -> bytes:
    """Return a key.

    Raises:
        OSError: there is none, or it cannot be read.
        ValueError: it is no hexadecimal number of at least 16 bytes.
    """
    key = bytes.fromhex(path.read_text(encoding="utf-8").strip())
    if len(key) < _FEWEST_KEY_BYTES:
        raise ValueError(f"{len(key)} bytes are no key")
    return key


def read_or_make_key(path: Path) -> bytes:
    """Return a key, which is made when there is none; two that ask at once get the same one.

    Raises:
        OSError: it can neither be read nor made.
        ValueError: what is there is none.
    """
    if not path.exists():
        made = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        write_private(made, secrets.token_hex(_KEY_BYTES) + "\n")
        with suppress(FileExistsError):  # Another one was faster.
            os.link(made, path)
        made.unlink()
    return read_key(path)


def written_text(path: Path) -> str:
    """Return the text of a file that people write; a mistake in it is theirs to mend.

    Raises:
        InputError: it cannot be read, is no file or is not UTF-8.
    """
    try:
        if path.exists() and not path.is_file():
            raise InputError(f"{path} is no file.")
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"{path} cannot be read: {os.strerror(error.errno or 0)}.") from error
    except UnicodeDecodeError:
        raise InputError(f"{path} is not UTF-8; save the file as UTF-8.") from None


def text_of(path: Path) -> str:
    """Return the text of a file; blank where there is no file, or none that may be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    except OSError:
        return ""


def json_of(path: Path) -> Mapping[str, Any]:
    """Return the JSON object of a file; an empty one where there is none."""
    return _object(text_of(path)) or {}


def json_lines_of(path: Path) -> Iterator[Mapping[str, Any] | None]:
    """Yield the JSON object of each line of a file; None for a line that holds none."""
    yield from map(_object, text_of(path).splitlines())


def _object(text: str) -> Mapping[str, Any] | None:
    try:
        told = parsed_json(text)
    except ValueError:
        return None
    return cast("Mapping[str, Any]", told) if isinstance(told, dict) else None
