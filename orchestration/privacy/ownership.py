"""Whether a landed row is an erased person's, whatever the file's format.

Belongs here: comparing the values of one row, as it was landed, with the persons' ids. Does not
belong here: reading or writing files (`landing_files`).

In contract shape a column says whose a row is. In other shapes it is the rows that ingest made of a
record that say so; there, besides, a value counts that could hardly be anything but an id.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, cast

from orchestration.ingest.column_names import fold_name
from orchestration.ingest.erased.tombstones import OWNER_COLUMNS, is_distinctive, words_of
from orchestration.ingest.judging.columns import match_columns
from orchestration.ingest.raw_contract import Contract
from orchestration.privacy.person import Persons
from orchestration.safe_json import parsed as parsed_json

_WHOLE_FLOAT = re.compile(r"(\d+)\.0+")
_KINDS = (
    (re.compile(r"(^|_)order_?id$"), "order_id"),
    (re.compile(r"(^|_)(customer|user|buyer|client)_?id$"), "customer_id"),
    (re.compile(r"(^|_)anonymous_?id$"), "anonymous_id"),
)
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+[.][^@\s.]+")


class Ownership:
    """Compares rows with the persons.

    Attributes:
        persons: who is erased.
    """

    def __init__(
        self, persons: Persons, contract: Contract, key_of_address: Callable[[str], str]
    ) -> None:
        """Prepare the comparison.

        Args:
            persons: who is erased.
            contract: says which columns are ids.
            key_of_address: the id that stands for an e-mail address.
        """
        self.persons = persons
        self._contract = contract
        self._key_of_address = cache(key_of_address)
        customers, visitors = frozenset(persons.customers), frozenset(persons.visitors)
        orders = frozenset(persons.orders)
        self._names_in: Mapping[str, frozenset[str]] = {
            "user_id": customers,
            "customer_id": customers,
            "from_customer_id": customers,
            "into_customer_id": customers,
            "anonymous_id": visitors,
            "order_id": orders,
        }
        self._distinctive = frozenset(filter(is_distinctive, persons.buried))
        self._any = frozenset((*persons.buried, *persons.addresses))
        self._column = cache(self._column_of)

    def is_in_contract(self, table: str, landed: Mapping[str, Any]) -> bool:
        """Say whether a row in contract shape is theirs; keys are the file's own names."""
        if table not in self._contract.table_names:
            return False
        columns = {self._column(table, str(key)): value for key, value in landed.items()}
        for column in OWNER_COLUMNS.get(table, ()):
            value = columns.get(column)
            if table == "events" and (value is None or value == ""):
                value = _key_of(columns.get("properties"), column)
            if value is not None and self._canonical(value) in self._names_in[column]:
                return True
        return False

    def is_in_any_shape(self, landed: Any) -> bool:
        """Say whether a row of another shape holds what could hardly be anything but theirs."""
        for key, value in leaves(landed):
            name = self._canonical(value)
            if name in self._distinctive:
                return True
            kind = _kind_of(key)
            if kind is not None and name in self._names_in[kind]:
                return True
        return False

    def is_in_line(self, text: str) -> bool:
        """Say whether a line that cannot be read holds one of their ids."""
        return bool(words_of(text) & self._any)

    def _canonical(self, value: Any) -> str:
        text = unicodedata.normalize("NFC", str(value).strip()).removeprefix("'")
        if whole := _WHOLE_FLOAT.fullmatch(text):
            return whole.group(1)
        if "@" in text and _ADDRESS.fullmatch(text):
            return self._key_of_address(text)
        return text

    def _column_of(self, table: str, name: str) -> str:
        match = match_columns(self._contract.table(table), [name])
        return next(iter(match.positions), name)


def leaves(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Yield key and value at any depth, but for what names somebody else's person."""
    if isinstance(value, dict):
        for name, part in cast("dict[str, Any]", value).items():
            yield from leaves(part, fold_name(name))
    elif isinstance(value, list):
        for part in cast("list[Any]", value):
            yield from leaves(part, key)
    elif value is not None and not key.startswith("referr"):
        yield key, value


@cache
def _kind_of(key: str) -> str | None:
    """Return the column of the contract that a key of another shape says it is."""
    for pattern, column in _KINDS:
        if pattern.search(key):
            return column
    return None


def _key_of(properties: Any, name: str) -> Any:
    if isinstance(properties, str):
        try:
            properties = parsed_json(properties)
        except ValueError:
            return None
    if not isinstance(properties, dict):
        return None
    value = cast("dict[str, Any]", properties).get(name)
    return value if isinstance(value, str | int | float) else None
