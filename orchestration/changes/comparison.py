"""Two published databases side by side: which marts, columns and rows differ.

Belongs here: the comparison, mart by mart, as values. Does not belong here: saying whether a
difference is right, or why it came about.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import duckdb

from orchestration.database_files import columns_of
from orchestration.safe_yaml import parsed as parsed_yaml
from orchestration.settings.paths import DBT_PROJECT_DIR
from orchestration.sql_text import identifier, text_literal

# When it was built and what had been published before: different by nature.
ALWAYS_DIFFERENT = frozenset({"build_info", "restatements", "rule_changes"})


@dataclass(frozen=True)
class MartDifference:
    """How one mart differs between two databases.

    Attributes:
        mart: its name.
        rows_before: its number of rows in the first database; None if it is not there.
        rows_after: the same in the second.
        columns: columns that only one has, or whose type differs, as `name: before -> after`.
        only_before: rows of the shared columns that only the first has, counted with repeats.
        only_after: rows that only the second has.
        changed_columns: among rows of one key in both, how many differ, by column; empty where no
            key is known.
        examples: up to five rows that one of the two has alone, each marked `-` or `+`.
    """

    mart: str
    rows_before: int | None
    rows_after: int | None
    columns: tuple[str, ...] = ()
    only_before: int = 0
    only_after: int = 0
    changed_columns: Mapping[str, int] | None = None
    examples: tuple[tuple[Any, ...], ...] = ()

    @property
    def is_equal(self) -> bool:
        """Whether both databases have the mart with the same columns and rows."""
        is_in_both = self.rows_before is not None and self.rows_after is not None
        return is_in_both and not self.columns and not self.only_before and not self.only_after

    @property
    def in_words(self) -> str:
        """How many rows either has, and has alone."""
        before, after = (
            "absent" if rows is None else f"{rows:,}"
            for rows in (self.rows_before, self.rows_after)
        )
        return (
            f"rows {before} -> {after}, {self.only_before:,} only before, "
            f"{self.only_after:,} only after"
        )


def primary_keys(marts_dir: Path = DBT_PROJECT_DIR / "models" / "marts") -> dict[str, list[str]]:
    """Return the columns of each mart's primary key, as its YAML states them."""
    keys: dict[str, list[str]] = {}
    for path in sorted(marts_dir.rglob("*.yml")):
        described = cast("dict[str, Any]", parsed_yaml(path.read_text()) or {})
        for model in described.get("models", []):
            config = model.get("config", {})
            meta = config.get("meta", {})
            if "primary_key" in meta:
                keys[config.get("alias") or model["name"]] = list(meta["primary_key"])
    return keys


def compare(
    before: Path, after: Path, keys: Mapping[str, list[str]] | None = None
) -> list[MartDifference]:
    """Compare all marts of two published databases, equal ones included, in order of name.

    Args:
        before: the first DuckDB file, with a schema `marts`.
        after: the second.
        keys: columns of each mart's primary key; default: those of the shipped project.

    Raises:
        duckdb.Error: when a file cannot be read.
    """
    known_keys = primary_keys() if keys is None else keys
    with closing(duckdb.connect()) as connection:
        connection.execute("set enable_progress_bar = false")
        for name, path in (("before", before), ("after", after)):
            connection.execute(f"attach {text_literal(str(path.resolve()))} as {name} (read_only)")
        return list(_differences(connection, known_keys))


def _differences(
    connection: duckdb.DuckDBPyConnection, keys: Mapping[str, list[str]]
) -> Iterator[MartDifference]:
    columns = {side: columns_of(connection, "marts", side) for side in ("before", "after")}
    for mart in sorted(columns["before"].keys() | columns["after"].keys()):
        old, new = columns["before"].get(mart), columns["after"].get(mart)
        rows_before = None if old is None else _rows(connection, f"before.marts.{mart}")
        rows_after = None if new is None else _rows(connection, f"after.marts.{mart}")
        if old is None or new is None:
            yield MartDifference(mart, rows_before, rows_after)
            continue
        odd = [
            f"{name}: {old.get(name, 'absent')} -> {new.get(name, 'absent')}"
            for name in (*old, *(name for name in new if name not in old))
            if old.get(name) != new.get(name)
        ]
        shared = [name for name in old if name in new]
        yield _row_difference(
            connection,
            MartDifference(mart, rows_before, rows_after, tuple(odd)),
            shared,
            keys.get(mart, []),
        )


def _row_difference(
    connection: duckdb.DuckDBPyConnection,
    found: MartDifference,
    shared: list[str],
    key: list[str],
) -> MartDifference:
    names = ", ".join(identifier(name) for name in shared)
    sides = [f"select {names} from {side}.marts.{found.mart}" for side in ("before", "after")]
    connection.execute(f"create or replace temp table lost as {sides[0]} except all {sides[1]}")
    connection.execute(f"create or replace temp table gained as {sides[1]} except all {sides[0]}")
    lost, gained = _rows(connection, "lost"), _rows(connection, "gained")
    examples = [
        (mark, *row)
        for mark, table in (("-", "lost"), ("+", "gained"))
        for row in connection.execute(f"select * from {table} order by all limit 5").fetchall()
    ]
    changed: dict[str, int] | None = None
    if key and lost and gained and set(key) <= set(shared):
        changed = _changed_columns(connection, [n for n in shared if n not in key], key)
    return MartDifference(
        found.mart,
        found.rows_before,
        found.rows_after,
        found.columns,
        lost,
        gained,
        changed,
        tuple(examples),
    )


def _changed_columns(
    connection: duckdb.DuckDBPyConnection, names: list[str], key: list[str]
) -> dict[str, int]:
    same_key = " and ".join(
        f"lost.{identifier(name)} is not distinct from gained.{identifier(name)}" for name in key
    )
    counts = ", ".join(
        f"count(*) filter (where lost.{identifier(name)} is distinct from "
        f"gained.{identifier(name)})"
        for name in names
    )
    if not counts:
        return {}
    query = f"select {counts} from lost inner join gained on {same_key}"
    row = cast("tuple[int, ...]", connection.execute(query).fetchone())
    return {name: count for name, count in zip(names, row, strict=True) if count}


def _rows(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    counted = connection.execute(f"select count(*) from {relation}").fetchone()
    return int(cast("tuple[int]", counted)[0])
