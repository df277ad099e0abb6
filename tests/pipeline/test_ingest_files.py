"""What ingest makes of whole files: formats, dialects, damage; one bad file costs no other."""

from __future__ import annotations

import gzip
import itertools
import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from orchestration.ingest.reasons import SET_ASIDE, Reason
from tests.pipeline.ingest_kit import (
    EVENTS_HEADER,
    Shop,
    events_csv,
    make_shop,
    orders_csv,
)

ONE_EVENT = "e1,Page Viewed,2024-03-01,u1"
EVENTS_SELECT = """
select
    'e' || i as event_id, 'Page Viewed' as event_name,
    timestamp '2024-03-01' + to_seconds(i) as occurred_at, 'u' || (i % 7) as user_id,
    (i / 8)::decimal(18, 4) as value
from range(20000) as numbers(i)
"""


def event_ids(shop: Shop) -> list[str]:
    return [row[0] for row in shop.rows("select event_id from raw.events order by event_id")]


def refusal(shop: Shop) -> tuple[str, str, str]:
    """The one file in quarantine: its name, the reason, the sentence."""
    ((name, reason, detail),) = shop.rows("select source_file, reason, detail from raw.quarantine")
    ledger = shop.rows(
        "select rows_read, rows_loaded, rows_duplicate, rows_quarantined, status "
        f"from raw.ingest_files where path = '{name}'"
    )
    ((read, loaded, duplicate, quarantined, status),) = ledger
    assert (loaded, duplicate, status) == (0, 0, "quarantined")
    assert read == quarantined
    return name, reason, detail


@pytest.mark.parametrize("name", ["csv", "csv.gz", "jsonl", "jsonl.gz", "parquet"])
def test_the_same_row_has_the_same_content_and_hash_in_every_format(
    tmp_path: Path, name: str
) -> None:
    csv_text = (
        "event_id,event_name,occurred_at,user_id,value,quantity,properties,utm_source,plan\n"
        'e1,Page Viewed,2024-03-01T10:00:00+01:00,007,12.5,2,"{""a"": {""b"": 1}}",,gold\n'
    )
    document = {
        "plan": "gold",
        "utm_source": "",
        "User_ID": "007",
        "event_id": "e1",
        "event_name": "Page Viewed",
        "occurred_at": "2024-03-01 09:00:00Z",
        "value": 12.5,
        "quantity": 2,
        "properties": {"a": {"b": 1}},
    }
    select = """
        select
            'e1' as event_id, 'Page Viewed' as event_name, '007' as user_id,
            timestamptz '2024-03-01 09:00:00+00' as occurred_at, 12.5::double as value,
            2 as quantity, {'a': {'b': 1}} as properties, 'gold' as plan
    """
    reference = make_shop(tmp_path / "reference", {"events.csv": csv_text})
    reference.ingest()
    shop = Shop(tmp_path / "raw", tmp_path / "state")
    text = csv_text if name.startswith("csv") else json.dumps(document) + "\n"
    content = gzip.compress(text.encode()) if name.endswith("gz") else text.encode()
    make_shop(tmp_path, {f"events.{name}": content})
    if name == "parquet":
        shop.land_parquet("events.parquet", select)
    shop.ingest()
    assert len(shop.content("events")) == 1
    assert shop.content("events") == reference.content("events")
    assert '{"a":{"b":1},"plan":"gold"}' in shop.content("events")[0]


