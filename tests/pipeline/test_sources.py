"""sources.yml, several sources, and that no order of arrival decides what they give."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from orchestration.errors import InputError
from tests.pipeline.ingest_kit import EVENTS_HEADER, NO_EVENTS, ORDERS_HEADER, Shop, make_shop

ADAPTERS = Path(__file__).parent / "adapters"
STRIPE_HEADER = "id,Amount,Amount Refunded,Currency,Status,Created (UTC),Customer ID,Customer Email"
SPREADSHEET = (
    "Number;Day;Sum;Buyer;Paid?\n"
    "A-1;01.03.2026 10:30;1.250,50;ida;yes\n"
    "A-2;02.03.2026;9,99;jon@example.org;no\n"
)
SPREADSHEET_ENTRY = """
  - files: "sales*.csv"
    table: orders
    format: {decimal: ",", delimiter: ";", dates: "%d.%m.%Y", timezone: Europe/Rome}
    columns:
      order_id: Number
      created_at: Day
      total_price: Sum
      customer_id: Buyer
      status: "= lower(\\"Paid?\\")"
    values: {status: {Yes: paid, NO: pending}}
    constants: {currency: EUR}
"""


def land(tmp_path: Path, files: Mapping[str, str], entries: str = "") -> Shop:
    shop = make_shop(tmp_path)
    for path in shop.raw_dir.iterdir():
        path.unlink()
    shop.land(files)
    if entries:
        shop.land({"sources.yml": f"sources:{entries}"})
    return shop


def copy_landing(shop: Shop, *adapters: str) -> None:
    for name in adapters:
        shutil.copytree(ADAPTERS / name / "landing", shop.raw_dir / name)


def test_an_entry_maps_a_spreadsheet_of_any_shape(tmp_path: Path) -> None:
    shop = land(tmp_path, {"sales.csv": SPREADSHEET}, SPREADSHEET_ENTRY)
    shop.ingest()
    rows = shop.rows(
        "select order_id, created_at::varchar, total_price::varchar, customer_id, status, currency "
        "from raw.orders order by order_id"
    )
    assert rows[0] == ("A-1", "2026-03-01 09:30:00", "1250.5000", "ida", "paid", "EUR")
    assert rows[1][1:3] == ("2026-03-01 23:00:00", "9.9900")
    assert rows[1][3].startswith("email:")
    assert rows[1][4] == "pending"


BOTH_ENTRY = """
  - files: "both.csv"
    table: orders
    format: {decimal: ","}
    columns:
      refunds.refund_id: "= case when Back <> '0' then concat(order_id, ':refunded') end"
      refunds.order_id: order_id
      refunds.created_at: created_at
      refunds.amount: Back
"""


def test_an_entry_fills_a_second_table_from_rows_that_have_its_key(tmp_path: Path) -> None:
    both = (
        "order_id;created_at;status;currency;total_price;Back\n"
        "1;2026-03-01;paid;EUR;10,00;0\n"
        "2;2026-03-02;paid;EUR;20,00;5,50\n"
    )
    shop = land(tmp_path, {"both.csv": both}, BOTH_ENTRY)
    summary = shop.ingest()
    assert [(one.table, one.rows_loaded) for one in summary.results] == [
        ("orders", 2),
        ("refunds", 1),
    ]
    assert shop.rows("select refund_id, order_id, amount::varchar from raw.refunds") == [
        ("2:refunded", "2", "5.5000")
    ]


def test_properties_that_an_entry_names_stand_over_what_nothing_names(tmp_path: Path) -> None:
    line = {"id": "a", "name": "Seen", "at": "2026-03-01", "who": "ida", "app": "web"}
    entry = """
  - files: "log.jsonl"
    table: events
    columns: {event_id: id, event_name: name, occurred_at: at, user_id: who, properties: told}
"""
    shop = land(tmp_path, {"log.jsonl": json.dumps({**line, "told": {"sku": 7}})}, entry)
    shop.ingest()
    ((properties,),) = shop.rows("select properties::varchar from raw.events")
    assert json.loads(properties) == {"app": "web", "sku": 7}


def test_an_entry_overrides_columns_of_an_adapter(tmp_path: Path) -> None:
    entry = """
  - files: "pay.csv"
    adapter: stripe_payments
    columns: {customer_id: "Customer Email", customers.email: "= null"}
    constants: {country: IT}
    prefix: "st-"
