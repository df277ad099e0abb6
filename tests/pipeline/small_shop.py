"""A landing directory of a dozen rows, for tests of the way rather than of what is computed."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import duckdb

from orchestration.settings.paths import StateDir

EVENTS = """event_id,event_name,occurred_at,anonymous_id,user_id,value
e1,Product Viewed,2026-01-02T10:00:00Z,a1,,
e2,Product Viewed,2026-01-03T10:00:00Z,a1,c1,
e3,NPS Answered,2026-02-01T10:00:00Z,a1,c1,9
e4,Product Viewed,2026-02-02T10:00:00Z,a2,,
e4,Product Viewed,2026-02-02T10:00:00Z,a2,,
"""
ORDERS = """order_id,customer_id,created_at,status,currency,total_price
o1,c1,2026-01-03T11:00:00Z,paid,EUR,100.00
o2,c1,2026-01-20T11:00:00Z,paid,EUR,50.00
o3,c2,2026-01-21T11:00:00Z,paid,EUR,70.00
o5,c3,2026-02-11T11:00:00Z,paid,EUR,twelve
"""
MORE_ORDERS = """
select 'o4' as order_id, 'c2' as customer_id, timestamp '2026-02-10 09:00:00' as created_at,
    'paid' as status, 'EUR' as currency, 30.00::decimal(18, 4) as total_price
"""
# An order in another currency, so that a rate can matter.
DOLLARS = {
    "orders/dollars.csv": """order_id,customer_id,created_at,status,currency,total_price
o10,c4,2026-01-15T11:00:00Z,paid,USD,40.00
""",
    "exchange_rates.csv": "date,currency,rate\n2026-01-01,USD,0.5\n",
}
ORPHAN_REFUND = """refund_id,order_id,created_at,amount
r1,nobody_knows,2026-02-12T11:00:00Z,5.00
"""


def write_small_shop(directory: Path) -> Path:
    """Write good files, with a bad amount among the orders and a refund of an unknown one."""
    orders = directory / "orders"
    orders.mkdir(parents=True, exist_ok=True)
    (directory / "events.csv").write_text(EVENTS, encoding="utf-8")
    (directory / "refunds.csv").write_text(ORPHAN_REFUND, encoding="utf-8")
    (orders / "january.csv").write_text(ORDERS, encoding="utf-8")
    whole = orders / "february.parquet"
    duckdb.execute(f"copy ({MORE_ORDERS}) to '{whole}' (format parquet)")
    return directory


def land(raw_dir: Path, files: Mapping[str, str]) -> None:
    """Write more files into a landing directory."""
    for name, text in files.items():
        (raw_dir / name).parent.mkdir(exist_ok=True)
        (raw_dir / name).write_text(text, encoding="utf-8")


def copy_of_shop(shop: Path, folder: Path) -> StateDir:
    """Copy a landing directory and the state beside it that it feeds, to change as one likes."""
    shutil.copytree(shop, folder, symlinks=True, dirs_exist_ok=True)
    state = StateDir.at(folder / "state")
    with duckdb.connect(str(state.raw_database)) as raw:
        raw.execute("update raw.raw.ingest_origin set raw_dir = ?", [str(folder / "landing")])
    return state
