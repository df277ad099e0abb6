"""What each seed looks like, read from the YAML beside it, which dbt tests the same rows by.

Belongs here: key, filled columns, accepted values, types and what a blank cell stands for, declared
once and read here; the default of a blank cell; problems of form. Does not belong here: what rows
mean for each other (`rule_checks`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, cast

from orchestration.errors import nearest, shown
from orchestration.rules.seed_rows import (
    Rows,
    SeedFile,
    SeedRow,
    duplicate_problems,
    truth_problems,
)
from orchestration.safe_yaml import parsed as parsed_yaml
from orchestration.settings.paths import DBT_PROJECT_DIR

_WHOLE = re.compile(r"-?\d{1,9}", re.ASCII)
_NUMBER = re.compile(r"-?\d{1,14}(\.\d{1,10})?", re.ASCII)


@dataclass(frozen=True)
class SeedShape:
    """What the YAML of a seed says of its columns.

    Attributes:
        key: the columns that tell its rows apart.
        filled: columns that are never blank, once blank cells have their defaults.
        values: accepted values by column; blank is none of them.
        types: dbt's column types.
        defaults: what a blank cell stands for, by column, in order: `value` a text, `same_as`
            another column, `words_of` a name with blanks for underscores and a capital letter.
    """

    key: tuple[str, ...]
    filled: tuple[str, ...]
    values: Mapping[str, tuple[str, ...]]
    types: Mapping[str, str]
    defaults: Mapping[str, Mapping[str, str]]

    def is_needed(self, column: str) -> bool:
        """Whether a person has to fill the column in."""
        return column in self.filled and column not in self.defaults


@cache
def read_shapes(shipped: Path) -> Mapping[str, SeedShape]:
    """Return the shape of every shipped seed by file name."""
    project = _load(DBT_PROJECT_DIR / "dbt_project.yml")
    types = project["seeds"]["customer_lifecycle"]
    return {
        f"{seed['name']}.csv": _shape(seed, types[seed["name"]]["+column_types"])
        for path in sorted(shipped.glob("*.yml"))
        for seed in _load(path)["seeds"]
    }


def with_defaults(seed: SeedFile, shape: SeedShape) -> SeedFile:
    """Return the seed with blank cells filled where its YAML says what blank stands for."""
    return replace(seed, rows=tuple(_filled_in(row, shape) for row in seed.rows))


def form_problems(rows: Rows, shape: SeedShape, *, with_types: bool) -> Iterator[str]:
    """Yield what is wrong with rows whatever they mean: blank cells, keys that stand twice.

    With types, each cell is held against its column's type and accepted values as well.
    """
    yield from duplicate_problems(rows, shape.key)
    for row in rows:
        for column in shape.filled:
            if not row[column]:
                yield row.problem(f"{column} is blank; write one")
    if with_types:
        for column, kind in shape.types.items():
            yield from _type_problems(rows, column, kind)
        for column, values in shape.values.items():
            yield from _value_problems(rows, column, values)


def _type_problems(rows: Rows, column: str, kind: str) -> Iterator[str]:
    stated = tuple(row for row in rows if row[column])
    if kind == "boolean":
        yield from truth_problems(stated, column)
    elif kind != "varchar":
        pattern, word = (_WHOLE, "whole number") if kind == "integer" else (_NUMBER, "number")
        for row in stated:
            if not pattern.fullmatch(row[column]):
                yield row.problem(f"{column} must be a {word}, not {shown(row[column])}")


def _value_problems(rows: Rows, column: str, values: tuple[str, ...]) -> Iterator[str]:
    for row in rows:
        if row[column] and row[column] not in values:
            hint = nearest(row[column], values)
            text = f"{column} must be one of {', '.join(values)}, not {shown(row[column])}"
            yield row.problem(f"{text}{hint}")


def _filled_in(row: SeedRow, shape: SeedShape) -> SeedRow:
    values = dict(row.values)
    for column, default in shape.defaults.items():
        if not values[column]:
            ((kind, of),) = default.items()
            if kind == "value":
                values[column] = of
            else:
                words = values[of].replace("_", " ")
                values[column] = values[of] if kind == "same_as" else words[:1].upper() + words[1:]
    return replace(row, values=values)


def _shape(seed: Mapping[str, Any], types: Mapping[str, str]) -> SeedShape:
    claims = cast("dict[str, Any]", seed["data_tests"][0]["sound_rows"]["arguments"])
    key = claims.get("primary_key") or claims["unique"][0]
    metas = {column["name"]: column.get("config", {}).get("meta", {}) for column in seed["columns"]}
    return SeedShape(
        key=tuple(key),
        filled=(*claims.get("primary_key", ()), *claims.get("filled", ())),
        values={name: tuple(listed) for name, listed in claims.get("values", {}).items()},
        types=types,
        defaults={name: meta["when_blank"] for name, meta in metas.items() if "when_blank" in meta},
    )


def _load(path: Path) -> dict[str, Any]:
    return cast("dict[str, Any]", parsed_yaml(path.read_bytes()))