"""
    shop = land(
        tmp_path, {"pay.csv": f"{STRIPE_HEADER}\nch_1,5,0,eur,Paid,2026-03-01 10:00,c,x\n"}, entry
    )
    shop.ingest()
    assert shop.rows("select order_id, customer_id, country from raw.orders") == [
        ("st-ch_1", "st-x", "IT")
    ]
    assert shop.rows("select email from raw.customers") == [(None,)]


@pytest.mark.parametrize(
    ("entries", "sentence"),
    [
        ("\n  - {files: '*.csv', adaptor: jaffle}", 'line 2: "adaptor" is unknown.*"adapter"'),
        ("\n  - {files: '*.csv', adapter: shopify}", 'line 2: the adapter "shopify" is unknown'),
        ("\n  - adapter: jaffle", "line 2: an entry needs files"),
        ("\n  - {files: '../x', adapter: jaffle}", "below the landing directory"),
        ("\n  - {files: '*.csv', orders: sometimes}", "orders must be always, never or"),
        ("\n  - files: '*.csv'\n    format: {timezone: Rome}", "line 3: .*no IANA time zone"),
        ("\n  - files: '*.csv'\n    format: {decimal: ';'}", "decimal mark"),
        ("\n  - files: '*.csv'\n    visits: perhaps", "line 3: true or false"),
        ("\n  - files: '*.csv'\n    columns: [a]", "pairs"),
        (" {", "not YAML"),
        (
            "\n  - {files: '*.csv', adapter: jaffle}\n  - {files: 'sales.csv'}",
            "lines 2 and 3: .* belongs to two entries",
        ),
        ("\n  - {files: 'sales.csv', adapter: jaffle}", "is not jaffle; it lacks id"),
        ("\n  - {files: 'sales.csv'}", "say which table"),
        ("\n  - {files: 'sales.csv', table: orders}", "orders needs order_id, created_at"),
        (
            "\n  - {files: 'sales.csv', table: orders, columns: {order_idd: Number}}",
            'no column "order_idd"; did you mean "order_id"',
        ),
        (
            "\n  - {files: 'sales.csv', table: orders, columns: {order_id: Numbr}}",
            'line 2, column order_id: the file has no column "Numbr"; did you mean "number"',
        ),
        (
            "\n  - {files: 'sales.csv', table: orders, columns: {order_id: '= sum(Number)'}}",
            "line 2, column order_id: the expression may not hold",
        ),
    ],
)
def test_a_mistake_is_one_sentence_with_its_line(
    tmp_path: Path, entries: str, sentence: str
) -> None:
    shop = land(tmp_path, {"sales.csv": SPREADSHEET}, entries)
    with pytest.raises(InputError, match=sentence) as refused:
        shop.ingest()
    assert "sources.yml" in str(refused.value)


def test_a_missing_event_id_is_made_of_the_row_and_its_number_among_equal_ones(
    tmp_path: Path,
) -> None:
    entry = """
  - files: "log.csv"
    table: events
    columns:
      event_id: "= md5(concat_ws('|', who, what, at, copy_number))"
      event_name: what
      occurred_at: at
      user_id: who