def test_parquet_types_of_every_kind_are_read(tmp_path: Path) -> None:
    shop = make_shop(tmp_path)
    (shop.raw_dir / "orders.csv").unlink()
    shop.land_parquet(
        "orders.parquet",
        """
        select
            42 as order_id, 17850.0::double as customer_id,
            timestamp_ns '2024-03-01 10:00:00.123456789' as created_at,
            date '2024-03-02' as updated_at, 'paid' as status, 'EUR' as currency,
            39.99::decimal(38, 4) as total_price, 0.1::float as total_tax,
            39.989999999999995::double as subtotal_price, true as is_test
        union all
        select
            43, 17850.5, timestamp_ns '2024-03-01', date '2024-03-02', 'paid', 'EUR',
            1, 0, 1, false
        union all
        select
            44, null, timestamp_ns '2024-03-01', date '2024-03-02', 'paid', 'EUR',
            1, 'inf'::float, 1, false
        """,
    )
    shop.ingest()
    found = shop.rows(
        "select order_id, customer_id, created_at, updated_at, total_price, total_tax, "
        "subtotal_price, is_test from raw.orders"
    )
    assert found == [
        (
            "42",
            "17850",
            datetime(2024, 3, 1, 10, 0, 0, 123456),
            datetime(2024, 3, 2),
            Decimal("39.9900"),
            Decimal("0.1000"),
            Decimal("39.9900"),
            True,
        )
    ]
    assert shop.quarantine() == [
        ("orders.parquet", 2, "customer_id", "invalid_id"),
        ("orders.parquet", 3, "total_tax", "not_finite"),
    ]


def test_parquet_dates_epochs_and_infinities_are_judged_like_text(tmp_path: Path) -> None:
    shop = make_shop(tmp_path)
    base = "'EUR' as currency, 1.5 as rate"
    shop.land_parquet(
        "exchange_rates/midnight.parquet", f"select timestamp '2024-03-01' as date, {base}"
    )
    shop.land_parquet(
        "exchange_rates/noon.parquet", f"select timestamp '2024-03-01 12:00' as date, {base}"
    )
    shop.land_parquet("exchange_rates/infinite.parquet", f"select 'infinity'::date as date, {base}")
    shop.land_parquet(
        "events/epoch.parquet",
        "select 1 as event_id, 'x' as event_name, 1700000000 as occurred_at, 'u' as user_id",
    )
    shop.ingest()
    assert shop.rows("select date, rate from raw.exchange_rates") == [
        (date(2024, 3, 1), Decimal("1.5000000000"))
    ]
    assert shop.quarantine() == [
        ("events/epoch.parquet", 1, "occurred_at", "epoch_timestamp"),
        ("exchange_rates/infinite.parquet", 1, "date", "out_of_range"),
        ("exchange_rates/noon.parquet", 1, "date", "invalid_date"),
    ]


def test_a_parquet_column_of_a_type_that_fits_no_value_refuses_the_file(tmp_path: Path) -> None:
    shop = make_shop(tmp_path)
    shop.land_parquet(
        "events/a.parquet",
        "select {'id': 1} as event_id, 'x' as event_name, now() as occurred_at, 'u' as user_id",
    )
    shop.ingest()
    name, reason, detail = refusal(shop)
    assert (name, reason) == ("events/a.parquet", "wrong_type")
    assert "event_id has the type STRUCT" in detail


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda _: b"PAR1",
        lambda data: data[: len(data) // 2],
        lambda data: data[:-1],
        lambda data: data[:4] + bytes(byte ^ 0xFF for byte in data[4:2000]) + data[2000:],
        lambda data: data[:-300] + bytes(byte ^ 0xFF for byte in data[-300:-100]) + data[-100:],
    ],
    ids=["empty", "magic only", "half", "last byte missing", "flipped pages", "flipped footer"],
)
def test_a_damaged_parquet_file_is_refused_and_its_neighbours_are_loaded(
    tmp_path: Path, damage
) -> None:
    shop = make_shop(tmp_path)
    (shop.raw_dir / "events.csv").unlink()
    shop.land_parquet("events/a.parquet", EVENTS_SELECT)
    good = (shop.raw_dir / "events/a.parquet").read_bytes()
    shop.land({"events/a.parquet": damage(good), "events/b.csv": events_csv(ONE_EVENT)})
    summary = shop.ingest()
    assert event_ids(shop) == ["e1"]
    name, reason, detail = refusal(shop)
    assert (name, reason) == ("events/a.parquet", "unreadable_file")
    assert "deliver it again" in detail
    assert any("events/a.parquet" in problem for problem in summary.problems)

    assert shop.ingest("run-2").files_unchanged == 3
    shop.land({"events/a.parquet": good})
    mended = shop.ingest("run-3")
    # The row of b.csv has another instant and no value: another content under the same key.
    assert (mended.rows_read, mended.rows_loaded) == (20000, 20000)


