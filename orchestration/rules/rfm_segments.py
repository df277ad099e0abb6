"""What makes the rows of `rfm_segments.csv` runnable: every cell of scores has a segment.

Belongs here: the checks of that one seed. Does not belong here: how customers are scored, which SQL
decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product

from orchestration.errors import shown
from orchestration.rules.seed_rows import Rows, SeedRow, duplicate_problems, name_problems

_MEASURES = ("recency", "frequency", "monetary")
_SCORES = range(1, 6)
_SCORE = re.compile(r"[1-5]", re.ASCII)
_PRIORITY = re.compile(r"[1-9]\d{0,5}", re.ASCII)


def rfm_problems(segments: Rows) -> Iterator[str]:
    """Yield every problem of the rows, each one sentence with file and line."""
    if not segments:
        yield "rfm_segments.csv: there is no row; write one for each segment."
        return
    yield from name_problems(segments, ("segment",))
    yield from duplicate_problems(segments, ("priority",))
    broken = [problem for row in segments for problem in _number_problems(row)]
    yield from broken
    if not broken:
        yield from _gap_problems(segments)


def _number_problems(row: SeedRow) -> Iterator[str]:
    if not _PRIORITY.fullmatch(row["priority"]):
        yield row.problem(
            f"priority must be a whole number from 1, not {shown(row['priority'])}; 1 wins"
        )
    for measure in _MEASURES:
        bounds = (f"{measure}_from", f"{measure}_to")
        bad = [column for column in bounds if not _SCORE.fullmatch(row[column])]
        for column in bad:
            yield row.problem(f"{column} must be a score from 1 to 5, not {shown(row[column])}")
        if not bad and int(row[bounds[0]]) > int(row[bounds[1]]):
            yield row.problem(f"{bounds[0]} must not be more than {bounds[1]}")


def _gap_problems(segments: Rows) -> Iterator[str]:
    """Told of the row that comes last by priority, the one to widen."""
    gaps = [
        scores
        for scores in product(_SCORES, repeat=len(_MEASURES))
        if not any(_holds(row, scores) for row in segments)
    ]
    if gaps:
        named = ", ".join(
            f"{measure} {score}" for measure, score in zip(_MEASURES, gaps[0], strict=True)
        )
        more = f", the first of {len(gaps)} such cells" if len(gaps) > 1 else ""
        last = max(segments, key=lambda row: int(row["priority"]))
        text = f"no segment holds customers of {named}{more}"
        yield last.problem(f"{text}; widen this row, the last by priority, or add one")


def _holds(row: SeedRow, scores: tuple[int, ...]) -> bool:
    return all(
        int(row[f"{measure}_from"]) <= score <= int(row[f"{measure}_to"])
        for measure, score in zip(_MEASURES, scores, strict=True)
    )
