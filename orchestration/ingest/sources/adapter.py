"""Adapters: what the folders of `adapters/` say of each layout that people's tools export.

Belongs here: reading `adapter.yml` and the SQL beside it into frozen values, and refusing a folder
that contradicts itself. Does not belong here: deciding which adapter fits a file (recognition),
and running its SQL (load_source).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast, get_args

from orchestration.errors import LifecycleError
from orchestration.ingest.column_names import fold_name
from orchestration.ingest.raw_contract import Contract, load_contract
from orchestration.safe_yaml import parsed as parsed_yaml

ADAPTERS_DIR = Path(__file__).parents[1] / "adapters"
SET_ASIDE = "set_aside"

Kind = Literal["contract", "shop", "payment", "event", "mail"]
# Orders come from the first kind of which a row lies there; a mail tool never fills them.
KINDS: tuple[Kind, ...] = ("contract", "shop", "payment", "event", "mail")
_KEYS = frozenset(
    {
        "title",
        "like",
        "kind",
        "family",
        "visits",
        "states_creation",
        "files",
        "tables",
        "personal",
        "amounts",
        "instants",
        "mapping",
        "notes",
    }
)
_LAYOUT_KEYS = frozenset({"must", "must_not"})
_ROLE_KEYS = _LAYOUT_KEYS | {"layouts", "columns", "prefixes", "others"}
# What becomes of columns that no select names: they are left out, go to the properties of events,
# or are read by a pattern of their names (`line_item_1`).
Others = Literal["left_out", "to_properties", "read_in_parts"]


class AdapterError(LifecycleError):
    """The folder of an adapter contradicts itself."""


@dataclass(frozen=True)
class Layout:
    """Column names, folded, that tell a file.

    Attributes:
        must: columns that are there; of a tuple any one spelling will do.
        must_not: columns that are never there.
    """

    must: tuple[tuple[str, ...], ...]
    must_not: frozenset[str]

    def fits(self, names: frozenset[str]) -> bool:
        """Say whether a file with these column names has this layout."""
        has_all = all(any(name in names for name in spellings) for spellings in self.must)
        return has_all and not (self.must_not & names)


@dataclass(frozen=True)
class Role:
    """One kind of file that an adapter reads; the SQL selects from a relation of its name.

    Attributes:
        name: name of the relation.
        layouts: any one of them tells such a file.
        columns: every column that the SQL reads, with its other spellings; absent ones are null.
        prefixes: columns read by the beginning of their names; the greatest version counts.
        others: what becomes of all other columns.
    """

    name: str
    layouts: tuple[Layout, ...]
    columns: Mapping[str, tuple[str, ...]]
    prefixes: Mapping[str, str]
    others: Others = "left_out"

    def fitting(self, names: frozenset[str]) -> Layout | None:
        """Return the layout of a file with these folded column names; None if it has none."""
        return next((layout for layout in self.layouts if layout.fits(names)), None)


@dataclass(frozen=True)
class Adapter:
    """One layout.

    Attributes:
        name: name of its folder.
        title: what people call the layout.
        kind: whether it is a shop, a payment provider, an event stream or a mail tool.
        family: adapters whose ids mean the same customers.
        states_creation: its customers carry the time at which they were created.
        visits: place among behavioural sources, 1 first; None if its events are no visits.
        roles: by name.
        tables: contract table to the roles whose rows it is made from.
        sql: contract table and role to the select; its `record` is the role's.
        shared_sql: relation to the select that several of the others read, in order.
        set_aside_sql: role to the select of rows that yield nothing, with their reason.
        personal: folded columns that are never loaded.
        amounts: columns of numbers that people write with marks of their own, as `format` says.
        instants: columns of times that they do.
        mapping: source, contract column and rule, for the documentation.
        notes: paragraphs for the documentation.
    """

    name: str
    title: str
    kind: Kind
    family: str
    visits: int | None
    states_creation: bool
    roles: Mapping[str, Role]
    tables: Mapping[str, tuple[str, ...]]
    sql: Mapping[tuple[str, str], str]
    shared_sql: Mapping[str, str]
    set_aside_sql: Mapping[str, str]
    personal: frozenset[str]
    amounts: frozenset[str]
    instants: frozenset[str]
    mapping: tuple[tuple[str, str, str], ...]
    notes: str

    def tables_of(self, role: str) -> tuple[str, ...]:
        """Return the contract tables whose rows are made from a role's rows, main one first."""
        return tuple(table for table, roles in self.tables.items() if role in roles)


@cache
def load_adapters(directory: Path = ADAPTERS_DIR) -> Mapping[str, Adapter]:
    """Read every adapter, by name and in order of it.

    Raises:
        AdapterError: names the file and what is wrong with it.
    """
    contract = load_contract()
    folders = sorted(path.parent for path in directory.glob("*/adapter.yml"))
    return {folder.name: _adapter(folder, contract) for folder in folders}


