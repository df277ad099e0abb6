"""Tombstones: what refuses an erased person's rows when they are delivered again.

Belongs here: where the key lies, the marks (keyed hashes of ids, so that nobody without the key
learns who was erased), taking such rows out of a file that is being loaded, and what other people's
rows say of the person. Does not belong here: deciding who is erased (`privacy`).

Marks lie in the state directory, since they are about what it holds; the key lies outside, so that
a copy of the state directory tells nothing.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
from platformdirs import user_config_path

from orchestration.errors import InputError, LifecycleError
from orchestration.ingest.ledger import count_of
from orchestration.ingest.raw_contract import Table
from orchestration.settings.paths import StateDir
from orchestration.small_files import read_key, read_or_make_key, text_of, write_private
from orchestration.sql_text import text_literal

# Why a row was set aside; it is counted, and nothing of it is kept.
ERASED = "erased"
# The columns by which a row is somebody's. An order is known by its own id, too: its lines and
# refunds name nobody.
OWNER_COLUMNS: dict[str, tuple[str, ...]] = {
    "events": ("user_id", "anonymous_id", "order_id"),
    "orders": ("customer_id", "anonymous_id", "order_id"),
    "order_lines": ("order_id",),
    "refunds": ("order_id",),
    "customers": ("customer_id",),
    "customer_merges": ("from_customer_id", "into_customer_id"),
    "erasure_requests": ("customer_id",),
}
# Keys of properties under which other people's rows name a person.
REFERENCE_KEY = r"[A-Za-z_]*(?:customer|user|anonymous|person)_?[iI][dD]"
_REFERENCES = {"events": "properties", "customers": "attributes"}
_MARK = re.compile("[0-9a-f]{64}")
_FINGERPRINT_OF = b"customer-lifecycle erasure key"


@dataclass(frozen=True)
class Tombstones:
    """The marks of a state directory, and the key that they were made with."""

    key: bytes
    marks: frozenset[str]

    def mark(self, name: str) -> str:
        """Return the mark of an id."""
        return hmac.digest(self.key, name.encode(), "sha256").hex()

    def buried(self, names: Iterable[str]) -> list[str]:
        """Return those of the ids that have a mark."""
        return [name for name in names if self.mark(name) in self.marks]


def key_path(given: Path | None) -> Path:
    """Return where the key lies: where the user says, else with the user's configuration."""
    return given or user_config_path("customer-lifecycle") / "erasure.key"


def read_tombstones(state: StateDir, key_file: Path | None) -> Tombstones | None:
    """Return the tombstones of a state directory; None where nobody was erased.

    Raises:
        InputError: the key is gone, or is not the one that they were made with.
    """
    if not state.tombstones.exists():
        return None
    fingerprint, *marks = text_of(state.tombstones).split() or [""]
    if not all(map(_MARK.fullmatch, (fingerprint, *marks))):
        raise InputError(
            f"The tombstones {state.tombstones} cannot be read; without them, erased persons would "
            "come back unseen: bring them back from a copy of the state directory."
        )
    path = key_path(key_file)
    way_out = (
        "without it, erased persons would come back unseen; bring the key back, or name it with "
        "LIFECYCLE_ERASURE_KEY_FILE"
    )
    try:
        key = read_key(path)
    except FileNotFoundError:
        raise InputError(f"The erasure key {path} is gone; {way_out}.") from None
    except (OSError, ValueError) as error:
        raise InputError(
            f"The erasure key {path} cannot be read ({type(error).__name__}); {way_out}."
        ) from None
    if _fingerprint(key) != fingerprint:
        raise InputError(f"The erasure key {path} is not the one used before; {way_out}.")
    return Tombstones(key, frozenset(marks))


def bury(state: StateDir, key_file: Path | None, names: Iterable[str]) -> Tombstones:
    """Set a tombstone for each id; the key is made when there is none. May be done again.

    Raises:
        InputError: the key is gone, or is not the one that earlier ones were made with.
        LifecycleError: the key can neither be read nor made, or would lie in the state directory.
    """
    path = key_path(key_file)
    if path.resolve().is_relative_to(state.root):
        raise LifecycleError(
            f"The erasure key {path} would lie in the state directory, where it protects nothing; "
            "name another place with LIFECYCLE_ERASURE_KEY_FILE."
        )
    known = read_tombstones(state, key_file)
    if known is None:
        known = Tombstones(_made_key(path), frozenset())
    both = Tombstones(known.key, known.marks | {known.mark(name) for name in names})
    write_private(state.tombstones, "\n".join([_fingerprint(both.key), *sorted(both.marks)]) + "\n")
    return both


def set_erased_aside(
    connection: duckdb.DuckDBPyConnection, table: Table, tombstones: Tombstones | None
) -> int:
    """Take the rows of erased persons out of `judged_rows`, refused ones too; return how many.

    What rows of others say of them becomes null.
    """
    if tombstones is None:
        return 0
    erased = 0
    if is_owned := _owned_by_erased(connection, table, tombstones, "judged_rows"):
        erased = count_of(connection, f"delete from judged_rows where {is_owned}")
    _forget_references(connection, table, tombstones)
    return erased


