"""A patch: rows of a seed to change, to add and to delete, in a small file beside the seed.

Belongs here: what `<seed>.patch.csv` may hold and what becomes of the rows below it. Does not
belong here: which files there are (`rule_set`), or whether the rows are sound afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from orchestration.errors import nearest, shown
from orchestration.rules.seed_rows import Rows, SeedFile, SeedRow, duplicate_problems, read_seed
from orchestration.rules.seed_shapes import SeedShape

DELETE = "_delete"
_SUFFIX = ".patch.csv"
Key = tuple[str, ...]


def patch_name(seed: str) -> str:
    """Return the name of the file that patches a seed file."""
    return f"{seed.removesuffix('.csv')}{_SUFFIX}"


def patched_seed(seed: SeedFile, path: Path, shape: SeedShape) -> SeedFile:
    """Return the seed with a patch file applied, or with the problems of that file.

    A row of the patch whose key stands in the seed changes the cells of the columns that the patch
    has; a blank cell leaves a cell that must be filled as it is, and empties any other. A row with
    another key is added below, and one with `_delete` takes its row away.
    """
    needed = [column for column in shape.key if shape.is_needed(column)]
    columns = (*seed.columns, DELETE)
    optional = [column for column in columns if column not in needed]
    patch = read_seed(path, expected=columns, optional=optional)
    found = {_key(row, shape): row for row in seed.rows}
    problems = patch.problems or (
        *duplicate_problems(seed.rows, shape.key),
        *_problems(patch.rows, tuple(found), shape),
    )
    if seed.problems or problems:
        return replace(seed, problems=(*seed.problems, *problems))
    for row in patch.rows:
        key = _key(row, shape)
        if row[DELETE].lower() == "true":
            del found[key]
        else:
            found[key] = _merged(found.get(key), row, patch.header, shape)
    return replace(seed, rows=tuple(found.values()))


def _problems(rows: Rows, known: tuple[Key, ...], shape: SeedShape) -> Iterator[str]:
    yield from duplicate_problems(rows, shape.key)
    for row in rows:
        if row[DELETE].lower() not in {"", "true", "false"}:
            yield row.problem(f"{DELETE} must be true or blank, not {shown(row[DELETE])}")
        key = _key(row, shape)
        if row[DELETE].lower() == "true" and key not in known:
            text = f"there is no row {shown(', '.join(key))} to delete"
            yield row.problem(text + nearest(", ".join(key), [", ".join(each) for each in known]))


def _merged(below: SeedRow | None, row: SeedRow, given: Key, shape: SeedShape) -> SeedRow:
    values = {column: row[column] for column in row.values if column != DELETE}
    if below is not None:
        changed = {
            column: values[column]
            for column in given
            if column in values and (values[column] or not shape.is_needed(column))
        }
        values = {**below.values, **changed}
    return SeedRow(row.file, row.line, values)


def _key(row: SeedRow, shape: SeedShape) -> Key:
    return tuple(row[column] for column in shape.key)
