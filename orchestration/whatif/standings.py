"""Where everybody stands today by two sets of rules, and who would be in which segment and play.

Belongs here: the comparison of a published version with marts made by other rules from the same raw
tables. Does not belong here: making those (`trial`), or how it is shown.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from orchestration.sql_text import date_literal, text_literal

NOWHERE = "(none)"
COLUMNS = (
    *("kind", "item", "subject_id", "before", "after", "subjects"),
    *("reason_before", "reason_after"),
)
_EXAMPLES_OF_A_MOVE = 2


@dataclass(frozen=True)
class WhatIf:
    """What other rules would say today.

    Attributes:
        as_of: the day.
        subjects: who stands anywhere, by either rules.
        moved: those who would stand elsewhere in a framework that both have.
        rows: moves, segments, plays and examples, as COLUMNS say: of a move `item` is the framework
            and `subjects` how many; of a segment or play `before` and `after` are how many.
    """

    as_of: date
    subjects: int
    moved: int
    rows: tuple[tuple[Any, ...], ...]

    def of_kind(self, kind: str) -> list[tuple[Any, ...]]:
        """Return the rows of a kind: move, segment, play or example."""
        return [row for row in self.rows if row[0] == kind]


def compare_standings(published: Path, tried: Path, as_of: date) -> WhatIf:
    """Compare what is published with what other rules make of the same raw tables.

    Args:
        published: the published DuckDB file.
        tried: the DuckDB file with the marts by the other rules.
        as_of: the day both speak of.
    """
    with closing(duckdb.connect()) as connection:
        connection.execute("set enable_progress_bar = false")
        for name, path in (("before", published), ("after", tried)):
            connection.execute(f"attach {text_literal(str(path))} as {name} (read_only)")
        connection.execute(_STANDINGS)
        counted = connection.execute(
            "select count(distinct subject_id), "
            "count(distinct subject_id) filter (where is_shared and before <> after) "
            "from standings"
        ).fetchone()
        parts = [_MOVES, *(_counts(*each) for each in _lists(connection, as_of)), _EXAMPLES]
        rows = [row for part in parts for row in connection.execute(part).fetchall()]
    subjects, moved = counted or (0, 0)
    return WhatIf(as_of, int(subjects), int(moved), tuple(rows))


_STANDINGS = f"""
create temp table standings as
with shared as (
    select framework from before.marts.lifecycle_current
    intersect
    select framework from after.marts.lifecycle_current
)

select
    framework,
    subject_id,
    coalesce(old.stage || ' / ' || old.health, '{NOWHERE}') as before,
    coalesce(new.stage || ' / ' || new.health, '{NOWHERE}') as after,
    old.reason as reason_before,
    new.reason as reason_after,
    framework in (from shared) as is_shared
from before.marts.lifecycle_current as old
full join after.marts.lifecycle_current as new using (framework, subject_id)
"""
_MOVES = """
select 'move', framework, null, before, after, count(*), null, null
from standings
where before <> after
group by framework, before, after
order by framework, count(*) desc, before, after
"""
# Of the largest moves first.
_EXAMPLES = f"""
with moves as (
    select
        *,
        count(*) over (partition by framework, before, after) as size,
        row_number() over (partition by framework, before, after order by subject_id) as place
    from standings
    where is_shared and before <> after
)

select 'example', framework, subject_id, before, after, null, reason_before, reason_after
from moves
where place <= {_EXAMPLES_OF_A_MOVE}
order by size desc, framework, before, after, subject_id
limit 10
"""


def _lists(connection: duckdb.DuckDBPyConnection, as_of: date) -> list[tuple[str, str, str, str]]:
    """Return kind, name column, mart and condition of the lists that both sides have."""
    day = date_literal(as_of)
    # Of whatever arm: how many a play would be for.
    is_due = f"due_from <= {day} and due_until > {day} and suppressed_by is null"
    lists = [
        ("segment", "segment", "segment_members", "true"),
        ("play", "play", "play_entries", is_due),
    ]
    found = connection.execute(
        "select table_name from duckdb_tables() where schema_name = 'marts' "
        "and database_name in ('before', 'after') group by table_name having count(*) = 2"
    ).fetchall()
    present = {str(name) for (name,) in found}
    return [each for each in lists if each[2] in present]


def _counts(kind: str, name: str, mart: str, condition: str) -> str:
    sides = [
        f"select {name}, count(distinct subject_id) as subjects "
        f"from {side}.marts.{mart} where {condition} group by {name}"
        for side in ("before", "after")
    ]
    return f"""
    select
        '{kind}', {name}, null,
        cast(coalesce(old.subjects, 0) as varchar), cast(coalesce(new.subjects, 0) as varchar),
        coalesce(new.subjects, 0) - coalesce(old.subjects, 0), null, null
    from ({sides[0]}) as old
    full join ({sides[1]}) as new using ({name})
    where coalesce(new.subjects, 0) <> coalesce(old.subjects, 0)
    order by {name}
    """
