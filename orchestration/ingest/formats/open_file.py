"""Opening a landing file, whatever its format: identity, compression, the reader that fits.

Belongs here: what comes before the rows. Does not belong here: anything that knows one format.
"""

from __future__ import annotations

import gzip
import hashlib
import zlib
from pathlib import Path

import duckdb

from orchestration.ingest.contract import Table
from orchestration.ingest.formats.landed_file import LandedFile
from orchestration.ingest.formats.read_csv import read_csv
from orchestration.ingest.formats.read_jsonl import read_jsonl
from orchestration.ingest.formats.read_parquet import read_parquet
from orchestration.ingest.landing_directory import LandingFile
from orchestration.ingest.reasons import FileRefusedError, Reason

_CHUNK = 1 << 20


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal, read in pieces.

    Raises:
        OSError: the file cannot be read.
    """
    digest = hashlib.sha256()
    with path.open("rb") as source:
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def read_landing_file(
    connection: duckdb.DuckDBPyConnection, file: LandingFile, table: Table, folder: Path
) -> LandedFile | None:
    """Make a file selectable; text files are copied into a temporary table.

    Args:
        connection: where the relation can be selected from afterwards.
        file: the file.
        table: the raw table it feeds.
        folder: empty folder for files made on the way.

    Returns:
        The landed file; None if it is empty to the last byte and so has no columns.

    Raises:
        FileRefusedError: it is damaged, or not what its extension says.
    """
    if file.format == "parquet":
        return read_parquet(connection, file.path)
    path = _unzipped(file.path, folder) if file.is_gzip else file.path
    if _is_blank(path):
        return None
    if file.format == "csv":
        return read_csv(connection, path, table, folder)
    return read_jsonl(connection, path, table, folder)


def _is_blank(path: Path) -> bool:
    with path.open("rb") as source:
        while chunk := source.read(_CHUNK):
            if chunk.removeprefix(b"\xef\xbb\xbf").strip():
                return False
    return True


def _unzipped(path: Path, folder: Path) -> Path:
    """Return an uncompressed copy; the check sum at the end of the file has then been checked."""
    target = folder / "unzipped"
    try:
        with gzip.open(path, "rb") as source, target.open("wb") as out:
            while chunk := source.read(_CHUNK):
                out.write(chunk)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        detail = f"The file cannot be unzipped ({error}); deliver it again."
        raise FileRefusedError(Reason.UNREADABLE_FILE, detail) from error
    return target
