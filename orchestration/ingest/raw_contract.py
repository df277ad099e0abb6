"""The raw contract, read from its only home: dbt_project/models/staging/raw.yml.

Belongs here: the tables and columns that landing files may hold, as frozen values, and the check
that the YAML can be read as such. Does not belong here: reading landing files or judging rows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast

import yaml

from orchestration.errors import LifecycleError, nearest
from orchestration.safe_yaml import parsed as parsed_yaml
from orchestration.settings.paths import DBT_PROJECT_DIR

CONTRACT_FILE = DBT_PROJECT_DIR / "models" / "staging" / "raw.yml"
SOURCE_NAME = "raw"

Kind = Literal["text", "timestamp", "date", "decimal", "integer", "boolean", "json"]

_KINDS: Mapping[str, Kind] = {
    "varchar": "text",
    "timestamp": "timestamp",
    "date": "date",
    "bigint": "integer",
    "boolean": "boolean",
    "json": "json",
}
# No shop has a number beyond it, and exact arithmetic on greater ones (`prorated`) would overflow.
_GREATEST = "9999999999"
_DECIMAL = re.compile(r"decimal\((\d+),(\d+)\)")
_TABLE_KEYS = frozenset({"primary_key", "optional_table", "one_of", "extra_columns"})
_COLUMN_KEYS = frozenset(
    {
        "required",
        "trimmed",
        "uppercase",  # staging reads it so; raw keeps what came
        "placeholder_is_absent",
        "minimum",
        "greater_than",
        "maximum",
        "accepted_values",
        "words",
        "default",
        "json_type",
        "pii",
    }
)


class ContractError(LifecycleError):
    """The contract's YAML cannot be read as a contract."""


@dataclass(frozen=True)
class Column:
    """One column of a raw table.

    Attributes:
        name: lower-case name.
        data_type: DuckDB type, for example `decimal(18,4)`.
        kind: what the values are, whatever their precision.
        required: an empty value is quarantined.
        trimmed: blanks around it are removed and Unicode is composed (NFC).
        placeholder_is_absent: an excluded id such as `null` or `0` counts as empty.
        minimum: smallest accepted value, as text; None for no bound.
        greater_than: the bound that values must exceed, as text; None for no bound.
        maximum: greatest accepted value, as text; None for no bound.
        accepted_values: all accepted values; empty for any.
        words: other tools' words for the accepted values, a file of `ingest/words`; None for none.
        default: what an empty value becomes; None to leave it null.
        json_type: `object` or `any`, for JSON columns.
        is_pii: personal data.
    """

    name: str
    data_type: str
    kind: Kind
    required: bool = False
    trimmed: bool = False
    placeholder_is_absent: bool = False
    minimum: str | None = None
    greater_than: str | None = None
    maximum: str | None = None
    accepted_values: tuple[str, ...] = ()
    words: str | None = None
    default: str | None = None
    json_type: str | None = None
    is_pii: bool = False


@dataclass(frozen=True)
class Table:
    """One raw table.

    Attributes:
        name: lower-case name, also the name of its landing file or folder.
        columns: in the contract's order.
        primary_key: names of the columns that identify a row.
        is_optional: may be missing from the landing directory.
        one_of: groups of columns of which at least one must be filled.
        merges_extra_columns: columns not named here go to `properties`; else they are only noted.
    """

    name: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...]
    is_optional: bool
    one_of: tuple[tuple[str, ...], ...]
    merges_extra_columns: bool

    @property
    def column_names(self) -> tuple[str, ...]:
        """The names of all columns, in the contract's order."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """Return the column of that name.

        Raises:
            KeyError: the table has no such column.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


@dataclass(frozen=True)
class Contract:
    """All raw tables, in the contract's order."""

    tables: tuple[Table, ...]

    @property
    def table_names(self) -> tuple[str, ...]:
        """The names of all tables, in the contract's order."""
        return tuple(table.name for table in self.tables)

    def table(self, name: str) -> Table:
        """Return the table of that name.

        Raises:
            KeyError: the contract has no such table.
        """
        for table in self.tables:
            if table.name == name:
                return table
        raise KeyError(name)