def told_of_erased(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    tombstones: Tombstones | None,
    from_sql: str,
) -> str:
    """Return the condition under which a row is an erased person's or names one; empty if none.

    Args:
        connection: where the rows can be selected.
        table: the raw table that they are for.
        tombstones: of persons whose rows are refused.
        from_sql: relation of the rows.
    """
    if tombstones is None:
        return ""
    is_owned = _owned_by_erased(connection, table, tombstones, from_sql)
    column, names = _references_to_erased(connection, table, tombstones, from_sql)
    named = [f"contains(cast({column} as varchar), {text_literal(name)})" for name in names]
    return " or ".join(filter(None, [is_owned, *named]))


def drop_erased_lines(
    connection: duckdb.DuckDBPyConnection, file_id: int, tombstones: Tombstones | None
) -> int:
    """Take lines out of quarantine that could not be read and hold an erased person's id."""
    if tombstones is None:
        return 0
    rows = connection.execute(
        "select rowid, raw_record from raw.quarantine where file_id = ? and raw_record is not null",
        [file_id],
    ).fetchall()
    dropped = [row for row, record in rows if tombstones.buried(words_of(str(record)))]
    for row in dropped:
        connection.execute("delete from raw.quarantine where rowid = ?", [row])
    return len(dropped)


def words_of(text: str) -> frozenset[str]:
    """Return what may be an id in a line that could not be read."""
    return frozenset(re.split(r"[\s,;|\"'{}\[\]\\]+|:(?=[\s\"])", text)) - {""}


def without_references(text: str, names: Sequence[str]) -> str:
    """Return JSON text in which whatever names one of these persons is null.

    A text that could hardly be anything else is one wherever it stands, any other one where the key
    says so. Quotes may be escaped, as in JSON within JSON.
    """
    for pattern, instead in _reference_patterns(names):
        text = re.sub(pattern, instead, text)
    return text


def is_distinctive(name: str) -> bool:
    """Say whether an id could hardly be anything else: a quantity, a year, a word."""
    return len(name) >= (9 if name.isdecimal() else 6) and any(map(str.isdecimal, name))


def _reference_patterns(names: Sequence[str]) -> list[tuple[str, str]]:
    patterns: list[tuple[str, str]] = []
    anywhere = [re.escape(name) for name in names if is_distinctive(name)]
    if anywhere:
        listed = "|".join(anywhere)
        patterns.append((rf'(\\*")(?:{listed})\1(?=\s*[,}}\]])', "null"))
    others = [re.escape(name) for name in names if not is_distinctive(name)]
    if others:
        listed = "|".join(others)
        patterns.append(
            (rf'((\\*"){REFERENCE_KEY}\2\s*:\s*)\2?(?:{listed})\2?(?=\s*[,}}])', r"\1null")
        )
    return patterns


def _owned_by_erased(
    connection: duckdb.DuckDBPyConnection, table: Table, tombstones: Tombstones, from_sql: str
) -> str:
    owners = [_owner(table.name, column) for column in OWNER_COLUMNS.get(table.name, ())]
    if not owners:
        return ""
    listed = " union ".join(f"select {owner} from {from_sql}" for owner in owners)
    names = (str(row[0]) for row in connection.execute(listed).fetchall() if row[0])
    one_of = ", ".join(text_literal(name) for name in tombstones.buried(names))
    if not one_of:
        return ""
    return " or ".join(f"coalesce({owner} in ({one_of}), false)" for owner in owners)


def _references_to_erased(
    connection: duckdb.DuckDBPyConnection, table: Table, tombstones: Tombstones, from_sql: str
) -> tuple[str, list[str]]:
    """Return the column in which rows name persons, and the erased ones that are named there."""
    column = _REFERENCES.get(table.name)
    if column is None:
        return "", []
    pattern = text_literal(rf'"{REFERENCE_KEY}"\s*:\s*"([^"]*)"')
    listed = (
        f"select distinct unnest(regexp_extract_all(cast({column} as varchar), {pattern}, 1)) "
        f"from {from_sql} where {column} is not null"
    )
    names = (str(row[0]) for row in connection.execute(listed).fetchall())
    return column, tombstones.buried(names)


def _forget_references(
    connection: duckdb.DuckDBPyConnection, table: Table, tombstones: Tombstones
) -> None:
    column, names = _references_to_erased(connection, table, tombstones, "judged_rows")
    for name in names:
        rows = connection.execute(
            f"select record, cast({column} as varchar) from judged_rows "
            f"where contains(cast({column} as varchar), ?)",
            [name],
        ).fetchall()
        for record, text in rows:
            connection.execute(
                f"update judged_rows set {column} = ? where record = ?",
                [without_references(str(text), [name]), record],
            )


def _owner(table: str, column: str) -> str:
    """Return the expression of an owner: of events, a null column is read from properties."""
    if table != "events":
        return column
    key = text_literal(f'"{column}"')
    told = f"nullif(trim(json_extract_string(properties, {text_literal('/' + column)})), '')"
    there = f"contains(cast(properties as varchar), {key})"
    return f"coalesce({column}, case when {there} then {told} end)"


def _fingerprint(key: bytes) -> str:
    return hmac.digest(key, _FINGERPRINT_OF, "sha256").hex()


def _made_key(path: Path) -> bytes:
    try:
        return read_or_make_key(path)
    except (OSError, ValueError) as error:
        raise LifecycleError(
            f"The erasure key {path} can neither be read nor made ({type(error).__name__}); name "
            "another place with LIFECYCLE_ERASURE_KEY_FILE."
        ) from None
