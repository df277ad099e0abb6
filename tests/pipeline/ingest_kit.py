"""Small landing directories and what ingest makes of them, for the tests of ingest.

Belongs here: writing files, running ingest, selecting from raw. Does not belong here: assertions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from orchestration.ingest.raw_contract import load_contract
from orchestration.ingest.run import IngestSummary, ingest

EXCLUDED_IDS = frozenset(
    {"0", "null", "undefined", "none", "nan", "guest", "00000000-0000-0000-0000-000000000000"}
)
NO_EVENTS = "event_id,event_name,occurred_at,anonymous_id\n"
NO_ORDERS = "order_id,created_at,status,currency,total_price\n"
EVENTS_HEADER = "event_id,event_name,occurred_at,user_id"
ORDERS_HEADER = "order_id,created_at,status,currency,total_price"
BOOKKEEPING = ("_file_id", "_line", "_loaded_at")


@dataclass(frozen=True)
class Shop:
    """One landing directory and the state that it feeds."""

    raw_dir: Path
    state_dir: Path

    def land(self, files: Mapping[str, str | bytes]) -> None:
        """Write landing files, by name relative to the landing directory."""
        for name, content in files.items():
            path = self.raw_dir / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)

    def land_parquet(self, name: str, select: str) -> None:
        """Write one Parquet file from a query."""
        path = self.raw_dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with duckdb.connect() as connection:
            connection.execute("set TimeZone = 'UTC'")
            connection.execute(f"copy ({select}) to '{path}' (format parquet)")

    def ingest(self, run_id: str = "run-1", **options: Any) -> IngestSummary:
        """Ingest everything that has landed."""
        options.setdefault("excluded_ids", EXCLUDED_IDS)
        options.setdefault("loaded_at", datetime(2025, 1, 1))
        return ingest(self.raw_dir, self.state_dir, run_id=run_id, **options)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Select from the raw database; its schema is called `raw`."""
        with duckdb.connect() as connection:
            path = self.state_dir / "raw.duckdb"
            connection.execute(f"attach '{path}' as raw_db (read_only)")
            connection.execute("use raw_db")
            return connection.execute(query).fetchall()

    def write(self, statement: str) -> None:
        """Change the raw database by hand, as nobody should."""
        with duckdb.connect() as connection:
            connection.execute(f"attach '{self.state_dir / 'raw.duckdb'}' as raw_db")
            connection.execute("use raw_db")
            connection.execute(statement)

    def quarantine(self) -> list[tuple[Any, ...]]:
        """File, line, column and reason of everything in quarantine, in that order."""
        return self.rows(
            "select source_file, line_number, column_name, reason from raw.quarantine "
            "order by all nulls first"
        )

    def content(self, table: str) -> list[tuple[Any, ...]]:
        """All rows of a raw table without bookkeeping, by key and hash."""
        contract = load_contract().table(table)
        key = ", ".join(contract.primary_key)
        left_out = ", ".join(BOOKKEEPING)
        return self.rows(
            f"select * exclude ({left_out}) from raw.{table} order by {key}, _row_hash"
        )


def make_shop(root: Path, files: Mapping[str, str | bytes] | None = None) -> Shop:
    """Make a landing directory in which both required tables have a file without rows.

    A file of `files` that feeds one of them takes the place of that.
    """
    shop = Shop(root / "raw", root / "state")
    shop.raw_dir.mkdir(parents=True, exist_ok=True)
    given = dict(files or {})
    for table, empty in (("events", NO_EVENTS), ("orders", NO_ORDERS)):
        if not any(name.startswith((f"{table}.", f"{table}/")) for name in given):
            given[f"{table}.csv"] = empty
    shop.land(given)
    return shop


def events_csv(*rows: str) -> str:
    """Return an events file with the shortest header."""
    return "\n".join((EVENTS_HEADER, *rows)) + "\n"


def orders_csv(*rows: str) -> str:
    """Return an orders file with the shortest header."""
    return "\n".join((ORDERS_HEADER, *rows)) + "\n"
