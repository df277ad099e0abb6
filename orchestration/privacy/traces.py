"""What else a state directory may say of the persons: logs, alerts, records, exports, leftovers.

Belongs here: files that are remade anyway and go as a whole, texts that are masked, Dagster's
databases. Does not belong here: raw, the marts, landing files.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import duckdb

from orchestration.errors import LifecycleError
from orchestration.ingest.landing_directory import EXTENSIONS, LandingFile
from orchestration.privacy.landing_files import LandingRows, put_in_place, write_without
from orchestration.privacy.person import Persons
from orchestration.privacy.published import MASK
from orchestration.settings.paths import StateDir

# Remade by the next run, or left by one that was killed.
_REMADE = (
    "ingest_tmp", "raw_database", "dbt/logs", "dbt/target/run", "dbt/target/compiled",
    "dbt/target/run_results.json", "kept_tables.json", "working.duckdb", "working.duckdb.wal",
    "tmp", "working.duckdb.tmp", "raw.duckdb.tmp",
)  # fmt: skip
_TORN = "*.torn*"
_TABLES = tuple(name for name, (kind, _) in EXTENSIONS.items() if kind != "spreadsheet")
_SQLITE = b"SQLite format 3\0"
_PARQUET = b"PAR1"
_DUCKDB = b"DUCK"
_GZIP = b"\x1f\x8b"
# Beside an SQLite database and part of it: written anew by themselves they would damage it.
_OF_SQLITE = ("-wal", "-shm", "-journal")
_PATIENCE_SECONDS = 60.0


def remove_remade(state: StateDir) -> list[str]:
    """Remove what the next run makes anew, torn copies and forgotten databases; name them.

    Any other database is scratch that a killed trial or verification left.
    """
    removed: list[str] = []
    found = [state.root / name for name in _REMADE]
    scratch = [path for path in _others(state) if _head(path)[8:12] == _DUCKDB]
    for path in (*found, *sorted(state.root.glob(_TORN)), *scratch):
        if path.is_symlink() or not path.exists():
            continue
        removed.append(path.relative_to(state.root).as_posix())
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    return removed


def mask_traces(state: StateDir, persons: Persons, rows: LandingRows) -> dict[str, int]:
    """Take the persons out of every other file of the state directory.

    Args:
        state: the state directory.
        persons: who is erased.
        rows: how rows of tables, such as exports, are judged.

    Returns:
        Lines, rows or values changed, by file.
    """
    pattern = re.compile(_pattern(persons))
    changed: dict[str, int] = {}
    for path in _others(state):
        head = _head(path)
        if head.startswith(_SQLITE):
            count = _mask_sqlite(path, pattern, _bytes_of(persons))
        else:
            # Of a table the whole row goes, since what stands beside the id is theirs, too.
            is_table = head.startswith(_PARQUET) or _is_table(path, state)
            count = _rewrite_table(path, rows) if is_table else 0
            if not head.startswith((_PARQUET, _GZIP)):
                count += _mask_text(path, pattern)
        if count:
            changed[path.relative_to(state.root).as_posix()] = count
    return changed


def _pattern(persons: Persons) -> str:
    """What names a person in a text: a value that is nothing else, or one that is marked as an id.

    As bytes of UTF-8, and escaped as JSON and Python write it.
    """
    anywhere = {re.escape(name) for name in persons.distinctive}
    anywhere |= {re.escape(name) for name in persons.subjects}
    quoted = {re.escape(name) for name in (*persons.customers, *persons.visitors)}
    parts = sorted(anywhere, key=len, reverse=True) + [
        rf"(?<=[\"']){name}(?=[\"'])" for name in quoted
    ]
    return rf"(?<![\w-])(?:{'|'.join(parts)})(?![\w-])"


def _bytes_of(persons: Persons) -> tuple[bytes, ...]:
    """What the bytes of a file hold that names a person; others' longer ids may hold it, too."""
    names = (*persons.distinctive, *persons.subjects, *persons.customers, *persons.visitors)
    return tuple(name.encode() for name in dict.fromkeys(names))