"""
    log = "who,what,at,plan\n" + 2 * "ida,view,2026-03-01,free\n" + "jon,view,2026-03-01,\n"
    shop = land(tmp_path, {"log.csv": log}, entry)
    assert shop.ingest().rows_loaded == 3
    assert shop.rows("select count(distinct event_id) from raw.events") == [(3,)]
    properties = shop.rows("select properties::varchar from raw.events order by user_id")
    assert properties == [('{"plan":"free"}',), ('{"plan":"free"}',), (None,)]


def test_a_file_is_loaded_once_and_another_mapping_of_it_is_refused(tmp_path: Path) -> None:
    shop = land(tmp_path, {"sales.csv": SPREADSHEET}, SPREADSHEET_ENTRY)
    shop.ingest("run-1")
    again = shop.ingest("run-2")
    assert (again.rows_read, again.files_unchanged) == (0, 1)
    shop.land({"sources.yml": f"sources:{SPREADSHEET_ENTRY.replace('EUR', 'USD')}"})
    with pytest.raises(InputError, match=r"sales.csv was loaded under another mapping"):
        shop.ingest("run-3")


def test_a_file_is_read_where_it_or_its_entry_is_another_than_last_time(tmp_path: Path) -> None:
    texts = (SPREADSHEET, SPREADSHEET.replace("yes", "no"))
    first, other = (gzip.compress(text.encode(), mtime=0) for text in texts)
    entry = SPREADSHEET_ENTRY.replace("sales*.csv", "sales.csv.gz")
    shop = land(tmp_path, {}, entry)
    for content in (first, other, first, first[:-9], first[:-9]):
        shop.land({"sales.csv.gz": content})
        shop.ingest()
    # What was refused under one entry may be sound under another.
    shop.land({"sources.yml": f"sources:{entry.replace('EUR', 'USD')}"})
    shop.ingest()
    assert shop.rows("select status, rows_loaded, rows_duplicate from raw.ingest_files") == [
        ("loaded", 2, 0),
        ("loaded", 1, 1),
        ("loaded", 0, 2),
        ("quarantined", 0, 0),
        ("quarantined", 0, 0),
    ]


def test_rows_beside_which_a_file_arrives_later_are_made_anew(tmp_path: Path) -> None:
    landing = ADAPTERS / "fivetran_shopify" / "landing"
    shop = land(tmp_path, {})
    for path in landing.iterdir():
        if path.name != "transaction.csv":
            shutil.copy(path, shop.raw_dir)
    shop.ingest("run-1")
    assert shop.rows("select count(*) from raw.refunds") == [(0,)]
    shutil.copy(landing / "transaction.csv", shop.raw_dir)
    shop.ingest("run-2")
    assert shop.rows("select refund_id, amount::varchar from raw.refunds") == [("501", "12.0000")]
    assert shop.rows("select count(*) from raw.orders") == [(3,)]
    # The later version of a row that states no time is the one of the last file that has it.
    copies = "select table_name, count(distinct row_hash) from raw.ingest_copies group by all"
    assert ("orders", 3) in shop.rows(copies)


@pytest.mark.parametrize("arrival", [("a", "b"), ("b", "a")])
def test_orders_and_visits_come_from_one_source_whatever_arrives_first(
    tmp_path: Path, arrival: tuple[str, str]
) -> None:
    shop = land(tmp_path, {})
    groups = {
        "a": ("shopify_orders_export", "klaviyo"),
        "b": ("stripe_payments", "segment", "matomo"),
    }
    for number, group in enumerate(arrival):
        copy_landing(shop, *groups[group])
        shop.ingest(f"run-{number}")
    muted = shop.rows(
        "select distinct adapter, table_name, reason from raw.muted_files "
        "inner join raw.ingest_files using (file_id) inner join raw.source_files using (file_id) "
        "where table_name in ('orders', 'events') order by all"
    )
    assert muted == [
        ("matomo", "events", "other_behaviour_source"),
        ("matomo", "orders", "other_order_source"),
        ("segment", "orders", "other_order_source"),
        ("stripe_payments", "orders", "other_order_source"),
    ]
    fills = shop.rows("select source from raw.sources where fills_orders")
    assert fills == [("shopify_orders_export",)]


def test_an_empty_contract_file_does_not_fill_orders(tmp_path: Path) -> None:
    shop = land(tmp_path, {"orders.csv": f"{ORDERS_HEADER}\n", "events.csv": NO_EVENTS})
    copy_landing(shop, "ga4_bigquery")
    shop.ingest()
    assert shop.rows("select source from raw.sources where fills_orders") == [("ga4_bigquery",)]
    assert shop.rows("select * from raw.muted_files") == []


def test_an_entry_says_which_orders_and_visits_count(tmp_path: Path) -> None:
    entries = """
  - {files: "stripe_payments/*", adapter: stripe_payments, orders: until 2026-03-02}
  - {files: "matomo/*", adapter: matomo, visits: true, orders: always}