@pytest.mark.parametrize("name", ["events/a.csv.gz", "events/a.jsonl.gz"])
@pytest.mark.parametrize("kept", [0.5, 0.0])
def test_a_gzip_file_that_cannot_be_unzipped_is_refused(
    tmp_path: Path, name: str, kept: float
) -> None:
    data = gzip.compress(events_csv(*(f"e{n},x,2024-03-01,u{n}" for n in range(999))).encode())
    shop = make_shop(tmp_path, {name: data[: int(len(data) * kept)] or b"not gzip"})
    shop.ingest()
    assert refusal(shop)[:2] == (name, "unreadable_file")


def test_a_missing_required_column_refuses_the_file_by_name(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, {"orders.csv": "order_id,created_at,status,currency\no1,x,y,z\n"})
    shop.ingest()
    name, reason, detail = refusal(shop)
    assert (name, reason) == ("orders.csv", "missing_column")
    assert "total_price" in detail


def test_an_events_file_with_neither_id_column_is_refused(tmp_path: Path) -> None:
    events = "event_id,event_name,occurred_at\ne1,x,2024-03-01\n"
    shop = make_shop(tmp_path, {"events.csv": events})
    shop.ingest()
    assert refusal(shop)[:2] == ("events.csv", "missing_column")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("e1,x,2024-03-01,u1\n", "missing_column"),
        (f"{EVENTS_HEADER},user_id\n{ONE_EVENT},u\n", "duplicate_column"),
        (b"\xff\xfeo\x00d", "unreadable_file"),
        (b"\xff\xfe\xfd," + events_csv(ONE_EVENT).encode(), "unreadable_file"),
    ],
)
def test_a_header_that_is_none_refuses_the_file(
    tmp_path: Path, content: str | bytes, reason: str
) -> None:
    shop = make_shop(tmp_path, {"events.csv": content})
    shop.ingest()
    assert refusal(shop)[:2] == ("events.csv", reason)


