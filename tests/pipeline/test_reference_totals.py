"""The reference reaches the totals that issue 9 states for real data, over all eleven frameworks.

The data are no part of the repository; where they are not at hand these tests are skipped.
LIFECYCLE_TOTALS=all adds cdnow, whose 23,502 people take half a minute more.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.reference import rulebook, staging
from tests.reference.batches import SHIPPED_SEEDS
from tests.reference.stages import history
from tests.reference.world import Customer, Order, Refund, Settings, World

DATA_DIR = Path(__file__).resolve().parents[3] / "shared" / "data"
CDNOW = pytest.param(
    "cdnow",
    "USD",
    date(1998, 6, 30),
    (69_579, 0, 23_502, 1_126_256),
    marks=pytest.mark.skipif(
        os.environ.get("LIFECYCLE_TOTALS") != "all", reason="LIFECYCLE_TOTALS=all asks for it"
    ),
)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "currency", "as_of_date", "totals"),
    [
        ("online_retail", "GBP", date(2011, 12, 9), (19_959, 1_777, 5_765, 168_894)),
        ("online_retail", "GBP", date(2011, 6, 30), (19_959, 1_777, 3_817, 83_181)),
        CDNOW,
    ],
)
def test_real_data_give_the_stated_totals(
    name: str, currency: str, as_of_date: date, totals: tuple[int, int, int, int]
):
    if not (DATA_DIR / name).is_dir():
        pytest.skip(f"{DATA_DIR / name} is not on this machine")
    people, orphans = people_of(DATA_DIR / name)
    rules = rulebook.load(SHIPPED_SEEDS)
    settings = Settings(as_of_date=as_of_date, currency=currency)
    orders, subjects, intervals = 0, 0, 0
    for world in people:
        staged = staging.stage(world, settings, rules)
        resolved = staging.resolve([world], settings, rules)
        rows = history.history(staged, resolved, rules)
        orders += len(staged.orders)
        subjects += len({row.subject_id for row in rows})
        intervals += len(rows)
    assert (orders, orphans, subjects, intervals) == totals


def people_of(raw_dir: Path) -> tuple[Iterable[World], int]:
    """One world per customer or guest order, and the number of refunds without an order."""
    orders = read(raw_dir / "orders.parquet", Order)
    owner = {order.order_id: order.customer_id or f"guest {order.order_id}" for order in orders}
    refunds = read(raw_dir / "refunds.parquet", Refund)
    rows: dict[str, dict[str, Any]] = {}

    def add(person: str, table: str, row: object) -> None:
        tables = rows.setdefault(person, {"orders": [], "refunds": [], "customers": []})
        tables[table].append(row)

    for order in orders:
        add(owner[order.order_id], "orders", order)
    for refund in refunds:
        if refund.order_id in owner:
            add(owner[refund.order_id], "refunds", refund)
    for customer in read(raw_dir / "customers.parquet", Customer):
        add(customer.customer_id, "customers", customer)
    worlds = [World("person", **tables) for tables in rows.values()]
    return worlds, sum(refund.order_id not in owner for refund in refunds)


def read(path: Path, row_class: Any) -> list[Any]:
    """The rows of a Parquet file as rows of the contract; none when there is no such file."""
    if not path.exists():
        return []
    with duckdb.connect() as connection:
        columns = [
            column
            for column in connection.read_parquet(str(path)).columns
            if column in row_class.__dataclass_fields__
        ]
        found = connection.read_parquet(str(path)).select(*columns).fetchall()
    return [row_class(**dict(zip(columns, row, strict=True))) for row in found]