"""
    shop = land(tmp_path, {}, entries)
    copy_landing(shop, "shopify_orders_export", "stripe_payments", "segment", "matomo")
    shop.ingest()
    muted = shop.rows(
        "select distinct adapter, table_name, muted_from::varchar from raw.muted_files "
        "inner join raw.ingest_files using (file_id) inner join raw.source_files using (file_id) "
        "where table_name in ('orders', 'events') order by all"
    )
    assert muted == [
        ("segment", "events", None),
        ("segment", "orders", None),
        ("stripe_payments", "orders", "2026-03-03 00:00:00"),
    ]


def test_equal_ids_of_two_families_created_at_other_times_stop_the_build(tmp_path: Path) -> None:
    shop = land(
        tmp_path,
        {"customers.csv": "customer_id,created_at\n77,2020-01-01\n", "events.csv": NO_EVENTS},
    )
    copy_landing(shop, "fivetran_shopify")
    with pytest.raises(
        InputError, match=r'1 customer ids of contract and shopify are equal.*prefix: "shop'
    ):
        shop.ingest()


def test_an_address_given_as_an_id_is_hashed_before_it_is_kept_or_quarantined(
    tmp_path: Path,
) -> None:
    rows = (
        f"{ORDERS_HEADER},customer_id\n"
        "o1,2026-03-01,paid,EUR,5,Ida@Example.org \no2,2026-03-01,odd,EUR,5,ida@example.org\n"
    )
    shop = land(
        tmp_path,
        {
            "orders.csv": rows,
            "events.csv": f"{EVENTS_HEADER}\ne1,x,2026-03-01,ida@example.org\n"
            "e2,x,2026-03-01,@ida\n",
        },
    )
    shop.ingest()
    kept = {row[0] for row in shop.rows("select customer_id from raw.orders")}
    told = {row[0] for row in shop.rows("select user_id from raw.events")}
    assert told == kept | {"@ida"}
    (record,) = shop.rows("select raw_record from raw.quarantine")[0]
    assert "example.org" not in record
    assert kept.pop() in record


def test_an_address_given_as_an_id_inside_properties_is_hashed_in_every_format(
    tmp_path: Path,
) -> None:
    event = {"event_name": "x", "occurred_at": "2026-03-01", "user_id": "u"}
    own = {"referred_customer_id": " Ida@Example.org ", "group": {"customerId": "ida@example.org"}}
    header = "event_id,event_name,occurred_at,user_id"
    cell = json.dumps(own).replace('"', '""')
    shop = land(
        tmp_path,
        {
            "events/a.jsonl": json.dumps({**event, "event_id": "1", "properties": own}) + "\n",
            "events/b.csv": f'{header},properties\n2,x,2026-03-01,u,"{cell}"\n',
            "events/c.csv": f"{header},referred_customer_id\n3,x,2026-03-01,u,ida@example.org\n",
            "events/d.csv": f'{header},properties\n4,x,never,u,"{cell}"\n',
        },
    )
    shop.land_parquet(
        "events/e.parquet",
        "select '5' as event_id, 'x' as event_name, '2026-03-01' as occurred_at, 'u' as user_id, "
        f"'{json.dumps(own)}' as properties",
    )
    shop.ingest()
    told = shop.rows("select event_id, properties from raw.events order by event_id")
    assert [event for event, _ in told] == ["1", "2", "3", "5"]
    keys = [json.loads(properties) for _, properties in told]
    assert {key["referred_customer_id"] for key in keys} == {keys[0]["group"]["customerId"]}
    assert keys[0]["group"]["customerId"].startswith("email:")
    ((record,),) = shop.rows("select raw_record from raw.quarantine")
    assert "example.org" not in " ".join((record, *(properties for _, properties in told))).lower()


def test_another_salt_stops_the_build(tmp_path: Path) -> None:
    shop = land(tmp_path, {"orders.csv": f"{ORDERS_HEADER}\n"})
    shop.ingest("run-1", identity_salt="one")
    with pytest.raises(InputError, match="identity_salt is not the one"):
        shop.ingest("run-2", identity_salt="two")


def test_personal_columns_that_map_to_nothing_are_nowhere_in_raw(tmp_path: Path) -> None:
    shop = land(tmp_path, {})
    copy_landing(shop, "shopify_orders_export", "woocommerce-hpos", "segment", "klaviyo")
    shop.ingest()
    content = (shop.state_dir / "raw.duckdb").read_bytes()
    for secret in (b"Ida Rossi", b"then ring", b"203.0.113.9", b"Mozilla"):
        assert secret not in content


def test_two_layouts_that_fit_alike_are_named_with_the_lines_to_write(tmp_path: Path) -> None:
    header = "review_id,order_id,review_score,event_id,metric_name,timestamp,profile_id"
    shop = land(tmp_path, {"odd.csv": f"{header}\n"})
    with pytest.raises(InputError, match="klaviyo or olist") as refused:
        shop.ingest()
    assert "- files: 'odd.csv'\n    adapter: klaviyo" in str(refused.value)
