"""Which layout a landing file has, told by its column names alone, whatever the file is called.

Belongs here: reading the names of a file's columns, and the one decision which adapter fits them.
Does not belong here: what a user wrote in sources.yml, and reading rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb

from orchestration.ingest.column_names import fold_name
from orchestration.ingest.formats.landed_file import path_literal
from orchestration.ingest.formats.read_parquet import top_level_names
from orchestration.ingest.landing_directory import LandingFile, is_readable
from orchestration.ingest.raw_contract import Contract
from orchestration.ingest.sources.adapter import Adapter, Layout, Role
from orchestration.ingest.sources.first_rows import (
    UNREADABLE,
    csv_names,
    json_objects,
    open_text,
)


@dataclass(frozen=True)
class Header:
    """The column names of a file.

    Attributes:
        names: as the file spells them, in its order.
    """

    names: tuple[str, ...]

    @property
    def folded(self) -> frozenset[str]:
        """The names as they are compared."""
        return frozenset(fold_name(name) for name in self.names)


@dataclass(frozen=True)
class Match:
    """An adapter that fits a file, and as which of its roles."""

    adapter: Adapter
    role: Role
    layout: Layout


class AmbiguousLayoutError(Exception):
    """Two adapters fit and neither asks for more than the other; `matches` holds both."""

    def __init__(self, matches: tuple[Match, ...]) -> None:
        """Keep the matches for whoever words the sentence."""
        super().__init__(", ".join(match.adapter.name for match in matches))
        self.matches = matches


def read_header(
    connection: duckdb.DuckDBPyConnection,
    file: LandingFile,
    *,
    delimiter: str | None = None,
    encoding: str | None = None,
) -> Header | None:
    """Read the column names of a file; None if it has none that can be read.

    A damaged file is no error here: whoever loads it says what is wrong with it.
    """
    try:
        if file.format == "parquet":
            rows = connection.execute(
                f"select name, num_children from parquet_schema({path_literal(file.path)})"
            ).fetchall()
            return Header(tuple(top_level_names(rows)))
        if file.format == "spreadsheet" or not is_readable(file.path):
            return None
        with open_text(file, encoding) as source:
            if file.format == "csv":
                told = csv_names(source, delimiter)
                return None if told is None else Header(_filled(told[0]))
            names = dict.fromkeys(name for one in json_objects(source) for name in one)
            return Header(tuple(names)) if names else None
    except UNREADABLE:
        return None


def has_contract_shape(file: LandingFile, header: Header, contract: Contract) -> bool:
    """Say whether a file has every column that the table of its name requires."""
    if file.table not in contract.table_names:
        return False
    table = contract.table(file.table)
    names = header.folded
    required = (column.name in names for column in table.columns if column.required)
    groups = (any(name in names for name in group) for group in table.one_of)
    return all(required) and all(groups)


def recognise(header: Header, adapters: Mapping[str, Adapter]) -> Match | None:
    """Return the adapter that fits a header best; None if none does.

    The one that asks for a true superset wins; within a family the first by name.

    Raises:
        AmbiguousLayoutError: two fit, neither asks for more, and they are of different families.
    """
    names = header.folded
    fitting = [
        Match(adapter, role, layout)
        for adapter in adapters.values()
        for role in adapter.roles.values()
        if (layout := role.fitting(names)) is not None and layout.must
    ]
    best = [
        match
        for match in fitting
        if not any(set(other.layout.must) > set(match.layout.must) for other in fitting)
    ]
    if len({match.adapter.family for match in best}) > 1:
        raise AmbiguousLayoutError(tuple(best))
    return best[0] if best else None


def _filled(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(name.strip() for name in names if name.strip())
