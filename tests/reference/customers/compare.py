"""Rows of a mart beside expected ones.

Belongs here: reading a mart in the columns of its row class, and telling what differs column by
column. Does not belong here: deciding what is right.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.reference.compare import published

TOLD = 12


def differences(
    state_dir: Path, mart: str, key: Iterable[str], expected: Iterable[Any]
) -> tuple[int, list[str]]:
    """How many rows were compared, and a line for each of the first rows that differ."""
    rows = list(expected)
    names = tuple(key)
    if not rows:
        found = published(state_dir, mart, names)
        return 0, [f"{mart}: {len(found)} rows are published, none was expected"] if found else []
    columns = tuple(column.name for column in dataclasses.fields(rows[0]))
    wanted = _by_key((dataclasses.asdict(row) for row in rows), names)
    actual = _by_key(
        (dict(zip(columns, cells, strict=True)) for cells in published(state_dir, mart, columns)),
        names,
    )
    assert len(wanted) == len(rows), f"{mart}: the reference has a key twice"
    lines = [
        line
        for place in sorted(wanted.keys() | actual.keys(), key=repr)
        if (line := _told(mart, place, wanted.get(place), actual.get(place)))
    ]
    return len(rows), [*lines[:TOLD], *([f"{len(lines)} rows of {mart} differ"] if lines else [])]


def _by_key(
    rows: Iterable[Mapping[str, Any]], key: tuple[str, ...]
) -> dict[tuple[Any, ...], Mapping[str, Any]]:
    return {tuple(row[column] for column in key): row for row in rows}


def _told(
    mart: str,
    place: tuple[Any, ...],
    wanted: Mapping[str, Any] | None,
    actual: Mapping[str, Any] | None,
) -> str | None:
    named = " | ".join(map(str, place))
    if wanted is None or actual is None:
        return f"{mart} {named}: {'not expected' if wanted is None else 'not published'}"
    different = [
        f"{column} is {actual[column]}, not {value}"
        for column, value in wanted.items()
        if value != actual[column]
    ]
    return f"{mart} {named}: {'; '.join(different)}" if different else None
