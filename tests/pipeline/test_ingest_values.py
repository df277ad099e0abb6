"""What ingest makes of single values: types, required values, ranges; one reason for each row."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from orchestration.ingest.reasons import REASON_TEXTS, Reason, quarantine_sentence
from tests.pipeline.ingest_kit import events_csv, make_shop, orders_csv

GOOD_ORDER = "o1,2024-03-01,paid,EUR,12.50"


def refused_orders(root: Path, *rows: str) -> list[tuple[object, ...]]:
    shop = make_shop(root, {"orders.csv": orders_csv(*rows)})
    shop.ingest()
    return [(line, column, reason) for _, line, column, reason in shop.quarantine()]


def test_every_bad_value_of_an_order_is_quarantined_with_its_line_and_column(
    tmp_path: Path,
) -> None:
    bad = {
        ",2024-03-01,paid,EUR,1": ("order_id", "missing_value"),
        '"   ",2024-03-01,paid,EUR,1': ("order_id", "missing_value"),
        "b3,,paid,EUR,1": ("created_at", "missing_value"),
        "b4,2024-03-01,,EUR,1": ("status", "missing_value"),
        "b5,2024-03-01,paid,,1": ("currency", "missing_value"),
        "b6,2024-03-01,paid,EUR,": ("total_price", "missing_value"),
        "b7,2024-03-01,mystery,EUR,1": ("status", "unknown_value"),
        "b8,2024-03-01,draft,EUR,1": ("status", "unknown_value"),
        "b9,2024-03-01,paid,EUR,abc": ("total_price", "invalid_number"),
        'b10,2024-03-01,paid,EUR,"1,000.50"': ("total_price", "invalid_number"),
        "b11,2024-03-01,paid,EUR,1_000": ("total_price", "invalid_number"),
        "b12,2024-03-01,paid,EUR,$5": ("total_price", "invalid_number"),
        "b13,2024-03-01,paid,EUR,5 EUR": ("total_price", "invalid_number"),
        'b14,2024-03-01,paid,EUR,"12,50"': ("total_price", "invalid_number"),
        "b15,2024-03-01,paid,EUR,0x10": ("total_price", "invalid_number"),
        "b16,2024-03-01,paid,EUR,NaN": ("total_price", "not_finite"),
        "b17,2024-03-01,paid,EUR,-Infinity": ("total_price", "not_finite"),
        "b18,2024-03-01,paid,EUR,inf": ("total_price", "not_finite"),
        "b19,2024-03-01,paid,EUR,-0.01": ("total_price", "out_of_range"),
        "b20,2024-03-01,paid,EUR,100000000000000": ("total_price", "out_of_range"),
        "b21,2024-03-01,paid,EUR,1e15": ("total_price", "out_of_range"),
        "b21b,2024-03-01,paid,EUR,9999999999.01": ("total_price", "out_of_range"),
        "b22,1700000000,paid,EUR,1": ("created_at", "epoch_timestamp"),
        "b23,1700000000000,paid,EUR,1": ("created_at", "epoch_timestamp"),
        "b24,1700000000.5,paid,EUR,1": ("created_at", "epoch_timestamp"),
        "b25,03/01/2024,paid,EUR,1": ("created_at", "invalid_timestamp"),
        "b26,2024-02-30,paid,EUR,1": ("created_at", "invalid_timestamp"),
        "b27,2024-03-01T25:00:00,paid,EUR,1": ("created_at", "invalid_timestamp"),
        "b28,infinity,paid,EUR,1": ("created_at", "invalid_timestamp"),
        "b29,2024-03-01 10:00 Europe/Rome,paid,EUR,1": ("created_at", "invalid_timestamp"),
        "b30,1989-12-31T23:59:59.999999,paid,EUR,1": ("created_at", "too_early"),
        "b31,0001-01-01,paid,EUR,1": ("created_at", "too_early"),
        "b32,1990-01-01T00:30:00+01:00,paid,EUR,1": ("created_at", "too_early"),
    }
    found = refused_orders(tmp_path, GOOD_ORDER, *bad)
    expected = [(line, *reason) for line, reason in enumerate(bad.values(), start=3)]
    assert len(found) == len(bad) > 30
    assert sorted(found, key=str) == sorted(expected, key=str)


def test_the_first_instant_of_1990_is_accepted_and_the_one_before_is_not(tmp_path: Path) -> None:
    rows = ("o1,1990-01-01,paid,EUR,1", "o2,1989-12-31T23:59:59,paid,EUR,1")
    shop = make_shop(tmp_path, {"orders.csv": orders_csv(*rows)})
    shop.ingest()
    assert shop.rows("select order_id from raw.orders") == [("o1",)]
    assert shop.quarantine() == [("orders.csv", 3, "created_at", "too_early")]


def test_a_price_of_zero_is_accepted_and_a_refund_of_zero_is_not(tmp_path: Path) -> None:
    refunds = "refund_id,order_id,created_at,amount\nr1,o1,2024-03-02,0\nr2,o1,2024-03-02,0.0001\n"
    lines = "order_id,line_number,product_id,quantity,unit_price\no1,1,p,0,1\no1,2,p,-1,1\n"
    shop = make_shop(
        tmp_path,
        {
            "orders.csv": orders_csv("o1,2024-03-01,paid,EUR,0"),
            "refunds.csv": refunds,
            "order_lines.csv": lines,
        },
    )
    shop.ingest()
    assert shop.rows("select order_id from raw.orders") == [("o1",)]
    assert shop.rows("select refund_id from raw.refunds") == [("r2",)]
    assert shop.rows("select line_number from raw.order_lines") == [(1,)]
    assert shop.quarantine() == [
        ("order_lines.csv", 3, "quantity", "out_of_range"),
        ("refunds.csv", 2, "amount", "out_of_range"),
    ]


def test_money_is_rounded_half_away_from_zero_to_four_decimals(tmp_path: Path) -> None:
    stored = {
        "12.34565": "12.3457",
        "12.34564999": "12.3456",
        "-12.34565": "-12.3457",
        "12.50000000": "12.5000",
        " 12.5 ": "12.5000",
        "+.5": "0.5000",
        "1.25e2": "125.0000",
        "9999999999": "9999999999.0000",
    }
    rows = [f"o{n},2024-03-01,paid,EUR,1,{given}" for n, given in enumerate(stored)]
    text = orders_csv(*rows).replace("\n", ",total_tax\n", 1)
    shop = make_shop(tmp_path, {"orders.csv": text})
    shop.ingest()
    found = shop.rows("select total_tax from raw.orders order by order_id")
    assert [row[0] for row in found] == [Decimal(text) for text in stored.values()]


def test_timestamps_with_an_offset_become_utc_and_those_without_are_utc(tmp_path: Path) -> None:
    given = {
        "2024-03-01T10:00:00+02:00": datetime(2024, 3, 1, 8),
        "2024-03-01 10:00:00-0330": datetime(2024, 3, 1, 13, 30),
        "2024-03-01T10:00:00+05": datetime(2024, 3, 1, 5),
        "2024-03-01T10:00:00Z": datetime(2024, 3, 1, 10),
        "2024-03-01 10:00:00 UTC": datetime(2024, 3, 1, 10),
        "2024-03-01T10:00:00.123456789": datetime(2024, 3, 1, 10, 0, 0, 123456),
        "2024-03-01 10:00": datetime(2024, 3, 1, 10),
        "2024-03-01": datetime(2024, 3, 1),
    }
    rows = [f"o{number},{text},paid,EUR,1" for number, text in enumerate(given)]
    shop = make_shop(tmp_path, {"orders.csv": orders_csv(*rows)})
    shop.ingest()
    found = shop.rows("select created_at from raw.orders order by order_id")
    assert [row[0] for row in found] == list(given.values())


def test_ids_are_trimmed_composed_text_and_never_numbers(tmp_path: Path) -> None:
    ids = ("007", "  e2 ", "\u00a0e\u0301\u2003", "00", "\u0085\u00e8\x1f")
    rows = [f"{event_id},x,2024-03-01,'17850.00" for event_id in ids]
    # A number that lost its digits names nobody, or anybody.
    rows.append("e9,x,2024-03-01,4.53E+12")
    # A hash may read like a number, and a name may begin with the mark.
    rows.extend(("f1,x,2024-03-01,12345e67", "f2,x,2024-03-01,'t Hooft"))
    shop = make_shop(tmp_path, {"events.csv": events_csv(*rows)})
    shop.ingest()
    found = shop.rows("select event_id, user_id from raw.events order by event_id")
    assert found == [
        ("00", "17850"),
        ("007", "17850"),
        ("e2", "17850"),
        ("f1", "12345e67"),
        ("f2", "'t Hooft"),
        ("\u00e8", "17850"),
        ("\u00e9", "17850"),
    ]
    assert shop.quarantine() == [("events.csv", 7, "user_id", "invalid_id")]


def test_an_event_left_with_neither_id_is_quarantined(tmp_path: Path) -> None:
    header = "event_id,event_name,occurred_at,anonymous_id,user_id\n"
    rows = (
        "e1,Page Viewed,2024-03-01,a1,\n"
        "e2,Page Viewed,2024-03-01,,u1\n"
        "e3,Page Viewed,2024-03-01,,\n"
        "e4,Page Viewed,2024-03-01,NULL, Undefined \n"
        "e5,Page Viewed,2024-03-01,0,00000000-0000-0000-0000-000000000000\n"
        "e6,Page Viewed,2024-03-01,0,u1\n"
    )
    shop = make_shop(tmp_path, {"events.csv": header + rows})
    shop.ingest()
    found = shop.rows("select event_id, anonymous_id from raw.events order by event_id")
    assert found == [("e1", "a1"), ("e2", None), ("e6", "0")]
    ids = "anonymous_id, user_id"
    assert shop.quarantine() == [("events.csv", line, ids, "missing_id") for line in (4, 5, 6)]


def test_a_customer_whose_id_is_a_placeholder_is_quarantined(tmp_path: Path) -> None:
    customers = "customer_id,created_at,birth_date\nnull,2024-03-01,\nc1,2024-03-01,1899-12-31\n"
    shop = make_shop(tmp_path, {"customers.csv": customers})
    shop.ingest()
    found = shop.rows("select customer_id, birth_date from raw.customers")
    assert found == [("c1", date(1899, 12, 31))]
    assert shop.quarantine() == [("customers.csv", 2, "customer_id", "missing_value")]


def test_whole_numbers_dates_and_booleans_are_read_exactly(tmp_path: Path) -> None:
    daily = (
        "date,channel,campaign,impressions\n"
        "2024-03-01,mail,,12\n"
        "2024-03-02T00:00:00Z,mail,x,12.0\n"
        "2024-03-03,mail,,12.5\n"
        "2024-03-04,mail,,-1\n"
        "2024-03-05,mail,,99999999999999999999\n"
        "2024-03-06 10:00:00,mail,,1\n"
        "2024-13-01,mail,,1\n"
        "1989-12-31,mail,,1\n"
        "2024-03-07,mail,,many\n"
        "2024-03-08,mail,,nan\n"
        "2024-03-09,mail,,inf\n"
    )
    customers = (
        "customer_id,created_at,is_deleted\n"
        "c1,2024-03-01,TRUE\nc2,2024-03-01,0\nc3,2024-03-01,\nc4,2024-03-01,perhaps\n"
    )
    shop = make_shop(tmp_path, {"channel_daily.csv": daily, "customers.csv": customers})
    shop.ingest()
    found = shop.rows("select date, campaign, impressions from raw.channel_daily order by date")
    assert found == [
        (date(2024, 3, 1), "", 12),
        (date(2024, 3, 2), "x", 12),
        (date(2024, 3, 8), "", None),
    ]
    found = shop.rows("select customer_id, is_deleted from raw.customers order by customer_id")
    assert found == [("c1", True), ("c2", False), ("c3", None)]
    file = "channel_daily.csv"
    assert shop.quarantine() == [
        (file, 4, "impressions", "invalid_integer"),
        (file, 5, "impressions", "out_of_range"),
        (file, 6, "impressions", "out_of_range"),
        (file, 7, "date", "invalid_date"),
        (file, 8, "date", "invalid_date"),
        (file, 9, "date", "too_early"),
        (file, 10, "impressions", "invalid_integer"),
        (file, 12, "impressions", "not_finite"),
        ("customers.csv", 5, "is_deleted", "invalid_boolean"),
    ]


def test_properties_must_be_a_json_object_and_attributes_any_json(tmp_path: Path) -> None:
    events = (
        "event_id,event_name,occurred_at,user_id,properties\n"
        'e1,x,2024-03-01,u,"{""a"": [1, 2]}"\n'
        "e2,x,2024-03-01,u,{}\n"
        "e3,x,2024-03-01,u,\n"
        'e4,x,2024-03-01,u,"[1]"\n'
        "e5,x,2024-03-01,u,{oops\n"
    )
    customers = 'customer_id,created_at,attributes\nc1,2024-03-01,"[1, 2]"\nc2,2024-03-01,[1\n'
    shop = make_shop(tmp_path, {"events.csv": events, "customers.csv": customers})
    shop.ingest()
    found = shop.rows("select event_id, properties from raw.events order by event_id")
    assert found == [("e1", '{"a":[1,2]}'), ("e2", "{}"), ("e3", None)]
    assert shop.rows("select attributes from raw.customers") == [("[1,2]",)]
    assert shop.quarantine() == [
        ("customers.csv", 3, "attributes", "invalid_json"),
        ("events.csv", 5, "properties", "invalid_json"),
        ("events.csv", 6, "properties", "invalid_json"),
    ]


def test_a_row_with_several_faults_is_quarantined_once_with_the_first(tmp_path: Path) -> None:
    assert refused_orders(tmp_path, "o1,yesterday,shipped,,abc") == [
        (2, "created_at", "invalid_timestamp")
    ]


def test_the_quarantined_record_holds_the_row_as_it_was_landed(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, {"orders.csv": orders_csv('o1,2024-03-01,paid,EUR,"1,5"')})
    shop.ingest()
    ((record,),) = shop.rows("select raw_record from raw.quarantine")
    assert json.loads(record) == {
        "order_id": "o1",
        "created_at": "2024-03-01",
        "status": "paid",
        "currency": "EUR",
        "total_price": "1,5",
    }


def test_extra_columns_of_events_are_merged_into_properties(tmp_path: Path) -> None:
    events = (
        'event_id,event_name,occurred_at,user_id,Zone,properties,"quo""te",rating\n'
        'e1,x,2024-03-01,u,north,"{""rating"": 5}",q,4\n'
        "e2,x,2024-03-01,u,north,,,4\n"
        "e3,x,2024-03-01,u,,,,\n"
    )
    shop = make_shop(tmp_path, {"events.csv": events})
    shop.ingest()
    found = shop.rows("select properties from raw.events order by event_id")
    assert found == [
        ('{"rating":5,"quo\\"te":"q","Zone":"north"}',),
        ('{"rating":"4","Zone":"north"}',),
        (None,),
    ]
    log = shop.rows("select column_name, action from raw.schema_log order by all")
    assert log == [(name, "merged into properties") for name in ("Zone", 'quo"te', "rating")]


def test_extra_columns_of_other_tables_are_noted_in_the_schema_log(tmp_path: Path) -> None:
    orders = orders_csv(GOOD_ORDER).replace("\n", ",shelf\n", 1).replace("12.50", "12.50,hi")
    shop = make_shop(tmp_path, {"orders.csv": orders})
    shop.ingest()
    log = shop.rows(
        "select table_name, column_name, data_type, action, source_file from raw.schema_log"
    )
    assert log == [("orders", "shelf", "VARCHAR", "not loaded", "orders.csv")]
    assert shop.rows("select total_price from raw.orders") == [(Decimal("12.5000"),)]


def test_column_order_and_case_do_not_matter(tmp_path: Path) -> None:
    orders = "TOTAL_PRICE, Currency,status,Created_At,Order_ID\n1,EUR,paid,2024-03-01,o1\n"
    shop = make_shop(tmp_path, {"orders.csv": orders})
    shop.ingest()
    assert shop.rows("select order_id, total_price, currency from raw.orders") == [
        ("o1", Decimal("1.0000"), "EUR")
    ]


def test_hostile_names_and_values_are_inert(tmp_path: Path) -> None:
    hostile = "'; drop table raw.orders; --"
    events = f'event_id,event_name,occurred_at,user_id,"{hostile}"\n"{hostile}",x,2024-03-01,u,y\n'
    shop = make_shop(tmp_path, {f"events/[a]*?{hostile}.csv": events})
    shop.ingest(run_id=hostile, excluded_ids=[hostile])
    assert shop.rows("select event_id from raw.events") == [(hostile,)]
    assert shop.rows("select count(*) from raw.orders") == [(0,)]


def test_every_reason_has_a_sentence() -> None:
    assert set(REASON_TEXTS) == set(Reason)
    sentence = quarantine_sentence("orders.csv", 3, "total_price", "not_finite")
    assert sentence == (
        "orders.csv, line 3, column total_price: not_finite, the value is NaN or infinite."
    )


@pytest.mark.parametrize("word", ["NULL", "\\N", "NaN", "nat", " N/A ", "none"])
def test_words_for_nothing_are_null_in_optional_columns_alone(tmp_path: Path, word: str) -> None:
    orders = (
        "order_id,created_at,status,currency,total_price,total_tax,updated_at,coupon_code\n"
        f"o1,2024-03-01,paid,EUR,1,{word},{word},{word}\n"
        f"o2,2024-03-01,paid,EUR,1,,0000-00-00 00:00:00,nothing\n"
        f"o3,2024-03-01,paid,EUR,{word},,,\n"
    )
    shop = make_shop(tmp_path, {"orders.csv": orders})
    shop.ingest()
    found = shop.rows(
        "select order_id, total_tax, updated_at, coupon_code from raw.orders order by order_id"
    )
    assert found == [("o1", None, None, None), ("o2", None, None, "nothing")]
    assert [row[:3] for row in shop.quarantine()] == [("orders.csv", 4, "total_price")]


def test_an_event_may_tell_its_ids_in_properties(tmp_path: Path) -> None:
    events = (
        "event_id,event_name,occurred_at,user_id,properties\n"
        'e1,x,2024-03-01,,"{""user_id"": ""u1""}"\n'
        'e2,x,2024-03-01,,"{""user_id"": "" Guest ""}"\n'
        'e3,x,2024-03-01,guest,"{""user_id"": ""u1""}"\n'
    )
    shop = make_shop(tmp_path, {"events.csv": events})
    shop.ingest()
    assert shop.rows("select event_id from raw.events") == [("e1",)]
    ids = "anonymous_id, user_id"
    assert shop.quarantine() == [("events.csv", line, ids, "missing_id") for line in (3, 4)]