def test_delimiter_line_end_and_byte_order_mark_do_not_matter(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {}
    dialects = itertools.product([",", ";", "\t", "|"], ["\n", "\r\n", "\r"], ["", "\ufeff"])
    for number, (delimiter, line_end, mark) in enumerate(dialects):
        rows = (f"e{number:02d}a,x,2024-03-01,u", f"e{number:02d}b,TEXT,2024-03-01,u")
        text = events_csv(*rows).replace(",", delimiter).replace("TEXT", f'"x{delimiter}y"')
        files[f"events/{number}.csv"] = mark + text.replace("\n", line_end)
    shop = make_shop(tmp_path, files)
    shop.ingest()
    assert shop.quarantine() == []
    expected = [f"e{number:02d}{row}" for number in range(24) for row in "ab"]
    assert event_ids(shop) == expected


def test_damaged_lines_of_a_csv_file_cost_no_other_line(tmp_path: Path) -> None:
    lines = [
        EVENTS_HEADER.encode(),
        b"e1,x,2024-03-01,u",
        b"ragged,x,2024-03-01",
        b"e2,x,2024-03-01,u,",
        b"ragged,x,2024-03-01,u,v",
        b"latin,caf\xe9,2024-03-01,u",
        b'open,"x,2024-03-01,u',
        b"",
        b'e3,"two\nlines, ""quoted""",2024-03-01,u',
        b'bad,"x"y,2024-03-01,u',
        b'e4, "x" ,2024-03-01,u'.replace(b'" ', b'"'),
        b'e5,5 inch" nail,2024-03-01,u',
        b"long," + b"x" * 2_100_000 + b",2024-03-01,u",
        b"e6,x,not a date,u",
        b"e7,x,2024-03-01,u",
    ]
    shop = make_shop(tmp_path, {"events.csv": b"\n".join(lines)})
    summary = shop.ingest()
    assert event_ids(shop) == ["e1", "e2", "e3", "e4", "e5", "e7"]
    assert shop.rows("select event_name from raw.events where event_id in ('e3', 'e4', 'e5')") == [
        ('two\nlines, "quoted"',),
        ("x",),
        ('5 inch" nail',),
    ]
    assert shop.quarantine() == [
        ("events.csv", 3, None, "ragged_row"),
        ("events.csv", 5, None, "ragged_row"),
        ("events.csv", 6, None, "invalid_encoding"),
        ("events.csv", 7, None, "malformed_row"),
        ("events.csv", 11, None, "malformed_row"),
        ("events.csv", 14, None, "row_too_long"),
        ("events.csv", 15, "occurred_at", "invalid_timestamp"),
    ]
    assert (summary.rows_read, summary.rows_loaded, summary.rows_quarantined) == (13, 6, 7)


def test_the_line_of_a_bad_row_counts_the_line_ends_inside_quotes(tmp_path: Path) -> None:
    rows = ('e1,"a\nb\nc",2024-03-01,u', "", "e2,x,bad,u", ONE_EVENT)
    shop = make_shop(tmp_path, {"events.csv": events_csv(*rows)})
    shop.ingest()
    assert shop.quarantine() == [("events.csv", 6, "occurred_at", "invalid_timestamp")]
    assert shop.rows("select _line from raw.events order by all") == [(1,), (3,)]


@pytest.mark.parametrize("damaged_line", [[], ["x,x"]])
def test_blank_lines_in_front_and_behind_are_no_rows(
    tmp_path: Path, damaged_line: list[str]
) -> None:
    text = "\n\n" + events_csv(ONE_EVENT, "", *damaged_line, "e2,x,2024-03-01,u") + "\n\n"
    shop = make_shop(tmp_path, {"events.csv": text})
    summary = shop.ingest()
    assert event_ids(shop) == ["e1", "e2"]
    assert summary.rows_read == 2 + len(damaged_line)


def test_damaged_lines_of_a_jsonl_file_cost_no_other_line(tmp_path: Path) -> None:
    def event(event_id: str, **more: object) -> bytes:
        base = {"event_id": event_id, "event_name": "x", "occurred_at": "2024-03-01"}
        return json.dumps(base | {"user_id": "u"} | more).encode()

    lines = [
        event("e1"),
        b"{oops",
        b'"text"',
        b"",
        event("twice")[:-1] + b', "user_id": "v"}',
        event("twice", User_ID="v"),
        event("latin").replace(b"x", b"\xe9"),
        event("e2", user_id=7, value=1.25, rating=5, flags=[1, {"a": None}], nothing=None),
        event("long", page_url="x" * 2_100_000),
        event("bad", value="1,5"),
        event("null", event_name=None),
    ]
    shop = make_shop(tmp_path, {"events.jsonl": b"\r\n".join(lines)})
    summary = shop.ingest()
    found = shop.rows(
        "select event_id, user_id, value, properties from raw.events order by event_id"
    )
    assert found == [
        ("e1", "u", None, None),
        ("e2", "7", Decimal("1.2500"), '{"flags":[1,{"a":null}],"rating":"5"}'),
    ]
    assert shop.quarantine() == [
        ("events.jsonl", 2, None, "malformed_row"),
        ("events.jsonl", 3, None, "malformed_row"),
        ("events.jsonl", 5, None, "duplicate_column"),
        ("events.jsonl", 6, "user_id", "duplicate_column"),
        ("events.jsonl", 7, None, "invalid_encoding"),
        ("events.jsonl", 9, None, "row_too_long"),
        ("events.jsonl", 10, "value", "invalid_number"),
        ("events.jsonl", 11, "event_name", "missing_value"),
    ]
    assert (summary.rows_read, summary.rows_loaded, summary.rows_quarantined) == (10, 2, 8)


def test_a_jsonl_file_with_a_key_per_row_is_refused(tmp_path: Path) -> None:
    rows = [{"event_id": n, f"key{n}": 1} for n in range(1001)]
    shop = make_shop(tmp_path, {"events.jsonl": "\n".join(map(json.dumps, rows))})
    shop.ingest()
    assert refusal(shop)[:2] == ("events.jsonl", "wrong_type")


@pytest.mark.parametrize("name", ["events.csv", "events.jsonl"])
@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_an_empty_text_file_is_a_delivery_of_nothing(
    tmp_path: Path, name: str, content: bytes
) -> None:
    shop = make_shop(tmp_path, {name: content})
    summary = shop.ingest()
    assert (summary.rows_read, summary.rows_quarantined, len(summary.results)) == (0, 0, 2)


def test_a_file_with_a_header_alone_is_a_delivery_of_nothing(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, {"refunds.csv": "refund_id,order_id,created_at,amount"})
    summary = shop.ingest()
    assert (summary.rows_read, len(summary.results)) == (0, 3)


def test_files_with_headers_alone_stop_a_build_in_one_sentence(tmp_path: Path) -> None:
    shop = make_shop(tmp_path)
    (sentence,) = shop.ingest().stops
    assert sentence.startswith("Not one event and not one order is loaded yet")
    shop.land({"events.csv": events_csv("e1,Page Viewed,2024-03-01,u1")})
    assert shop.ingest("run-2").stops == ()


def test_a_refused_row_is_named_where_nothing_else_has_come(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, {"events.csv": events_csv("e1,Page Viewed,never,u1")})
    (sentence,) = shop.ingest().stops
    assert "events.csv" in sentence


def test_a_link_that_leads_nowhere_is_refused_once_and_loaded_when_it_does(
    tmp_path: Path,
) -> None:
    shop = make_shop(tmp_path, {"orders.csv": orders_csv()})
    (shop.raw_dir / "events.csv").unlink()
    (shop.raw_dir / "events.csv").symlink_to(tmp_path / "later.csv")
    shop.ingest()
    assert refusal(shop)[:2] == ("events.csv", "unreadable_file")
    assert shop.ingest("run-2").files_unchanged == 2
    (tmp_path / "later.csv").write_text(events_csv(ONE_EVENT))
    assert shop.ingest("run-3").rows_loaded == 1


def test_columns_that_bear_the_names_of_bookkeeping_do_no_harm(tmp_path: Path) -> None:
    shop = make_shop(tmp_path)
    shop.land_parquet(
        "events/a.parquet",
        """
        select
            'e' || i as event_id, 'x' as event_name, timestamp '2024-03-01' as occurred_at,
            'u' as user_id, 5 as file_row_number, 'f' as filename, 7 as record, 8 as verdict,
            9 as _row_hash
        from range(3) as numbers(i)
        """,
    )
    shop.ingest()
    found = shop.rows("select _line, properties from raw.events order by _line")
    properties = '{"_row_hash":"9","file_row_number":"5","filename":"f","record":"7","verdict":"8"}'
    assert found == [(line, properties) for line in (1, 2, 3)]


def test_a_folder_named_like_a_partition_adds_no_column(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, {"events/month=2024-03/a.csv": events_csv(ONE_EVENT)})
    shop.land_parquet(
        "events/month=2024-04/b.parquet",
        "select 'e2' as event_id, 'x' as event_name, date '2024-04-01' as occurred_at, "
        "'u' as user_id",
    )
    shop.ingest()
    found = shop.rows("select event_id, properties from raw.events order by event_id")
    assert found == [("e1", None), ("e2", None)]


def test_every_reason_is_reached_by_some_landing_file(tmp_path: Path) -> None:
    events = (
        "event_id,event_name,occurred_at,user_id,value,properties",
        ",x,2024-03-01,u,,",
        "e1,x,2024-03-01,null,,",
        "e2,x,2024-03-01,u,1$,",
        "e3,x,2024-03-01,u,inf,",
        "e4,x,2024-03-01,u,1e99,",
        "e5,x,never,u,,",
        "e6,x,1700000000,u,,",
        "e7,x,1970-01-01,u,,",
        "e8,x,2024-03-01,u,,[]",
        "ragged",
        "e9,\xe9,2024-03-01,u,,",
        f"e10,{'x' * 2_100_000},2024-03-01,u,,",
        'e11,"x,2024-03-01,u,,',
    )
    daily = "date,channel,impressions\n2024-03-01,mail,1.5\nnever,mail,1\n"
    shop = make_shop(
        tmp_path,
        {
            "events/a.csv": "\n".join(events).encode("latin-1"),
            "events/b.parquet": b"torn",
            "events/c.csv": "event_id\n",
            "events/d.csv": events_csv().replace("user_id", "user_id,user_id"),
            "orders.csv": orders_csv("o1,2024-03-01,sent,EUR,1"),
            "customers.csv": "customer_id,created_at,is_deleted\nc1,2024-03-01,perhaps\n",
            "channel_daily.csv": daily,
        },
    )
    shop.land_parquet(
        "refunds/a.parquet",
        "select 1.5::double as refund_id, 'o' as order_id, now() as created_at, 1 as amount",
    )
    shop.land_parquet(
        "refunds/b.parquet",
        "select [1] as refund_id, 'o' as order_id, now() as created_at, 1 as amount",
    )
    shop.ingest()
    assert {row[3] for row in shop.quarantine()} == {
        reason.value for reason in Reason if reason not in SET_ASIDE
    }


@pytest.mark.parametrize("deep", ['{"a":' * 100_000, '{"a":' * 100_000 + "1" + "}" * 100_000])
@pytest.mark.parametrize("place", [0, 1])
def test_a_line_nested_too_deep_costs_itself_alone(tmp_path: Path, deep: str, place: int) -> None:
    """Python gives up on it by an error that is none of JSON's."""
    lines = [
        '{"event_id": "e1", "event_name": "x", "occurred_at": "2024-03-01", "user_id": "u"}',
        '{"event_id": "e2", "event_name": "x", "occurred_at": "2024-03-01", "user_id": "u"}',
    ]
    lines.insert(place, deep)
    files = {"events/a.jsonl": "\n".join(lines), "events/b.jsonl": lines[-1], "events/c.json": deep}
    shop = make_shop(tmp_path, files)
    shop.ingest()
    assert shop.rows("select event_id from raw.events order by 1") == [("e1",), ("e2",)]
    refused = [(name, line) for name, line, *_ in shop.quarantine()]
    # What is closed again is an object, without any of the columns.
    alone = None if deep.endswith("}") else 1
    assert refused == [("events/a.jsonl", place + 1), ("events/c.json", alone)]


@pytest.mark.parametrize(
    ("name", "content", "lines"),
    [
        ("a.jsonl", b'{"event_id": "half a sign: \\ud83d"}\n', [(1, "malformed_row")]),
        ("a.json", b'[{"event_id": "half a sign: \\ud83d"}]', [(1, "malformed_row")]),
        ("a.jsonl", b"hello\n[]\n", [(1, "malformed_row"), (2, "malformed_row")]),
        ("a.jsonl", b'{"event_id": "\xe9"}\n', [(1, "invalid_encoding")]),
        ("a.jsonl", b'{"x": "' + b"x" * 2_100_000 + b'"}\n', [(1, "row_too_long")]),
    ],
)
def test_where_no_line_can_be_read_each_is_refused_for_itself(
    tmp_path: Path, name: str, content: bytes, lines: list[tuple[int, str]]
) -> None:
    """None of them lacks a column: what columns they have, nobody can say."""
    shop = make_shop(tmp_path, {f"events/{name}": content})
    shop.ingest()
    told = [(f"events/{name}", line, None, reason) for line, reason in lines]
    assert shop.quarantine() == told
