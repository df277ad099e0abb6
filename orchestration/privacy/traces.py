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

from orchestration.ingest.landing_directory import EXTENSIONS, LandingFile
from orchestration.privacy.landing_files import LandingRows, put_in_place, write_without
from orchestration.privacy.person import Persons
from orchestration.settings.paths import StateDir

MASK = "(erased)"
# Remade by the next run, or left by one that was killed.
_REMADE = (
    "ingest_tmp", "raw_database", "dbt/logs", "dbt/target/run", "dbt/target/compiled",
    "dbt/target/run_results.json", "working.duckdb", "working.duckdb.wal", "working.duckdb.tmp",
    "raw.duckdb.tmp",
)  # fmt: skip
_TORN = "*.torn*"
_TABLES = tuple(name for name, (kind, _) in EXTENSIONS.items() if kind != "spreadsheet")
_SQLITE = b"SQLite format 3\0"
_PARQUET = b"PAR1"
_DUCKDB = b"DUCK"
_GZIP = b"\x1f\x8b"


def remove_remade(state: StateDir) -> list[str]:
    """Remove what the next run makes anew, and torn copies, which nobody can read; name them."""
    removed: list[str] = []
    found = [state.root / name for name in _REMADE]
    for path in (*found, *sorted(state.root.glob(_TORN))):
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
        with path.open("rb") as file:
            head = file.read(16)
        if head.startswith(_SQLITE):
            count = _mask_sqlite(path, pattern)
        elif head[8:12] == _DUCKDB:
            count = 0
        else:
            # Of a table the whole row goes, since what stands beside the id is theirs, too.
            count = _rewrite_table(path, rows) if _is_table(path, state) else 0
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


def _others(state: StateDir) -> Iterator[Path]:
    skipped = {state.raw_database, state.working_database, state.build_lock}
    for path in sorted(state.root.rglob("*")):
        below = path.relative_to(state.root).parts
        if below[0] in ("published", "erasures") or path in skipped:
            continue
        if path.is_file() and not path.is_symlink():
            yield path


def _is_table(path: Path, state: StateDir) -> bool:
    """Say whether a file holds rows about persons, as exports do; logs and rules do not."""
    is_export = path.relative_to(state.root).parts[0] == "exports"
    return is_export and path.name.casefold().endswith(_TABLES)


def _rewrite_table(path: Path, rows: LandingRows) -> int:
    name = path.name.casefold()
    extension = next(known for known in EXTENSIONS if name.endswith(known))
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


def _mask_sqlite(path: Path, pattern: re.Pattern[str]) -> int:
    """Mask every text of an SQLite database, which Dagster may have open meanwhile.

    It is written where it stands: another process has it open, and would go on writing to a file
    that nobody reads. `secure_delete` overwrites what is replaced, and VACUUM every page.
    """
    count = 0
    with closing(sqlite3.connect(path, timeout=60)) as database:
        database.execute("pragma secure_delete = on")

        def mask(text: object) -> str:
            return pattern.sub(MASK, str(text))

        database.create_function("mask", 1, mask)
        for table, column in _sqlite_columns(database):
            cursor = database.execute(
                f'update "{table}" set "{column}" = mask("{column}") '
                f'where typeof("{column}") = \'text\' and mask("{column}") <> "{column}"'
            )
            count += cursor.rowcount
        database.commit()
        if count:
            database.execute("vacuum")
            database.execute("pragma wal_checkpoint(truncate)")
    return count


def _sqlite_columns(database: sqlite3.Connection) -> Sequence[tuple[str, str]]:
    tables = database.execute("select name from sqlite_master where type = 'table'").fetchall()
    return [
        (str(table), str(row[1]))
        for (table,) in tables
        for row in database.execute(f'pragma table_info("{table}")').fetchall()
    ]