def _others(state: StateDir) -> Iterator[Path]:
    skipped = {state.raw_database, state.working_database, state.build_lock}
    for path in sorted(state.root.rglob("*")):
        below = path.relative_to(state.root).parts
        if below[0] in ("published", "erasures") or path in skipped:
            continue
        if path.is_file() and not path.is_symlink() and not _is_part_of_sqlite(path):
            yield path


def _is_part_of_sqlite(path: Path) -> bool:
    ending = next((each for each in _OF_SQLITE if path.name.endswith(each)), None)
    if ending is None:
        return False
    whole = path.with_name(path.name.removesuffix(ending))
    return whole.is_file() and _head(whole).startswith(_SQLITE)


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(16)


def _is_table(path: Path, state: StateDir) -> bool:
    """Say whether a file holds rows about persons, as exports do; logs and rules do not."""
    is_export = path.relative_to(state.root).parts[0] == "exports"
    return is_export and path.name.casefold().endswith(_TABLES)


def _rewrite_table(path: Path, rows: LandingRows) -> int:
    name = path.name.casefold()
    extension = next((known for known in EXTENSIONS if name.endswith(known)), ".parquet")
    kind, is_gzip = EXTENSIONS[extension]
    target = path.with_name(f".erasing-{path.name}")
    try:
        count = write_without(LandingFile("", path.name, path, kind, is_gzip), rows, target)
    except (OSError, ValueError, duckdb.Error):
        return 0
    if count:
        put_in_place(target, path)
    return count


def _mask_text(path: Path, pattern: re.Pattern[str]) -> int:
    text = path.read_bytes().decode("utf-8", "surrogateescape")
    masked, count = pattern.subn(MASK, text)
    if count:
        target = path.with_name(f".erasing-{path.name}")
        target.write_bytes(masked.encode("utf-8", "surrogateescape"))
        put_in_place(target, path)
    return count


def _mask_sqlite(path: Path, pattern: re.Pattern[str], names: Sequence[bytes]) -> int:
    """Mask every text of an SQLite database, which Dagster may have open meanwhile.

    It is written where it stands: another process has it open, and would go on writing to a file
    that nobody reads. Rows that were deleted keep their bytes, in free pages as in the log of
    writes beside it, until VACUUM has written every page and the log is empty.

    Raises:
        LifecycleError: another process does not let go of it.
    """
    if not any(_holds(part, names) for part in _sqlite_files(path)):
        return 0
    try:
        with closing(sqlite3.connect(path, timeout=_PATIENCE_SECONDS)) as database:
            count = _mask_rows(database, pattern)
            database.execute("vacuum")
            ((is_busy, *_),) = database.execute("pragma wal_checkpoint(truncate)").fetchall()
    except sqlite3.OperationalError:
        is_busy, count = 1, 0
    if is_busy:
        raise LifecycleError(
            f"{path} is held by another program, which keeps the bytes of what was erased; stop it "
            "(Dagster, perhaps) and build or erase again: the erasure goes on where it stopped."
        )
    return count


def _mask_rows(database: sqlite3.Connection, pattern: re.Pattern[str]) -> int:
    def mask(value: str | bytes) -> str | bytes:
        if isinstance(value, str):
            return pattern.sub(MASK, value)
        return pattern.sub(MASK, value.decode("utf-8", "surrogateescape")).encode(
            "utf-8", "surrogateescape"
        )

    database.create_function("mask", 1, mask, deterministic=True)
    count = 0
    for table, column in _sqlite_columns(database):
        cursor = database.execute(
            f'update "{table}" set "{column}" = mask("{column}") '
            f'where typeof("{column}") in (\'text\', \'blob\') and mask("{column}") <> "{column}"'
        )
        count += cursor.rowcount
    database.commit()
    return count


def _sqlite_files(path: Path) -> Iterator[Path]:
    yield path
    yield from (path.with_name(path.name + ending) for ending in _OF_SQLITE)


def _holds(path: Path, names: Sequence[bytes]) -> bool:
    held = path.read_bytes() if path.is_file() else b""
    return any(name in held for name in names)


def _sqlite_columns(database: sqlite3.Connection) -> Sequence[tuple[str, str]]:
    tables = database.execute("select name from sqlite_master where type = 'table'").fetchall()
    return [
        (str(table), str(row[1]))
        for (table,) in tables
        for row in database.execute(f'pragma table_info("{table}")').fetchall()
    ]
