"""Booked orders of erased persons, without the person: kept beside raw, put back into it.

Belongs here: the file that holds them, and rows of it that raw lacks: after an erasure, and after a
raw database had to be made anew from landing files, which do not hold them. Does not belong here:
which orders they are and what is left of them (`privacy`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import duckdb

from orchestration.ingest.contract import Contract
from orchestration.ingest.erased.tombstones import write_private
from orchestration.settings.paths import StateDir
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
    """Return all of them."""
    if not state.guest_orders.exists():
        return []
    lines = state.guest_orders.read_text(encoding="utf-8").splitlines()
    return [GuestRow(**json.loads(line)) for line in lines]


def keep_guests(state: StateDir, receipt: str, rows: Iterable[GuestRow]) -> None:
    """Keep the rows of an erasure; those that it kept before are replaced."""
    others = [row for row in read_guests(state) if row.receipt != receipt]
    kept = [*others, *rows]
    if kept or state.guest_orders.exists():
        lines = (json.dumps(asdict(row), ensure_ascii=False) + "\n" for row in kept)
        write_private(state.guest_orders, "".join(lines))


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