@cache
def load_contract(path: Path = CONTRACT_FILE) -> Contract:
    """Read the contract from a dbt source file.

    Raises:
        ContractError: names the file and what cannot be read.
    """
    try:
        document: Any = parsed_yaml(path.read_text(encoding="utf-8"))
        sources: list[Any] = document["sources"]
        source = next(entry for entry in sources if entry["name"] == SOURCE_NAME)
        tables: list[Any] = source["tables"]
    except (OSError, yaml.YAMLError, KeyError, TypeError, StopIteration) as error:
        message = f"{path}: no dbt source called {SOURCE_NAME} can be read here ({error!r})."
        raise ContractError(message) from error
    return Contract(tuple(_table(path, table) for table in tables))


def _table(path: Path, entry: Mapping[str, Any]) -> Table:
    where = f"{path}, table {entry['name']}"
    meta = _meta(where, entry, _TABLE_KEYS)
    columns = tuple(_column(where, column) for column in entry["columns"])
    names = {column.name for column in columns}
    primary_key = tuple(cast("list[str]", meta.get("primary_key", [])))
    one_of = tuple(tuple(group) for group in cast("list[list[str]]", meta.get("one_of", [])))
    if not primary_key:
        raise ContractError(f"{where}: add a primary_key.")
    for name in (*primary_key, *(name for group in one_of for name in group)):
        if name not in names:
            raise ContractError(f"{where}: {name} is not one of its columns{nearest(name, names)}.")
    extra_columns = meta.get("extra_columns")
    if extra_columns not in ("properties", "schema_log"):
        raise ContractError(f"{where}: extra_columns must be properties or schema_log.")
    if extra_columns == "properties" and "properties" not in names:
        raise ContractError(f"{where}: extra columns need a column properties to go to.")
    return Table(
        name=str(entry["name"]),
        columns=columns,
        primary_key=primary_key,
        is_optional=bool(meta.get("optional_table", False)),
        one_of=one_of,
        merges_extra_columns=extra_columns == "properties",
    )


def _column(table: str, entry: Mapping[str, Any]) -> Column:
    where = f"{table}, column {entry['name']}"
    meta = _meta(where, entry, _COLUMN_KEYS)
    data_type = str(entry.get("data_type", ""))
    kind = "decimal" if _DECIMAL.fullmatch(data_type) else _KINDS.get(data_type)
    if kind is None:
        known = ", ".join((*_KINDS, "decimal(p,s)"))
        raise ContractError(f"{where}: data_type {data_type} is not one of {known}.")
    json_type = _text(meta.get("json_type"))
    if (kind == "json") != (json_type in ("object", "any")):
        raise ContractError(f"{where}: json_type (object or any) belongs to JSON columns alone.")
    return Column(
        name=str(entry["name"]),
        data_type=data_type,
        kind=kind,
        required=bool(meta.get("required", False)),
        trimmed=bool(meta.get("trimmed", False)),
        placeholder_is_absent=bool(meta.get("placeholder_is_absent", False)),
        minimum=_text(meta.get("minimum")),
        greater_than=_text(meta.get("greater_than")),
        maximum=_text(meta.get("maximum")) or (_GREATEST if kind == "decimal" else None),
        accepted_values=tuple(cast("list[str]", meta.get("accepted_values", []))),
        words=_text(meta.get("words")),
        default=_text(meta.get("default")),
        json_type=json_type,
        is_pii=bool(meta.get("pii", False)),
    )


def _meta(where: str, entry: Mapping[str, Any], known: frozenset[str]) -> Mapping[str, Any]:
    config: Mapping[str, Any] = entry.get("config") or {}
    meta: Mapping[str, Any] = config.get("meta") or {}
    for key in meta:
        # A misspelt key would silently drop a rule of the contract.
        if key not in known:
            raise ContractError(f"{where}: {key} is unknown{nearest(key, known)}.")
    return meta


def _text(value: object) -> str | None:
    return None if value is None else str(value)
