"""Opening a landing file, whatever its format: identity, compression, the reader that fits.

Belongs here: what comes before the rows. Does not belong here: anything that knows one format.
"""

from __future__ import annotations

import gzip
import shutil
import zlib
from pathlib import Path

import duckdb

from orchestration.ingest.formats.landed_file import LandedFile
from orchestration.ingest.formats.read_csv import read_csv
from orchestration.ingest.formats.read_jsonl import read_jsonl
from orchestration.ingest.formats.read_parquet import read_parquet
from orchestration.ingest.landing_directory import LandingFile
from orchestration.ingest.raw_contract import Table
from orchestration.ingest.reasons import FileRefusedError, Reason

_CHUNK = 1 << 20
# A small file may well consist of one repeated row.
_ALWAYS_UNPACKED = 16 << 20
# The raw database grows beside the unpacked file.
_ROOM_LEFT = 256 << 20


def read_landing_file(
    connection: duckdb.DuckDBPyConnection,
    file: LandingFile,
    table: Table,
    folder: Path,
    max_unpacked_ratio: int = 100,
) -> LandedFile | None:
    """Make a file selectable; text files are copied into a temporary table.

    Args:
        connection: where the relation can be selected from afterwards.
        file: the file.
        table: the raw table it feeds.
        folder: empty folder for files made on the way.
        max_unpacked_ratio: how many times its size a gzip file may grow.

    Returns:
        The landed file; None if it is empty to the last byte and so has no columns.

    Raises:
        FileRefusedError: it is damaged, or not what its extension says.
    """
    if file.format == "parquet":
        return read_parquet(connection, file.path)
    if file.format == "spreadsheet":
        detail = "A spreadsheet cannot be read; save the sheet as CSV (UTF-8) under the same name."
        raise FileRefusedError(Reason.UNREADABLE_FILE, detail)
    path = _unzipped(file.path, folder, max_unpacked_ratio) if file.is_gzip else file.path
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


def _unzipped(path: Path, folder: Path, max_ratio: int) -> Path:
    """Return an uncompressed copy; the check sum at the end of the file has then been checked."""
    target = folder / "unzipped"
    limit = max(path.stat().st_size * max_ratio, _ALWAYS_UNPACKED)
    room = shutil.disk_usage(folder).free - _ROOM_LEFT
    written = 0
    try:
        with gzip.open(path, "rb") as source, target.open("wb") as out:
            while chunk := source.read(_CHUNK):
                written += len(chunk)
                if written > min(limit, room):
                    break
                out.write(chunk)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        detail = f"The file cannot be unzipped ({error}); deliver it again."
        raise FileRefusedError(Reason.UNREADABLE_FILE, detail) from error
    if written > limit:
        detail = (
            f"The file grows to more than {max_ratio} times its size when it is unpacked; if that "
            "is right, deliver it unpacked or raise --var max_unpacked_ratio."
        )
        raise FileRefusedError(Reason.UNREADABLE_FILE, detail)
    if written > room:
        detail = (
            "There is no room on the disk to unpack the file; make room, then deliver it again."
        )
        raise FileRefusedError(Reason.UNREADABLE_FILE, detail)
    return target
