"""The dbt unit tests as SQL that dbt made: each model's own, on made-up rows.

Belongs here: asking them of a slip. Does not belong here: running dbt, and any other witness.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

import duckdb

from tests.mutation.slips import Slip

_RELATION = re.compile(r'"working"\."\w+"\."(\w+)"')


class UnitTests:
    """All unit tests of a project; each has passed."""

    def __init__(self, target: Path) -> None:
        """Read what a run of all of them has left in dbt's target directory."""
        manifest = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
        texts = {path.stem: path for path in (target / "compiled").rglob("*.yml/**/*.sql")}
        self._of: dict[str, list[tuple[str, list[str], str]]] = defaultdict(list)
        for test in manifest["unit_tests"].values():
            text = texts[test["name"]].read_text(encoding="utf-8")
            expected = test["expect"]["rows"]
            columns = [*expected[0]] if isinstance(expected, list) and expected else []
            self._of[test["model"]].append((test["name"], columns, text))

    def red(self, slip: Slip) -> str:
        """Return a test of the slip's model that fails then, or nothing."""
        right, wrong = (_RELATION.sub(r"__dbt__cte__\1", sql) for sql in (slip.right, slip.wrong))
        for name, columns, sql in self._of[slip.model]:
            # The rows that a test gives come first, and may say the same.
            before, found, after = sql.rpartition(right)
            made = _rows(before + wrong + after, columns) if found else None
            if made is not None and made != _rows(sql, columns):
                return name
        return ""


def _rows(sql: str, columns: Iterable[str]) -> Counter[str] | None:
    """Return the rows in the columns that a test expects something of; all where it names none."""
    names = ", ".join(f'"{column}"' for column in columns) or "*"
    try:
        return Counter(map(repr, duckdb.sql(f"select {names} from (\n{sql}\n)").fetchall()))
    except duckdb.Error:
        return None