def _adapter(folder: Path, contract: Contract) -> Adapter:
    where = folder / "adapter.yml"
    document = _document(where)
    if "like" in document:
        # The same columns and SQL; what the file says itself is what differs.
        folder = folder.parent / document["like"]
        other = _document(folder / where.name)
        files = {
            role: {key: value for key, value in entry.items() if key not in _LAYOUT_KEYS}
            | document["files"].get(role, {})
            for role, entry in other["files"].items()
        }
        document = other | document | {"files": files}
    if document["kind"] not in KINDS:
        raise AdapterError(f"{where}: kind must be one of {', '.join(KINDS)}.")
    files = cast("dict[str, dict[str, Any]]", document["files"])
    roles = {name: _role(where, name, entry) for name, entry in files.items()}
    given = cast("dict[str, str | list[str]]", document["tables"])
    tables = {
        table: (names,) if isinstance(names, str) else tuple(names)
        for table, names in given.items()
    }
    for table, names in tables.items():
        if table not in contract.table_names or not set(names) <= set(roles):
            raise AdapterError(f"{where}: {table} or {', '.join(names)} under tables is unknown.")
    first = next(iter(roles))
    set_aside = {role: folder / f"{SET_ASIDE}_{role}.sql" for role in roles}
    set_aside[first] = folder / f"{SET_ASIDE}.sql"
    return Adapter(
        name=where.parent.name,
        title=str(document["title"]),
        kind=document["kind"],
        family=str(document.get("family", where.parent.name)),
        visits=cast("int | None", document.get("visits")),
        states_creation=bool(document.get("states_creation", False)),
        roles=roles,
        tables=tables,
        sql={
            (table, role): _select_of(folder, table, role if len(names) > 1 else None)
            for table, names in tables.items()
            for role in names
        },
        shared_sql={
            path.stem: path.read_text(encoding="utf-8")
            for path in sorted((folder / "shared").glob("*.sql"))
        },
        set_aside_sql={
            role: path.read_text(encoding="utf-8")
            for role, path in set_aside.items()
            if path.exists()
        },
        personal=frozenset(fold_name(name) for name in document.get("personal", ())),
        amounts=frozenset(document.get("amounts", ())),
        instants=frozenset(document.get("instants", ())),
        mapping=tuple(_mapping_row(where, row) for row in document["mapping"]),
        notes=str(document.get("notes", "")),
    )


def _select_of(folder: Path, table: str, role: str | None) -> str:
    """Read the select of a table; one that several roles fill has a select for each."""
    name = f"{table}_from_{role}.sql" if role else f"{table}.sql"
    return (folder / name).read_text(encoding="utf-8")


def _document(where: Path) -> dict[str, Any]:
    document = cast("dict[str, Any]", parsed_yaml(where.read_text(encoding="utf-8")))
    _check_keys(where, document, _KEYS)
    return document


def _role(where: Path, name: str, entry: Mapping[str, Any]) -> Role:
    _check_keys(where, entry, _ROLE_KEYS)
    columns = cast("dict[str, list[str] | None]", entry.get("columns", {}))
    layouts = cast("list[dict[str, Any]]", entry.get("layouts", [entry]))
    role = Role(
        name=name,
        layouts=tuple(_layout(layout) for layout in layouts),
        columns={column: tuple(spellings or ()) for column, spellings in columns.items()},
        prefixes=cast("dict[str, str]", entry.get("prefixes", {})),
        others=entry.get("others", "left_out"),
    )
    if role.others not in get_args(Others):
        raise AdapterError(f"{where}: others is one of {', '.join(get_args(Others))}.")
    known = [*role.columns, *(text for texts in role.columns.values() for text in texts)]
    told = [text for layout in role.layouts for texts in layout.must for text in texts]
    for text in (*known, *told, *(text for layout in role.layouts for text in layout.must_not)):
        if text != fold_name(text):
            raise AdapterError(f"{where}: write {text} as {fold_name(text)}.")
    return role


def _layout(entry: Mapping[str, Any]) -> Layout:
    return Layout(
        must=tuple(
            tuple(spelling.strip() for spelling in text.split("|"))
            for text in cast("list[str]", entry.get("must", []))
        ),
        must_not=frozenset(cast("list[str]", entry.get("must_not", []))),
    )


def _mapping_row(where: Path, row: list[str]) -> tuple[str, str, str]:
    if len(row) != 3:
        raise AdapterError(f"{where}: a row of mapping is [source, contract, rule], not {row}.")
    source, target, rule = (str(cell) for cell in row)
    return source, target, rule


def _check_keys(where: Path, entry: Mapping[str, Any], known: frozenset[str]) -> None:
    for key in entry:
        if key not in known:
            raise AdapterError(f"{where}: {key} is unknown; known are {', '.join(sorted(known))}.")
