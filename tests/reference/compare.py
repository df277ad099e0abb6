"""Published rows beside expected ones, and a readable account of the first difference.

Belongs here: running ``lifecycle`` as a user would, reading what it published, and telling which
world differs and how. Does not belong here: deciding what is right (``history``).
"""

from __future__ import annotations

import dataclasses
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb

from tests.reference.stages.evidence import Evidence
from tests.reference.stages.history import Interval, days_in_stage
from tests.reference.stages.outlook import Outlook
from tests.reference.world import TABLES, World

COLUMNS = tuple(column.name for column in dataclasses.fields(Interval))
CURRENT_COLUMNS = (
    *("framework", "subject_id", "subject_type", "valid_from", "stage", "health", "rule"),
    *("previous_stage", "previous_health", "cycle", "days_in_stage"),
    *("next_change_on", "next_stage", "next_health"),
)
# The columns of ``lifecycle_current`` that say when to act, and those of ``stage_evidence``.
OUTLOOK_COLUMNS = tuple(column.name for column in dataclasses.fields(Outlook))
EVIDENCE_COLUMNS = tuple(column.name for column in dataclasses.fields(Evidence))
# The ids of a world begin with its name, or are numbers that hold its number (world.renamed).
_WORLD = re.compile(r"^(?:customer|visitor:order|visitor|account):(?:(w\d+)-|9(\d{4})\d{3}$)")


@dataclass(frozen=True)
class Mismatch:
    """Rows of one world that only one side has."""

    world: World
    missing: tuple[tuple, ...]
    unexpected: tuple[tuple, ...]

    def told(self) -> str:
        """The world's rows, then what was expected and what was published."""
        lines = [f"world {self.world.name}, {self.world.size()} raw rows:"]
        for table in TABLES:
            for row in getattr(self.world, table):
                named = {
                    column.name: getattr(row, column.name)
                    for column in dataclasses.fields(row)
                    if getattr(row, column.name) is not None
                }
                lines.append(f"  {table}: " + ", ".join(f"{k}={v}" for k, v in named.items()))
        lines.append("expected by the reference, not published:")
        lines += [f"  {_shown(row)}" for row in self.missing[:12]]
        lines.append("published, not expected:")
        lines += [f"  {_shown(row)}" for row in self.unexpected[:12]]
        return "\n".join(lines)


def run_lifecycle(options: Sequence[str], environment: dict[str, str] | None = None) -> str:
    """Run the command line as a user would; return what it printed.

    Args:
        options: arguments of ``lifecycle``.
        environment: variables set beside the present ones.

    Raises:
        AssertionError: with all it printed, when it did not exit 0.
    """
    command = Path(sys.executable).parent / "lifecycle"
    kept = {name: text for name, text in os.environ.items() if not name.startswith("LIFECYCLE_")}
    done = subprocess.run(
        [str(command), *options],
        capture_output=True,
        text=True,
        check=False,
        env={**kept, **(environment or {})},
    )
    assert done.returncode == 0, (
        f"{' '.join(options)}\n{done.stdout[-6000:]}\n{done.stderr[-6000:]}"
    )
    return done.stdout


def published(
    state_dir: Path, mart: str, columns: Sequence[str], condition: str = "true"
) -> list[tuple]:
    """The rows of a published mart for which a condition holds."""
    return rows(state_dir / "published" / "lifecycle.duckdb", mart, columns, condition)


def rows(database: Path, mart: str, columns: Sequence[str], condition: str = "true") -> list[tuple]:
    """The rows of a mart for which a condition holds, from a published or a working database."""
    query = f"select {', '.join(columns)} from marts.{mart} where {condition}"
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.sql(query).fetchall()


def as_rows(rows: Iterable[Interval | Outlook | Evidence]) -> list[tuple]:
    """Rows of the reference as tuples in the column order of their mart."""
    return [dataclasses.astuple(row) for row in rows]


def current_rows(intervals: Sequence[Interval], as_of_date: date) -> list[tuple]:
    """The rows of ``lifecycle_current`` in the order of ``CURRENT_COLUMNS``."""
    ages = days_in_stage(intervals, as_of_date)
    return [
        tuple(
            ages[row.framework, row.subject_id]
            if column == "days_in_stage"
            else getattr(row, column)
            for column in CURRENT_COLUMNS
        )
        for row in intervals
        if row.valid_to is None
    ]


def smallest_mismatch(
    worlds: Sequence[World], expected: Iterable[tuple], actual: Iterable[tuple]
) -> Mismatch | None:
    """The smallest world whose rows differ, or None when every row of every world agrees.

    Args:
        worlds: the worlds of one batch.
        expected: reference rows; the second column is ``subject_id``.
        actual: published rows in the same columns.
    """
    wanted, found = _by_world(expected), _by_world(actual)
    strangers = found.keys() - {world.name for world in worlds}
    assert not strangers, f"subjects of no world: {sorted(found[min(strangers)])[:3]}"
    for world in sorted(worlds, key=lambda world: (world.size(), world.name)):
        mine, theirs = wanted.get(world.name, []), found.get(world.name, [])
        if sorted(map(repr, mine)) != sorted(map(repr, theirs)):
            return Mismatch(
                world,
                tuple(sorted(set(mine) - set(theirs), key=repr)),
                tuple(sorted(set(theirs) - set(mine), key=repr)),
            )
    return None


def _by_world(rows: Iterable[tuple]) -> dict[str, list[tuple]]:
    grouped: dict[str, list[tuple]] = {}
    for row in rows:
        match = _WORLD.match(row[1])
        world = (match[1] or f"w{match[2]}") if match else row[1]
        grouped.setdefault(world, []).append(tuple(map(_plain, row)))
    return grouped


def _plain(value: object) -> object:
    """A value whose text is the same however it was computed."""
    if isinstance(value, Decimal):
        return value.normalize() + 0
    return tuple(value) if isinstance(value, list) else value


def _shown(row: tuple) -> str:
    return " | ".join("-" if value is None else str(value) for value in row)
