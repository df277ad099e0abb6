"""Rows of a mart beside expected ones, and a readable account of what differs.

Belongs here: matching by key, tolerances. Does not belong here: deciding what is right; which world
of a batch differs (``compare``).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Any

Row = Mapping[str, Any]
# Intervals and survivals pass through floats; the rest is exact.
NEAR = 2e-9
TOLD = 20


def differences(
    expected: Iterable[Any],
    actual: Iterable[Row],
    key: Iterable[str],
    near: Mapping[str, float] = MappingProxyType({}),
) -> list[str]:
    """One line per row that only one side has or that differs in a column of the expected.

    Args:
        expected: mappings, or dataclasses whose fields are the columns.
        actual: published rows; columns that are not expected are left alone.
        key: columns that tell rows apart.
        near: how far numbers may be apart that pass through floats, by a part of a column's name.
    """
    names = tuple(key)
    rows = [row if isinstance(row, Mapping) else dataclasses.asdict(row) for row in expected]
    published = list(actual)
    wanted = {tuple(row[column] for column in names): row for row in rows}
    found = {tuple(row[column] for column in names): row for row in published}
    assert len(wanted) == len(rows), "a key is expected twice"
    assert len(found) == len(published), "a key is published twice"
    lines = [
        f"{each}: {'not published' if each in wanted else 'not expected'}"
        for each in sorted(wanted.keys() ^ found.keys(), key=str)
    ]
    for each in sorted(wanted.keys() & found.keys(), key=str):
        lines += [
            f"{each} {column}: expected {value}, published {found[each][column]}"
            for column, value in wanted[each].items()
            if not _equal(value, found[each][column], _nearness(column, near))
        ]
    return [*lines[:TOLD], *([f"{len(lines)} differences"] if len(lines) > TOLD else [])]


def _nearness(column: str, near: Mapping[str, float]) -> float:
    return next((apart for part, apart in near.items() if part in column), NEAR)


def _equal(expected: Any, actual: Any, near: float) -> bool:
    if isinstance(expected, (float, Fraction)) and actual is not None:
        allowed = near * max(1.0, abs(float(expected)))
        if isinstance(expected, float) and isinstance(actual, Decimal):
            # A decimal is a float that was rounded to its last place.
            allowed += 0.5 * 10 ** int(actual.as_tuple().exponent)
        return abs(float(expected) - float(actual)) <= allowed
    return bool(expected == actual)
