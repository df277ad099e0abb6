"""Whether a lost raw database may be made anew, and the copy of its ledger that decides it.

Belongs here: the copy beside the database, and comparing it with what lies in the landing
directory. Does not belong here: finding out that a database is torn (`raw_database`).

Lost is one that is torn or gone, and in part one that is older than the copy: of a backup, say.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
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
        text = "".join(_line({"path": name, "sha256": sha256}) for name, sha256 in rows)
        if self.path.exists() and text_of(self.path) == text:
            return
        self._replace(text)

    def add(self, name: str, sha256: str) -> None:
        """Add a file that is about to be loaded; the next `sync` puts the copy in order."""
        with self.path.open("a", encoding="utf-8") as out:
            out.write(_line({"path": name, "sha256": sha256, "is_loading": True}))

    def forget(self, files: Collection[tuple[str, str]]) -> None:
        """Leave out files, by path and SHA-256, that are about to be taken out of the database."""
        kept = [file for file in self.files(loaded=True) if file not in files]
        self._replace("".join(_line({"path": name, "sha256": sha256}) for name, sha256 in kept))

    def begin(self) -> None:
        """Be there before the raw database is: where the copy is missing, it was taken away."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.touch()

    def _replace(self, text: str) -> None:
        target = self.path.with_name(self.path.name + ".new")
        target.write_text(text, encoding="utf-8")
        target.replace(self.path)

    def is_whole(self) -> bool:
        """Whether it tells of every file; a kill may have cut short its last line, no other."""
        if not self.path.is_file():
            return False
        told = [*json_lines_of(self.path)]
        if told and not text_of(self.path).endswith("\n"):
            told.pop()
        return all(entry is not None and {"path", "sha256"} <= entry.keys() for entry in told)

    def tells(self) -> bool:
        """Whether it tells of a file, or told of one before it was damaged."""
        return bool(self.files()) or (self.path.exists() and not self.is_whole())

    def files(self, *, loaded: bool = False) -> tuple[tuple[str, str], ...]:
        """Return path and SHA-256 of each file; a line that was cut short is left out.

        With `loaded`, only of those that were: a kill leaves some of which nobody can say.
        """
        return tuple(
            sorted(
                {
                    (str(entry["path"]), str(entry["sha256"]))
                    for entry in json_lines_of(self.path)
                    if entry is not None
                    and {"path", "sha256"} <= entry.keys()
                    and not (loaded and entry.get("is_loading"))
                }
            )
        )

    def unknown_to(self, ledger: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        """Return the loaded files that are not in a ledger: its database is older, or another."""
        known = set(ledger)
        return tuple(file for file in self.files(loaded=True) if file not in known)


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
            "Nothing was changed."
        )
    files = copy.files()
    lost = [name for name, sha256 in files if not _is_there(raw_dir / name, sha256)]
    if lost and not accept_loss:
        raise LifecycleError(
            f"{database} cannot be read ({cause}), and {len(lost):,} of the {len(files):,} files "
            f"that it was made from no longer lie in {raw_dir} as they were: {_listed(lost)}; "
            "bring them back, or go on without them with --accept-loss. "
            "Nothing was changed."
        )
    if is_known and not lost:
        discard(database)
        return f"{database} cannot be read ({cause}); it is rebuilt from the landing files."
    gone = f"{len(lost):,} files that are gone ({_listed(lost)})" if lost else "what may be gone"
    told = f"{database} cannot be read ({cause}); it is rebuilt without {gone}."
    if database.exists():
        kept = database.with_name(database.name + ".torn")
        discard(kept)
        database.replace(kept)
        told += f" The torn copy is {kept}."
    discard(database)
    copy.path.unlink(missing_ok=True)
    return told


def loaded_again(
    connection: duckdb.DuckDBPyConnection, copy: LedgerCopy, raw_dir: Path, *, accept_loss: bool
) -> tuple[str, ...]:
    """Return what to say of files that were loaded before and that the raw database does not know.

    Raises:
        LifecycleError: some of them no longer lie there, so that their rows would be lost.
    """
    ledger = connection.execute("select path, sha256 from raw.ingest_files").fetchall()
    unknown = copy.unknown_to(ledger)
    lost = [name for name, sha256 in unknown if not _is_there(raw_dir / name, sha256)]
    if lost and not accept_loss:
        raise LifecycleError(
            f"The raw database beside {copy.path} is older than that, or another one: "
            f"{len(lost):,} files that were loaded are unknown to it and no longer lie in "
            f"{raw_dir} as they were: {_listed(lost)}; bring back the right one, or the files, or "
            "go on without them with --accept-loss. Nothing was changed."
        )
    if not unknown:
        return ()
    without = f", without {len(lost):,} that are gone ({_listed(lost)})" if lost else ""
    text = "The raw database is older than the list of files beside it, or another one"
    return (f"{text}; {len(unknown):,} files are loaded again{without}.",)


def _is_there(path: Path, sha256: str) -> bool:
    try:
        return is_readable(path) and sha256_of(path) == sha256
    except OSError:
        return False


def _listed(names: Iterable[str]) -> str:
    listed = [shown(name) for name in names]
    rest = f" and {len(listed) - _NAMED:,} more" if len(listed) > _NAMED else ""
    return ", ".join(listed[:_NAMED]) + rest


def _line(entry: Mapping[str, object]) -> str:
    return json.dumps(entry) + "\n"
