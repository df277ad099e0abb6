"""Which column of a file is which column of a table.

Belongs here: comparing names as spelled, folded and by the synonyms of `words/columns.csv`; what is
said of names that are missing, overruled or unknown. Does not belong here: reading a value.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from orchestration.errors import nearest
from orchestration.ingest.column_names import fold_name
from orchestration.ingest.raw_contract import Table
from orchestration.ingest.reasons import FileRefusedError, Reason

# More columns than this are data, not columns (an id used as a name, say); none of the layouts that
# tools export comes near, and the SQL over ten thousand columns takes minutes.
MAX_COLUMNS = 1_000
_SYNONYMS = Path(__file__).parents[1] / "words" / "columns.csv"
# Below this likeness two names mean different things: `id` is near `order_id`, `note` to nothing.
_NEAR = 0.6


@dataclass(frozen=True)
class ColumnMatch:
    """Which of a file's columns is which.

    Attributes:
        positions: contract column to the positions of the file's columns that mean it, the one
            that counts first.
        tied: contract columns of which two columns of the file have equal right.
    """

    positions: Mapping[str, tuple[int, ...]]
    tied: tuple[str, ...]


@cache
def synonyms(table: str) -> Mapping[str, str]:
    """Return folded name to contract column, for one table."""
    with _SYNONYMS.open(encoding="utf-8", newline="") as source:
        rows = [row for row in csv.DictReader(source) if row["table"] == table]
    return {row["word"]: row["column"] for row in rows}


def match_columns(table: Table, names: Sequence[str]) -> ColumnMatch:
    """Compare a file's column names with a table's.

    The contract's spelling counts before another case, that before a folded name, that before a
    synonym.
    """
    words = synonyms(table.name)
    order = list(words)
    found: dict[str, list[tuple[int, int]]] = {}
    for position, name in enumerate(names):
        folded = fold_name(name)
        if name in table.column_names:
            column, rank = name, 0
        elif name.casefold() in table.column_names:
            column, rank = name.casefold(), 1
        elif folded in table.column_names:
            column, rank = folded, 2
        elif folded in words:
            column, rank = words[folded], 3 + order.index(folded)
        else:
            continue
        found.setdefault(column, []).append((rank, position))
    ranked = {column: sorted(places) for column, places in found.items()}
    return ColumnMatch(
        positions={
            column: tuple(position for _, position in places) for column, places in ranked.items()
        },
        tied=tuple(
            column
            for column, places in ranked.items()
            if len(places) > 1 and places[0][0] == places[1][0]
        ),
    )


def is_header(table: Table, names: Sequence[str]) -> bool:
    """Say whether names are a table's header, so that a message may repeat them.

    A first line that holds a person's data instead may share a word with the contract.
    """
    known = len(match_columns(table, names).positions)
    return known >= 3 or 2 * known >= len(names) > 0


def require_columns(table: Table, match: ColumnMatch, names: Sequence[str]) -> None:
    """Refuse a file that lacks a required column.

    Raises:
        FileRefusedError: names all that is missing, and what the file may have for it.
    """
    used = {position for places in match.positions.values() for position in places}
    free = [name for position, name in enumerate(names) if position not in used]
    free = free if is_header(table, names) else []
    missing = [
        column.name
        for column in table.columns
        if column.required and column.name not in match.positions
    ]
    problems = [f"{name}{_maybe(name, free)}" for name in missing]
    groups = [group for group in table.one_of if not any(name in match.positions for name in group)]
    problems += [f"one of {' and '.join(group)}" for group in groups]
    if not problems:
        return
    detail = f"Missing: {', '.join(problems)}."
    if is_header(table, names):
        detail += f" The file has: {', '.join(names[:40])}."
    first = [*missing, *(", ".join(group) for group in groups)][0]
    raise FileRefusedError(Reason.MISSING_COLUMN, detail, first)


def meant(name: str, table: Table) -> str:
    """Return the contract's column that an unknown name is near to, as the end of a sentence."""
    return nearest(fold_name(name), table.column_names, cutoff=0.75)


def _maybe(name: str, free: Sequence[str]) -> str:
    own = {fold_name(given): given for given in reversed(free)}
    # `id` is what most tools call the first column.
    if name.endswith("_id") and "id" in own:
        return f" (did you mean {name} for {own['id']}?)"
    near = nearest(name, own, cutoff=_NEAR)
    if not near:
        return ""
    given = own[near.split('"')[1]]
    return f" (did you mean {name} for {given}?)"
