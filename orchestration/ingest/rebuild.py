"""Whether a torn raw database may be made anew, and the copy of its ledger that decides it.

Belongs here: the copy beside the database, and comparing it with what lies in the landing
directory. Does not belong here: finding out that a database is torn (`raw_database`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.checksums import sha256_of
from orchestration.errors import LifecycleError, shown
from orchestration.ingest.landing_directory import is_readable
from orchestration.ingest.raw_database import discard
from orchestration.small_files import json_lines_of, text_of

# More names than this help nobody.
_NAMED = 10


@dataclass(frozen=True)
class LedgerCopy:
    """Path and SHA-256 of every file that the raw database was made from, a JSON line for each."""

    path: Path

    def sync(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Write the copy anew from the ledger, at once and as a whole."""
        rows = connection.execute(
            "select distinct path, sha256 from raw.ingest_files "
            "where rows_loaded + rows_duplicate > 0 order by all"
        ).fetchall()
        lines = [_line(str(name), str(sha256)) for name, sha256 in rows]
        text = "".join(lines)
        if self.path.exists() and text_of(self.path) == text:
            return
        target = self.path.with_name(self.path.name + ".new")
        target.write_text(text, encoding="utf-8")
        target.replace(self.path)

    def add(self, name: str, sha256: str) -> None:
        """Add one file; the next `sync` puts the copy in order."""
        with self.path.open("a", encoding="utf-8") as out:
            out.write(_line(name, sha256))

    def begin(self) -> None:
        """Be there before the raw database is: where the copy is missing, it was taken away."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.touch()

    def is_whole(self) -> bool:
        """Whether it tells of every file; a kill may have cut short its last line, no other."""
        if not self.path.is_file():
            return False
        told = [*json_lines_of(self.path)]
        if told and not text_of(self.path).endswith("\n"):
            told.pop()
        return all(entry is not None and {"path", "sha256"} <= entry.keys() for entry in told)

    def files(self) -> tuple[tuple[str, str], ...]:
        """Return path and SHA-256 of each file; a line that was cut short is left out."""
        return tuple(
            sorted(
                {
                    (str(entry["path"]), str(entry["sha256"]))
                    for entry in json_lines_of(self.path)
                    if entry is not None and {"path", "sha256"} <= entry.keys()
                }
            )
        )


def remove_torn(
    database: Path, copy: LedgerCopy, raw_dir: Path, cause: str, *, accept_loss: bool
) -> str:
    """Clear the way for a new raw database if nothing is lost by it; return what to say of it.

    Raises:
        LifecycleError: names the files that are gone and both ways out; the torn copy stays.
    """
    is_known = copy.is_whole()
    if not (is_known or accept_loss):
        raise LifecycleError(
            f"{database} cannot be read ({cause}), and {copy.path}, which lists the files that it "
            f"was made from, is missing or damaged: nobody can say whether all of them still lie "
            f"in {raw_dir}; bring it back, or go on with what lies there with --accept-loss. "
            "The torn copy stays where it is."
        )
    files = copy.files()
    lost = [name for name, sha256 in files if not _is_there(raw_dir / name, sha256)]
    if lost and not accept_loss:
        raise LifecycleError(
            f"{database} cannot be read ({cause}), and {len(lost):,} of the {len(files):,} files "
            f"that it was made from no longer lie in {raw_dir} as they were: {_listed(lost)}; "
            "bring them back, or go on without them with --accept-loss. "
            "The torn copy stays where it is."
        )
    if is_known and not lost:
        discard(database)
        return f"{database} cannot be read ({cause}); it is rebuilt from the landing files."
    kept = database.with_name(database.name + ".torn")
    discard(kept)
    database.replace(kept)
    discard(database)
    copy.path.unlink(missing_ok=True)
    gone = f"{len(lost):,} files that are gone ({_listed(lost)})" if lost else "what may be gone"
    return (
        f"{database} cannot be read ({cause}); it is rebuilt without {gone}. "
        f"The torn copy is {kept}."
    )


def _is_there(path: Path, sha256: str) -> bool:
    try:
        return is_readable(path) and sha256_of(path) == sha256
    except OSError:
        return False


def _listed(names: Iterable[str]) -> str:
    listed = [shown(name) for name in names]
    rest = f" and {len(listed) - _NAMED:,} more" if len(listed) > _NAMED else ""
    return ", ".join(listed[:_NAMED]) + rest


def _line(name: str, sha256: str) -> str:
    return json.dumps({"path": name, "sha256": sha256}) + "\n"
