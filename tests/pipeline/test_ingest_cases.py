"""The small inputs from the field of `../shared/data/cases`: what ingest makes of each.

Belongs here: one row per case with what is right of it after ingest. Does not belong here: what the
models make of it, and variants of a fault (test_ingest_field).
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from orchestration.settings.paths import REPO_ROOT
from tests.pipeline.ingest_kit import Shop

CASES = REPO_ROOT.parent / "shared" / "data" / "cases"


@dataclass(frozen=True)
class Case:
    """What is right of one case.

    Attributes:
        rows: rows that are loaded, by table.
        query: a query over raw, and its answer.
        quarantine: how many lines are refused.
        told: parts of sentences, each of which is told.
        stops: part of the sentence that stops the build; empty if nothing does.
    """

    rows: dict[str, int]
    query: tuple[str, list[tuple[object, ...]]] | None = None
    quarantine: int = 0
    told: tuple[str, ...] = field(default=())
    stops: str = ""


CREATED = (
    "select order_id, created_at::varchar from raw.orders where order_id <> 'pad1' order by all"
)
EXPECTED = {
    "B01-first-unfinished-month": Case({"orders": 2}),
    "B02-offset-with-blank": Case(
        {"orders": 5},
        (
            CREATED,
            [
                ("1", "2026-03-01 09:00:00"), ("2", "2026-03-01 09:00:00"),
                ("3", "2026-03-01 09:00:00"), ("4", "2026-03-01 10:00:00"),
            ],
        ),
    ),
    "B03-refused-required-file": Case(
        {"orders": 0, "events": 2}, quarantine=1, stops="order_id (did you mean order_id for id?)"
    ),
    "B04-full-reexport-no-updated_at": Case({}, told=("8 of orders",)),
    "B05a-negative-discount": Case(
        {"orders": 1},
        quarantine=1,
        told=("orders.csv, line 3, column total_discounts", '"-5.0000"'),
    ),
    "B07-near-miss-columns": Case(
        {"orders": 6},
        (
            "select order_id, customer_id, cancelled_at is not null, is_test, is_deleted "
            "from raw.orders where order_id in ('P1', 'Q1', 'Q2', 'Q3') order by all",
            [
                ("P1", "cus_1", False, None, None), ("Q1", "q1", True, None, None),
                ("Q2", "q2", False, True, None), ("Q3", "q3", False, None, True),
            ],
        ),
        told=('"canceled_at" as cancelled_at', '"_fivetran_deleted" as is_deleted'),
    ),
    "B09-excel-scientific-ids": Case(
        {"orders": 1},
        quarantine=3,
        told=('orders.csv, line 3, column order_id', '"4.53E+12"'),
        stops="3 of 4 rows were refused",
    ),
    "B19-refund-twice": Case({"refunds": 2}, told=("N1, 60.00 refunded of 50.00, two refunds",)),
    "B23-order-line-edited": Case({}),
    "B31-dated-files": Case({"orders": 3}, told=('did you mean "order_lines"?',)),
    "B34-missing-rate": Case(
        {"orders": 2}, stops="1 order in USD has no exchange rate (first: U1, 2026-03-09)"
    ),
    "B35-refunded-without-refunds": Case({"orders": 3}, told=("2 orders say refunded",)),
    "I1-excel-blank-rows": Case({"orders": 1}, told=("blank_row",)),
    "I2-total-row": Case({"orders": 1}, told=("1 total_row",)),
    "I3-cr-only": Case({"orders": 2}),
    "I4-backslash-quotes": Case(
        {"orders": 2},
        ("select coupon_code from raw.orders order by order_id", [('10% "off" now',), ("x",)]),
    ),
    "I6-json-array": Case({"orders": 2}),
    "I7-json-wrapper": Case({"orders": 1}),
    "I8-apostrophe-ids": Case(
        {"orders": 1}, ("select order_id, customer_id from raw.orders", [("1001", "17850")])
    ),
    "I10-gid-json": Case(
        {"orders": 1},
        ("select customer_id, status, total_price::int from raw.orders",
         [("gid://shopify/Customer/7", "paid", 10)]),
        told=('"createdAt" does not count beside "created_at"',),
    ),
    "L5-excel-eu": Case(
        {"orders": 2},
        (CREATED.replace("created_at::varchar", "total_price::varchar, currency"),
         [("2001", "12.5000", "EUR"), ("2004", "10.0000", "eur")]),
        quarantine=2,
    ),
    "L5b-excel-sep": Case({"orders": 1}),
    "L5c-excel-utf16": Case({"orders": 1}),
    "L5d-xlsx": Case({"orders": 0}, quarantine=1, stops="save the sheet as CSV"),
    "L6-woo-mysql": Case({"orders": 7}),
}  # fmt: skip


@pytest.mark.parametrize("name", EXPECTED)
def test_a_case_from_the_field_is_read_as_it_should_be(tmp_path: Path, name: str) -> None:
    if not (CASES / name).is_dir():
        pytest.skip(f"the case {name} is not there: {CASES} is shared data, not in the repository")
    expected = EXPECTED[name]
    shop = Shop(tmp_path / "raw", tmp_path / "state")
    shutil.copytree(CASES / name, shop.raw_dir)
    summary = shop.ingest()
    rows = {table: shop.rows(f"select count(*) from raw.{table}")[0][0] for table in expected.rows}
    assert rows == expected.rows, summary
    assert len(shop.quarantine()) == expected.quarantine
    if expected.query is not None:
        query, answer = expected.query
        assert shop.rows(query) == answer
    told = "\n".join((*summary.notes, *summary.problems))
    assert all(part in told for part in expected.told), told
    stops = "\n".join(summary.stops)
    assert expected.stops in stops
    assert bool(stops) == bool(expected.stops), stops
