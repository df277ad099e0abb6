"""The small inputs from the field of `../shared/data/cases`: a row for each, with its outcome.

Belongs here: what is right of each folder, after ingest and in the models. Does not belong here:
variants of a fault (test_ingest_field, test_sources). The folders lie outside the repository; a
checkout without them skips.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from orchestration.settings.paths import REPO_ROOT, StateDir
from tests.conftest import Lifecycle
from tests.pipeline.ingest_kit import Shop
from tests.pipeline.models_kit import CompiledModels

CASES = REPO_ROOT.parent / "shared" / "data" / "cases"
# One case looks a year ahead; whatever lies after the day of loading is left out.
LOADED_AT = datetime(2028, 1, 1)

Answers = Mapping[str, list[tuple[Any, ...]]]

needs_cases = pytest.mark.skipif(
    not CASES.is_dir(), reason=f"{CASES} is shared data, not in the repository"
)


@dataclass(frozen=True)
class Case:
    """What is right of one case.

    Attributes:
        loaded: rows in raw, by table.
        raw: queries over raw, and their answers.
        models: queries over the models, and their answers.
        quarantine: how many lines are refused.
        told: parts of sentences, each of which is told after ingest.
        silent: whether nothing at all is told.
        stops: part of the sentence that stops the build; empty if nothing does.
    """

    loaded: Mapping[str, int]
    raw: Answers = field(default_factory=dict)
    models: Answers = field(default_factory=dict)
    quarantine: int = 0
    told: tuple[str, ...] = ()
    silent: bool = False
    stops: str = ""


CREATED = (
    "select order_id, created_at::varchar from raw.orders where order_id <> 'pad1' order by all"
)
STATUSES = "select order_id, status from raw.orders order by all"
SEGMENT_CALL = {
    "select event_id, event_name, occurred_at::varchar, anonymous_id, user_id, utm_medium, "
    "page_url from raw.events": [
        (
            "m1", "Product Added", "2026-03-01 10:00:00.5", "a1", "u1", "CPC",
            "https://shop.example/p1",
        )
    ]
}  # fmt: skip
CHANNELS = "select session_id, channel from marts.sessions order by all"
UNBOOKED = "select filtered_reasons from marts.row_accounting where scope = 'orders'"

EXPECTED = {
    "B01-first-unfinished-month": Case(
        {"orders": 2},
        models={
            "select stage from marts.lifecycle_current where framework = 'discovery_to_advocacy' "
            "and subject_id = 'customer:c1'": [("retention",)],
            "select count(*) from marts.stage_flow_monthly": [(0,)],
        },
        silent=True,
    ),
    "B02-offset-with-blank": Case(
        {"orders": 5},
        {
            CREATED: [
                ("1", "2026-03-01 09:00:00"), ("2", "2026-03-01 09:00:00"),
                ("3", "2026-03-01 09:00:00"), ("4", "2026-03-01 10:00:00"),
            ]
        },
    ),
    "B03-refused-required-file": Case(
        {"orders": 0, "events": 2}, quarantine=1, stops="order_id (did you mean order_id for id?)"
    ),
    "B04-full-reexport-no-updated_at": Case(
        {"orders": 17},
        models={
            "select status, count(*) from staging.stg_orders group by all order by all":
                [("cancelled", 8), ("paid", 1)],
            "select filtered_reasons from marts.row_accounting where name = 'stg_orders'":
                [("superseded_without_time: 8",)],
        },
        told=("8 of orders",),
    ),
    "B05a-negative-discount": Case(
        {"orders": 1},
        {"select order_id from raw.orders": [("M0",)]},
        quarantine=1,
        told=("orders.csv, line 3, column total_discounts", '"-5.0000"'),
    ),
    "B07-near-miss-columns": Case(
        {"orders": 6},
        {
            "select order_id, customer_id, cancelled_at is not null, is_test, is_deleted "
            "from raw.orders where order_id <> 'Q0' order by all": [
                ("P1", "cus_1", False, None, None), ("P2", "cus_1", False, None, None),
                ("Q1", "q1", True, None, None), ("Q2", "q2", False, True, None),
                ("Q3", "q3", False, None, True),
            ]
        },
        {
            "select order_id, voided_on is not null from intermediate.int_orders order by all":
                [("P1", False), ("P2", False), ("Q0", False), ("Q1", True)],
            "select count(*) from marts.subjects where subject_id = 'customer:cus_1' "
            "and orders = 2": [(1,)],
            UNBOOKED: [("cancelled: 1, deleted: 1, test: 1",)],
        },
        told=(
            '"canceled_at" as cancelled_at', '"test" as is_test',
            '"_fivetran_deleted" as is_deleted', "3 orders are loaded and not booked",
        ),
    ),
    "B09-excel-scientific-ids": Case(
        {"orders": 1},
        quarantine=3,
        told=("orders.csv, line 3, column order_id", '"4.53E+12"'),
        stops="3 of 4 rows were refused",
    ),
    "B10-placeholder-ids": Case(
        {"events": 16, "orders": 3},
        models={
            "select subject_id from marts.subjects where subject_id like 'customer:%'":
                [("customer:cPad",)],
            "select count(*) from marts.subjects where subject_id like 'visitor:%'": [(18,)],
        },
    ),
    "B11-ad-sets": Case(
        {"channel_daily": 2},
        models={
            "select spend, impressions from staging.stg_channel_daily": [(Decimal(30), 3000)],
            "select spend, impressions from marts.channel_performance "
            "where period_grain = 'month' and impressions > 0": [(Decimal(30), 3000)],
        },
        told=('"adset"',),
    ),
    "B12-click-ids-and-referrers": Case(
        {"events": 5},
        models={
            CHANNELS: [
                ("h1", "paid_search"), ("h2", "organic_search"), ("h3", "paid_social"),
                ("h4", "direct"), ("z", "direct"),
            ]
        },
    ),
    "B13-utm-blanks": Case(
        {"events": 5},
        models={
            CHANNELS: [
                ("g1", "paid_search"), ("g2", "email"), ("g3", "paid_search"),
                ("g4", "organic_search"), ("z", "direct"),
            ]
        },
    ),
    "B14-event-names": Case(
        {"events": 7},
        models={
            "select trim(event_name), signals, events_without_signal from marts.event_names "
            "order by event_name": [
                ("Opened Email", "email_opened", 0), ("Placed Order", None, 1),
                ("Product Viewed", "product_view", 0), ("Product viewed", "product_view", 0),
                ("Received Email", "email_delivered", 0), ("page_view", "page_view", 0),
                ("product_viewed", "product_view", 0),
            ]
        },
    ),
    "B15-price-in-properties": Case(
        {"events": 2},
        models={
            "select cart_id, cart_value from marts.cart_outcomes": [("cart:c1", Decimal(40))]
        },
    ),
    "B16-annual-plan": Case(
        {"events": 2},
        models={
            "select month, closing_mrr from marts.mrr_movements order by month": [
                *((date(2026, month, 1), Decimal(100)) for month in range(1, 13)),
                (date(2027, 1, 1), Decimal(100)),
                (date(2027, 2, 1), Decimal(0)),
            ],
            "select health, min(valid_from) from marts.lifecycle_history where framework = "
            "'discovery_to_advocacy' and subject_id = 'customer:cK' group by health order by 2": [
                ("active", date(2026, 1, 1)), ("at_risk", date(2027, 1, 4)),
                ("lapsed", date(2027, 2, 15)),
            ],
        },
    ),
    "B19-refund-twice": Case(
        {"refunds": 2},
        models={
            "select net_revenue from marts.subjects where subject_id = 'customer:cN'":
                [(Decimal(-10),)],
        },
        told=("N1, 60.00 refunded of 50.00, two refunds of the same amount at the same instant",),
    ),
    "B21-erasure": Case({"erasure_requests": 1}, told=("1 erasure request is open",)),
    "B23-order-line-edited": Case(
        {"order_lines": 12},
        models={
            "select order_id, quantity from staging.stg_order_lines order by all":
                [(f"B{number}", Decimal(1)) for number in range(1, 7)],
            "select filtered_reasons from marts.row_accounting where name = 'stg_order_lines'":
                [("superseded: 6",)],
        },
        told=("6 of order_lines",),
    ),
    "B31-dated-files": Case(
        {"orders": 3},
        told=('"order_line.csv" is ignored', 'did you mean "order_lines"?'),
    ),
    "B34-missing-rate": Case(
        {"orders": 2},
        stops="1 order in USD has no exchange rate (first: U1, 2026-03-09); land "
        "exchange_rates.csv with a rate on or before that day, or leave these values empty with "
        "--var allow_missing_rates=true.",
    ),
    "B35-refunded-without-refunds": Case(
        {"orders": 3}, told=("2 orders say refunded and no refund of them came.",)
    ),
    "B37-cart-token-reused": Case(
        {"events": 3},
        models={
            "select outcome, cart_value, order_id from marts.cart_outcomes order by created_at": [
                ("converted", Decimal(20), "K1"), ("abandoned", Decimal(70), None),
            ]
        },
    ),
    "I1-excel-blank-rows": Case({"orders": 1}, told=("2 rows were set aside: 2 blank_row",)),
    "I2-total-row": Case({"orders": 1}, told=("1 total_row",)),
    "I3-cr-only": Case({"orders": 2}, silent=True),
    "I4-backslash-quotes": Case(
        {"orders": 2},
        {"select coupon_code from raw.orders order by order_id": [('10% "off" now',), ("x",)]},
    ),
    "I6-json-array": Case({"orders": 2}, silent=True),
    "I7-json-wrapper": Case({"orders": 1}, silent=True),
    "I8-apostrophe-ids": Case(
        {"orders": 1}, {"select order_id, customer_id from raw.orders": [("1001", "17850")]}
    ),
    "I10-gid-json": Case(
        {"orders": 1},
        {
            "select customer_id, status, total_price::int from raw.orders":
                [("gid://shopify/Customer/7", "paid", 10)]
        },
        told=('"createdAt" does not count beside "created_at"',),
    ),
    "L1-shopify-export": Case(
        {"orders": 5, "order_lines": 6, "refunds": 1},
        {
            STATUSES: [
                ("5011", "fulfilled"), ("5012", "partially_refunded"), ("5013", "pending"),
                ("5014", "cancelled"), ("5015", "pending"),
            ],
            "select line_number, product_id, quantity::integer from raw.order_lines "
            "where order_id = '5011' order by all": [(1, "Mug", 1), (2, "Cup", 2)],
            "select order_id, amount::varchar from raw.refunds": [("5012", "12.2000")],
            "select created_at::varchar from raw.orders where order_id = '5011'":
                [("2026-03-01 08:50:25",)],
        },
        {
            "select order_id, order_value, voided_on is not null from intermediate.int_orders "
            "order by all": [
                ("5011", Decimal(50), False), ("5012", Decimal(40), False),
                ("5013", Decimal(30), False), ("5014", Decimal(10), True),
                ("5015", Decimal(100), False),
            ],
            UNBOOKED: [("cancelled: 1, pending: 2",)],
        },
        told=("recognised as Shopify orders export", "3 orders are loaded and not booked"),
    ),
    "L2-ga4-json": Case(
        {"orders": 1, "events": 2},
        {
            "select order_id, total_price::varchar, currency from raw.orders":
                [("T1", "49.9000", "EUR")],
            "select reason, rows from raw.set_aside": [("without consent", 1)],
        },
        {"select order_id, order_value from intermediate.int_orders": [("T1", Decimal("49.9"))]},
    ),
    "L3-segment-json": Case({"events": 1}, SEGMENT_CALL),
    "L3b-segment-tracks": Case({"events": 1}, SEGMENT_CALL),
    "L4-stripe-payments": Case(
        {"orders": 4},
        {
            "select order_id, status, total_price::varchar, currency from raw.orders "
            "order by order_id": [
                ("ch_1", "paid", "29.0000", "EUR"), ("ch_2", "paid", "1290.0000", "EUR"),
                ("ch_3", "refunded", "29.0000", "EUR"), ("ch_4", "failed", "29.0000", "EUR"),
            ],
            "select refund_id, amount::varchar from raw.refunds": [("ch_3:refunded", "29.0000")],
        },
    ),
    "L5-excel-eu": Case(
        {"orders": 2},
        {
            "select order_id, total_price::varchar, currency from raw.orders order by all":
                [("2001", "12.5000", "EUR"), ("2004", "10.0000", "eur")]
        },
        quarantine=2,
    ),
    "L5b-excel-sep": Case({"orders": 1}, silent=True),
    "L5c-excel-utf16": Case({"orders": 1}, silent=True),
    "L5d-xlsx": Case({"orders": 0}, quarantine=1, stops="save the sheet as CSV"),
    "L6-woo-mysql": Case(
        {"orders": 7},
        {
            STATUSES: [
                ("3001", "fulfilled"), ("3002", "paid"), ("3003", "fulfilled"), ("3004", "paid"),
                ("3005", "paid"), ("3006", "cancelled"), ("3007", "paid"),
            ]
        },
        {UNBOOKED: [("cancelled_without_time: 1",)]},
        told=("1 order is loaded and not booked: 1 cancelled without time",),
    ),
    "L7-klaviyo": Case(
        {"events": 2},
        {
            "select event_id, event_name, user_id from raw.events order by event_id":
                [("k1", "Received Email", "p1"), ("k2", "Opened Email", "p1")],
            "select distinct customer_id, email from raw.customers": [("p1", "ann@example.com")],
        },
    ),
}  # fmt: skip
MODELLED = [name for name, case in EXPECTED.items() if case.models]


def landed(tmp_path: Path, name: str) -> Shop:
    shop = Shop(tmp_path / "raw", tmp_path / "state")
    shutil.copytree(CASES / name, shop.raw_dir)
    return shop


@needs_cases
def test_every_case_has_a_row() -> None:
    assert {path.name for path in CASES.iterdir() if path.is_dir()} == EXPECTED.keys()


@needs_cases
@pytest.mark.parametrize("name", EXPECTED)
def test_a_case_is_read_as_it_should_be(tmp_path: Path, name: str) -> None:
    expected = EXPECTED[name]
    shop = landed(tmp_path, name)
    summary = shop.ingest(loaded_at=LOADED_AT)
    loaded = {
        table: shop.rows(f"select count(*) from raw.{table}")[0][0] for table in expected.loaded
    }
    assert loaded == expected.loaded, summary
    assert len(shop.quarantine()) == expected.quarantine
    assert {query: shop.rows(query) for query in expected.raw} == expected.raw
    told = "\n".join((*summary.notes, *summary.problems))
    assert [part for part in expected.told if part not in told] == [], told
    assert not (expected.silent and told), told
    stops = "\n".join(summary.stops)
    assert expected.stops in stops
    assert bool(stops) == bool(expected.stops), stops


@pytest.fixture(scope="module")
def models(sample_state: StateDir) -> CompiledModels:
    return CompiledModels(sample_state)


@needs_cases
@pytest.mark.slow
@pytest.mark.parametrize("name", MODELLED)
def test_the_models_make_of_a_case_what_is_right(
    tmp_path: Path, models: CompiledModels, name: str
) -> None:
    expected = EXPECTED[name].models
    shop = landed(tmp_path, name)
    shop.ingest(loaded_at=LOADED_AT)
    answers = models.answers(shop.state_dir / "raw.duckdb", expected)
    assert dict(zip(expected, answers, strict=True)) == expected


@needs_cases
@pytest.mark.slow
def test_a_shop_in_its_first_month_breaks_no_law(tmp_path: Path, models: CompiledModels) -> None:
    shop = landed(tmp_path, "B01-first-unfinished-month")
    shop.ingest(loaded_at=LOADED_AT)
    with models.made(shop.state_dir / "raw.duckdb", models.names) as made:
        assert models.broken(made) == []
        query = (
            "select stage from marts.lifecycle_current where subject_id = 'customer:c1' "
            "and framework = 'discovery_to_advocacy'"
        )
        assert made.execute(query).fetchall() == [("retention",)]


@needs_cases
@pytest.mark.parametrize("name", [name for name, case in EXPECTED.items() if case.stops])
def test_a_case_that_stops_a_build_leaves_with_its_sentence(
    tmp_path: Path, lifecycle: Lifecycle, name: str
) -> None:
    shop = landed(tmp_path, name)
    done = lifecycle("build", "--raw-dir", shop.raw_dir, "--state-dir", shop.state_dir)
    assert done.returncode != 0
    assert EXPECTED[name].stops in done.stderr
    assert not StateDir.at(shop.state_dir).published_database.exists()
    checked = lifecycle("check", "--raw-dir", shop.raw_dir)
    assert checked.returncode != 0
    assert EXPECTED[name].stops in checked.stdout + checked.stderr
