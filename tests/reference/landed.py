"""The rows of the contract as a raw database holds them: a shop that nobody here invented.

Belongs here: reading them into one world. Does not belong here: what they mean (``staging``).
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import duckdb

from tests.reference.world import TABLES, ExchangeRate, World


def world_of(raw_database: Path) -> World:
    """All rows that were loaded; each file of the ledger is a delivery."""
    tables = {name: _rows(raw_database, name, row_class) for name, row_class in TABLES.items()}
    return World(raw_database.parent.name, **tables)


def rates_of(raw_database: Path) -> tuple[ExchangeRate, ...]:
    """The exchange rates that were loaded."""
    return _rows(raw_database, "exchange_rates", ExchangeRate)


def _rows(raw_database: Path, table: str, row_class: Any) -> tuple[Any, ...]:
    names = [column.name for column in dataclasses.fields(row_class)]
    told = ", ".join("_file_id as delivery" if name == "delivery" else name for name in names)
    with duckdb.connect() as connection:
        connection.execute(f"attach '{raw_database}' as raw_db (read_only)")
        found = connection.execute(f"select {told} from raw_db.raw.{table} order by all")
        return tuple(row_class(*row) for row in found.fetchall())
