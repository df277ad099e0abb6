"""Published versions and raw databases of a handful of rows, made by hand in milliseconds.

Belongs here: their making. Does not belong here: what is asserted of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from orchestration.changes.version import Version, read_version
from orchestration.ingest.raw_contract import load_contract
from orchestration.ingest.raw_database import open_raw_database
from orchestration.version_files import write_manifest

EARLIER, LATER = datetime(2026, 3, 11, 4), datetime(2026, 3, 12, 4)

Row = Mapping[str, object]
Raw = Mapping[str, Sequence[Row]]


def event(number: int, day: int, **cells: object) -> Row:
    return {"event_id": f"e{number}", "occurred_at": datetime(2026, 3, day, 10), **cells}


def order(number: int, day: int, **cells: object) -> Row:
    made = {"order_id": f"o{number}", "created_at": datetime(2026, 3, day, 10), "status": "paid"}
    return {**made, "customer_id": "c1", **cells}


# What the older build knew: a visitor's device, two customers, orders, a product and its rates.
KNOWN: Raw = {
    "events": [
        event(1, 2, anonymous_id="a1", user_id="c1"),
        event(2, 3, anonymous_id="a2"),
        event(3, 4, anonymous_id="a3", user_id="c2"),
    ],
    "orders": [order(1, 5), order(2, 6, customer_id="c2")],
    "products": [{"product_id": "p1"}],
}


@cache
def empty_raw() -> bytes:
    """Return the bytes of a raw database without rows."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "raw.duckdb"
        open_raw_database(path, load_contract(), path.parent, str).connection.close()
        return path.read_bytes()


def make_raw(path: Path, arrived: Raw) -> Path:
    """Write a raw database: what was known, and what was loaded since."""
    path.write_bytes(empty_raw())
    with duckdb.connect() as raw:
        raw.execute(f"attach '{path}' as raw_db")
        raw.execute("use raw_db")
        for rows, loaded_at, file_id in ((KNOWN, EARLIER, 1), (arrived, LATER, 2)):
            raw.execute(
                "insert into raw.ingest_files (file_id, table_name, path, sha256, bytes, rows_read,"
                " rows_loaded, rows_duplicate, rows_quarantined, loaded_at, run_id, status)"
                " values (?, 'events', ?, '', 0, 9, 9, 0, 0, ?, '', 'loaded')",
                [file_id, f"file{file_id}", loaded_at],
            )
            for table, cells in rows.items():
                for row in cells:
                    whole = {**row, "_loaded_at": loaded_at, "_file_id": file_id, "_line": 1}
                    raw.execute(
                        f"insert into raw.{table} ({', '.join(whole)}) "
                        f"values ({', '.join('?' for _ in whole)})",
                        [*whole.values()],
                    )
    return path


def make_version(
    folder: Path,
    number: int,
    *,
    stage: str = "try",
    value: float | None = 10,
    status: str = "ok",
    as_of: date = date(2026, 3, 10),
    rules: str = "r1",
    settings: str = "s1",
    inputs: str = "i1",
    subject: str = "customer:c1",
    restates: str = "cancellation|refund|link|late_row",
    frameworks: str = "f",
) -> Version:
    """Write a published version in which one subject has one interval, one KPI one month."""
    path = folder / f"202603{10 + number}T050000000000Z-build{number}"
    path.mkdir()
    with duckdb.connect(str(path / "lifecycle.duckdb")) as made:
        made.execute("create schema marts")
        made.execute(
            "create table marts.build_info as select ? as build_id, ?::date as as_of_date, "
            "? as rules_hash, ? as settings_hash, ? as inputs_hash, "
            "as_of_date as identity_as_of, 'UTC' as reporting_timezone, ? as frameworks",
            [f"build{number}", as_of, rules, settings, inputs, frameworks],
        )
        made.execute(
            "create table marts.row_accounting as select 'file' as scope, 'file1' as name, "
            "9 as rows_read, 9 as rows_kept"
        )
        made.execute(
            "create table marts.subjects as "
            "select 'customer:c1' as subject_id, 'person' as subject_type, 'x' as account_id"
        )
        made.execute(
            "create table marts.lifecycle_history as select 'f' as framework, ? as subject_id, "
            "date '2026-03-02' as valid_from, null::date as valid_to, ? as stage, "
            "'active' as health",
            [subject, stage],
        )
        made.execute(
            "create table marts.kpi_catalog as select 'orders' as kpi, 0 as maturity_days, "
            "? as restates",
            [restates],
        )
        made.execute(
            "create table marts.kpi_values as select 'orders' as kpi, 'day' as period_grain, "
            "date '2026-03-05' as period_start, date '2026-03-06' as period_end, "
            "'all' as dimension, 'all' as dimension_value, ?::decimal(38, 10) as value, "
            "? as status",
            [value, status],
        )
    write_manifest(path, {})
    return read_version(path)
