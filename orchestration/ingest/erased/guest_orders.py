"""What stays of erased persons beside raw, and is put back into it: booked orders, and the books.

Belongs here: the files that hold them, and rows of them that raw lacks: after an erasure, and after
a raw database had to be made anew from landing files, which do not hold them. Does not belong here:
which orders they are and what is left of them (`privacy`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import duckdb

from orchestration.errors import InputError
from orchestration.ingest.raw_contract import Contract
from orchestration.settings.paths import StateDir
from orchestration.small_files import json_lines_of, json_of, write_private
from orchestration.sql_text import identifier


@dataclass(frozen=True)
class GuestRow:
    """One row of an order that is nobody's: the order itself, a line or a refund.

    Attributes:
        receipt: the erasure that made it.
        table: the raw table.
        path: landing file that the row came with; its source decides whether the row counts.
        values: text by column; the bookkeeping columns too.
    """

    receipt: str
    table: str
    path: str
    values: Mapping[str, Any]


def read_guests(state: StateDir) -> list[GuestRow]:
    """Return all of them.

    Raises:
        InputError: names the line that cannot be read, and both ways out.
    """
    found: list[GuestRow] = []
    for line, told in enumerate(json_lines_of(state.guest_orders), 1):
        try:
            found.append(GuestRow(**(told or {})))
        except TypeError:
            raise InputError(
                f"{state.guest_orders}, line {line} cannot be read; bring the file back from a copy"
                " of the state directory, or remove it: the booked orders of erased persons leave "
                "the totals then."
            ) from None
    return found


def keep_guests(state: StateDir, receipt: str, rows: Iterable[GuestRow]) -> None:
    """Keep the rows of an erasure; those that it kept before are replaced."""
    others = [row for row in read_guests(state) if row.receipt != receipt]
    kept = [*others, *rows]
    if kept or state.guest_orders.exists():
        lines = (json.dumps(asdict(row), ensure_ascii=False) + "\n" for row in kept)
        write_private(state.guest_orders, "".join(lines))


def restore_erasures(connection: duckdb.DuckDBPyConnection, state: StateDir) -> None:
    """Insert a row for each receipt that raw has none of; one that cannot be read tells nothing."""
    for path in sorted(state.erasures.glob("2*.json")):
        told = json_of(path)
        try:
            values = {name: told[name] for name in ("receipt", "erased_at", "found", "orders_kept")}
            values["rows"] = sum(told["raw"].values())
        except (KeyError, TypeError, AttributeError):
            continue
        connection.execute(
            "insert into raw.erasures "
            "select $receipt, timezone('UTC', cast($erased_at as timestamptz)), $found, $rows, "
            "$orders_kept where $receipt not in (select receipt from raw.erasures)",
            values,
        )


def restore_guests(
    connection: duckdb.DuckDBPyConnection, state: StateDir, contract: Contract
) -> None:
    """Insert the rows that raw lacks; the ledger counts them as rows of the file they came with.

    Those of a file that raw was not made from are left out, as are all other rows of it.
    """
    guests = read_guests(state)
    if not guests:
        return
    files = {
        (str(path), str(table)): int(file_id)
        for path, table, file_id in connection.execute(
            "select path, table_name, max(file_id) from raw.ingest_files "
            "where status = 'loaded' group by path, table_name"
        ).fetchall()
    }
    connection.execute("begin")
    for guest in guests:
        file_id = files.get((guest.path, guest.table))
        table = contract.table(guest.table)
        key = " and ".join(f"{column} = ?" for column in table.primary_key)
        found = connection.execute(
            f"select 1 from raw.{table.name} where {key}",
            [guest.values[column] for column in table.primary_key],
        ).fetchone()
        if file_id is None or found:
            continue
        values = {**guest.values, "_file_id": file_id}
        names = ", ".join(identifier(name) for name in values)
        places = ", ".join("?" for _ in values)
        connection.execute(
            f"insert into raw.{table.name} ({names}) values ({places})", list(values.values())
        )
        connection.execute(
            "update raw.ingest_files set rows_read = rows_read + 1, rows_loaded = rows_loaded + 1 "
            "where file_id = ?",
            [file_id],
        )
    connection.execute("commit")
