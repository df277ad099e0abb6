"""Published KPI rows beside expected ones, and a readable account of what differs.

Belongs here: reading ``kpi_values`` and telling KPI, period, slice and both sides of each
difference. Does not belong here: deciding what is right (``values``).
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from tests.reference.compare import published
from tests.reference.kpis.catalogue import OF_MODELS
from tests.reference.kpis.values import Value

COLUMNS = tuple(column.name for column in dataclasses.fields(Value))
KEY_LENGTH = COLUMNS.index("dimension_value") + 1
TOLD_PER_KPI = 4

Row = tuple


def published_rows(state_dir: Path) -> list[Row]:
    """All rows of ``kpi_values`` in the columns of ``Value``, those of models left out."""
    rows = published(state_dir, "kpi_values", COLUMNS)
    return [row for row in rows if row[0] not in OF_MODELS]


def differences(expected: Iterable[Value], actual: Iterable[Row]) -> list[str]:
    """One line per row that only one side has or that differs, the first few of each KPI."""
    wanted = {row[:KEY_LENGTH]: row for row in (dataclasses.astuple(value) for value in expected)}
    found = {row[:KEY_LENGTH]: row for row in actual}
    lines: list[str] = []
    told: Counter[str] = Counter()
    for key in sorted(wanted.keys() | found.keys()):
        mine, theirs = wanted.get(key), found.get(key)
        if mine == theirs:
            continue
        told[key[0]] += 1
        if told[key[0]] <= TOLD_PER_KPI:
            lines.append(
                f"{_shown(key)}\n    expected  {_shown_values(mine)}"
                f"\n    published {_shown_values(theirs)}"
            )
    return [*lines, *(f"{kpi}: {count} rows differ" for kpi, count in sorted(told.items()))]


def _shown(values: Iterable[object]) -> str:
    return " | ".join("-" if value is None else str(value) for value in values)


def _shown_values(row: Row | None) -> str:
    return "no row" if row is None else _shown(row[KEY_LENGTH:])
