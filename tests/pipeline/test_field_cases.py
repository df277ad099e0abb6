"""The small inputs from the field that concern other layouts, each with its right outcome.

They lie outside the repository (`shared/data/cases`), so a checkout without them skips.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from orchestration.settings.paths import REPO_ROOT
from tests.pipeline.ingest_kit import Shop

CASES = REPO_ROOT.parent / "shared" / "data" / "cases"

pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason=f"{CASES} is not on this machine")


def ingested(tmp_path: Path, case: str) -> Shop:
    shop = Shop(tmp_path / "landing", tmp_path / "state")
    shutil.copytree(CASES / case, shop.raw_dir)
    shop.ingest()
    return shop


def test_l1_a_shopify_export_is_five_orders_with_lines_and_a_refund(tmp_path: Path) -> None:
    shop = ingested(tmp_path, "L1-shopify-export")
    assert shop.rows("select order_id, status from raw.orders order by order_id") == [
        ("5011", "fulfilled"),
        ("5012", "partially_refunded"),
        ("5013", "pending"),
        ("5014", "cancelled"),
        ("5015", "pending"),
    ]
    lines = "select line_number, product_id, quantity::integer from raw.order_lines "
    assert shop.rows(f"{lines} where order_id = '5011' order by all") == [
        (1, "Mug", 1),
        (2, "Cup", 2),
    ]
    assert shop.rows("select order_id, amount::varchar from raw.refunds") == [("5012", "12.2000")]
    created = shop.rows("select created_at::varchar from raw.orders where order_id = '5011'")
    assert created == [("2026-03-01 08:50:25",)]


def test_l2_a_purchase_of_ga4_is_an_order(tmp_path: Path) -> None:
    shop = ingested(tmp_path, "L2-ga4-json")
    assert shop.rows("select order_id, total_price::varchar, currency from raw.orders") == [
        ("T1", "49.9000", "EUR")
    ]
    assert shop.rows("select reason, rows from raw.set_aside") == [("without consent", 1)]


@pytest.mark.parametrize("case", ["L3-segment-json", "L3b-segment-tracks"])
def test_l3_a_segment_call_is_an_event_at_its_corrected_time(tmp_path: Path, case: str) -> None:
    shop = ingested(tmp_path, case)
    columns = (
        "event_id, event_name, occurred_at::varchar, anonymous_id, user_id, utm_medium, page_url"
    )
    assert shop.rows(f"select {columns} from raw.events") == [
        (
            "m1",
            "Product Added",
            "2026-03-01 10:00:00.5",
            "a1",
            "u1",
            "CPC",
            "https://shop.example/p1",
        )
    ]


def test_l4_stripe_payments_are_orders_in_major_units(tmp_path: Path) -> None:
    shop = ingested(tmp_path, "L4-stripe-payments")
    assert shop.rows(
        "select order_id, status, total_price::varchar, currency from raw.orders order by order_id"
    ) == [
        ("ch_1", "paid", "29.0000", "EUR"),
        ("ch_2", "paid", "1290.0000", "EUR"),
        ("ch_3", "refunded", "29.0000", "EUR"),
        ("ch_4", "failed", "29.0000", "EUR"),
    ]
    assert shop.rows("select refund_id, amount::varchar from raw.refunds") == [
        ("ch_3:refunded", "29.0000")
    ]


def test_l7_klaviyo_events_are_a_persons_mails(tmp_path: Path) -> None:
    shop = ingested(tmp_path, "L7-klaviyo")
    assert shop.rows("select event_id, event_name, user_id from raw.events order by event_id") == [
        ("k1", "Received Email", "p1"),
        ("k2", "Opened Email", "p1"),
    ]
    assert shop.rows("select distinct customer_id, email from raw.customers") == [
        ("p1", "ann@example.com")
    ]


def test_l6_statuses_and_empty_words_of_other_shops_are_understood_in_contract_files(
    tmp_path: Path,
) -> None:
    shop = ingested(tmp_path, "L6-woo-mysql")
    assert shop.rows("select order_id, status from raw.orders order by order_id") == [
        ("3001", "fulfilled"),
        ("3002", "paid"),
        ("3003", "fulfilled"),
        ("3004", "paid"),
        ("3005", "paid"),
        ("3006", "cancelled"),
        ("3007", "paid"),
    ]
