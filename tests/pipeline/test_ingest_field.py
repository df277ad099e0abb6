"""What people really land: names, columns, words and dialects that are nearly the contract's.

Belongs here: one test per kind of near miss, each with the sentence that tells of it.
Does not belong here: files that break the reader (test_ingest_limits), what a build does of it.
"""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from orchestration.settings.paths import StateDir
from tests.pipeline.ingest_kit import Shop, make_shop, orders_csv
from tests.pipeline.models_kit import CompiledModels

HEADER = "order_id,customer_id,created_at,status,currency,total_price"
ORDER = "1,c,2026-03-01,paid,EUR,10"
SEMICOLONS = HEADER.replace(",", ";")


def orders(
    shop: Shop, columns: str = "order_id, customer_id, total_price"
) -> list[tuple[object, ...]]:
    return shop.rows(f"select {columns} from raw.orders order by order_id")


@pytest.mark.parametrize("written", ["canceled_at", "Cancelled At", "cancelledAt", "CANCELLED-AT"])
def test_a_column_is_known_by_any_spelling_of_its_name(tmp_path: Path, written: str) -> None:
    text = f"{HEADER},{written}\n1,c,2026-03-01,paid,EUR,10,2026-03-02\n"
    shop = make_shop(tmp_path, {"orders.csv": text})
    summary = shop.ingest()
    assert orders(shop, "cast(cancelled_at as date)::varchar") == [("2026-03-02",)]
    told = 'orders.csv: read "canceled_at" as cancelled_at.'
    assert (told in summary.notes) == (written == "canceled_at")


def test_synonyms_are_read_in_every_format(tmp_path: Path) -> None:
    columns = {"test": "true", "_fivetran_deleted": "false", "total_discount": "1.5"}
    row = dict(zip(HEADER.split(","), ORDER.split(","), strict=True))
    shop = make_shop(
        tmp_path,
        {
            "orders_1.csv": f"{HEADER},{','.join(columns)}\n{ORDER},{','.join(columns.values())}\n",
            "orders_2.jsonl": json.dumps({**row, **columns, "order_id": "2"}),
            "orders_3.json": json.dumps({"orders": [{**row, **columns, "order_id": "3"}]}),
        },
    )
    fields = ", ".join(
        f"'{value}' as {name}" for name, value in {**row, **columns, "order_id": "4"}.items()
    )
    shop.land_parquet("orders (4).parquet", f"select {fields}")
    shop.ingest()
    found = orders(shop, "is_test, is_deleted, total_discounts")
    assert found == [(True, False, Decimal("1.5000"))] * 4


def test_of_columns_that_fold_alike_the_contracts_spelling_counts_and_a_line_says_so(
    tmp_path: Path,
) -> None:
    row = {
        "order_id": "1", "customerId": "wrong", "customer_id": "c", "created_at": "2026-03-01",
        "status": "PAID", "currency": "EUR", "total_price": 10,
    }  # fmt: skip
    shop = make_shop(tmp_path, {"orders.jsonl": json.dumps(row)})
    summary = shop.ingest()
    assert orders(shop, "customer_id, status") == [("c", "paid")]
    assert any('"customerId" does not count beside "customer_id"' in told for told in summary.notes)


def test_columns_that_are_not_loaded_are_named_with_what_they_may_mean(tmp_path: Path) -> None:
    text = f"{HEADER},total_tacks,shelf,billing_email\n1,c,2026-03-01,paid,EUR,10,2,x,a@b.example\n"
    shop = make_shop(tmp_path, {"orders.csv": text})
    told = " ".join(shop.ingest().notes)
    assert '"total_tacks" (did you mean "total_tax"?)' in told
    assert '"shelf"' in told
    assert 'not kept, since it is personal: "billing_email"' in told
    assert "a@b.example" not in told


def test_personal_columns_of_events_do_not_reach_properties(tmp_path: Path) -> None:
    text = "event_id,event_name,occurred_at,user_id,ip,plan\ne,x,2026-03-01,u,10.0.0.1,gold\n"
    shop = make_shop(tmp_path, {"events.csv": text})
    shop.ingest()
    assert shop.rows("select properties from raw.events") == [('{"plan":"gold"}',)]


@pytest.mark.parametrize(
    "word", ["NULL", "null", r"\N", "NaN", "nat", "N/A", "none", "0000-00-00 00:00:00"]
)
def test_null_words_are_null_in_optional_columns_of_every_format(tmp_path: Path, word: str) -> None:
    optional = ["updated_at", "total_tax", "is_test", "coupon_code", "customer_id"]
    if word.startswith("0"):
        optional = ["updated_at", "cancelled_at"]
    row = dict(zip(HEADER.split(","), ORDER.split(","), strict=True))
    row |= dict.fromkeys(optional, word)
    shop = make_shop(tmp_path, {"orders_1.csv": f"{','.join(row)}\n{','.join(row.values())}\n"})
    shop.land({"orders_2.jsonl": json.dumps({**row, "order_id": "2"})})
    fields = ", ".join(f"'{value}' as {name}" for name, value in {**row, "order_id": "3"}.items())
    shop.land_parquet("orders_3.parquet", f"select {fields}")
    shop.ingest()
    assert orders(shop, ", ".join(optional)) == [(None,) * len(optional)] * 3


def test_a_null_word_in_a_required_column_is_refused(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, {"orders.csv": f"{HEADER}\n1,c,NULL,paid,EUR,10\n"})
    shop.ingest()
    assert shop.quarantine() == [("orders.csv", 2, "created_at", "invalid_timestamp")]


def test_ids_that_a_spreadsheet_changed_are_mended_or_refused(tmp_path: Path) -> None:
    rows = (
        "17850.0,9.00,2026-03-01,paid,EUR,10",
        "'1001,'17850,2026-03-01,paid,EUR,10",
        "4.53E+12,c,2026-03-01,paid,EUR,10",
        '"4,53177E+12",c,2026-03-01,paid,EUR,10',
        "v1.05,c,2026-03-01,paid,EUR,10",
    )
    shop = make_shop(tmp_path, {"orders.csv": "\n".join((HEADER, *rows)) + "\n"})
    summary = shop.ingest()
    assert orders(shop, "order_id, customer_id") == [
        ("1001", "17850"), ("17850", "9"), ("v1.05", "c"),
    ]  # fmt: skip
    assert shop.quarantine() == [
        ("orders.csv", 4, "order_id", "invalid_id"),
        ("orders.csv", 5, "order_id", "invalid_id"),
    ]
    assert 'but "4.53E+12"' in summary.problems[0]
    assert summary.stops == ()


def test_ids_inside_properties_are_written_as_in_columns(tmp_path: Path) -> None:
    properties = {
        "referred_customer_id": 17850.0, "ticket_id": "12.0", "chat_id": "'77", "price": 5.0,
        "note": 'say "x_id": 1.0', "message_id": "m1.0x",
    }  # fmt: skip
    event = {"event_id": "e", "event_name": "x", "occurred_at": "2026-03-01", "user_id": "u"}
    shop = make_shop(tmp_path, {"events.jsonl": json.dumps({**event, "properties": properties})})
    shop.ingest()
    ((found,),) = shop.rows("select properties::varchar from raw.events")
    expected = {"referred_customer_id": 17850, "ticket_id": "12", "chat_id": "77"}
    assert json.loads(found) == {**properties, **expected}
    assert '"referred_customer_id":17850,' in found


def test_more_than_four_decimals_are_rounded_half_away_and_counted(tmp_path: Path) -> None:
    rows = (
        "1,c,2026-03-01,paid,EUR,1.00005",
        "2,c,2026-03-01,paid,EUR,2.00004",
        "3,c,2026-03-01,paid,EUR,3.50000",
    )
    shop = make_shop(tmp_path, {"orders.csv": "\n".join((HEADER, *rows)) + "\n"})
    summary = shop.ingest()
    assert [row[2] for row in orders(shop)] == [
        Decimal("1.0001"),
        Decimal("2.0000"),
        Decimal("3.5000"),
    ]
    assert (
        "orders.csv: 2 rows have numbers of more than four decimals; it was rounded."
        in summary.notes
    )


def test_blank_rows_and_sums_are_set_aside_and_counted(tmp_path: Path) -> None:
    rows = ("1,c,2026-03-01,paid,EUR,10", ",,,,,", " ,,,,, ", "Total,,,,,10")
    shop = make_shop(tmp_path, {"orders.csv": "\n".join((HEADER, *rows)) + "\n"})
    shop.land(
        {
            "orders_2.jsonl": '{"order_id": "", "total_price": null}\n'
            + json.dumps(dict(zip(HEADER.split(","), f"2{ORDER[1:]}".split(","), strict=True)))
        }
    )
    summary = shop.ingest()
    assert len(orders(shop)) == 2
    assert shop.quarantine() == []
    assert "4 rows were set aside: 3 blank_row, 1 total_row." in summary.notes
    assert shop.rows(
        "select rows_read, rows_loaded, rows_set_aside from raw.ingest_files "
        "where table_name = 'orders' order by path"
    ) == [(4, 1, 3), (2, 1, 1)]
    assert summary.stops == ()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (f"{HEADER}\r1,c,2026-03-01,paid,EUR,10\r", [("1", "c", 10)]),
        (f'{HEADER},coupon_code\n{ORDER},"10% \\"off\\" now"\n', [("1", "c", 10)]),
        (f"sep=;\r\n{SEMICOLONS}\r\n1;c;2026-03-01;paid;EUR;12.5\r\n", [("1", "c", 12.5)]),
        (f"{SEMICOLONS}\n1;c;2026-03-01;paid;EUR;12,50\n", [("1", "c", 12.5)]),
        (f"{HEADER}\n1,c,2026-03-01,paid,EUR,10\n".encode("utf-16"), [("1", "c", 10)]),
    ],
    ids=["lone-cr", "backslashes", "sep", "decimal-comma", "utf-16"],
)  # fmt: skip
def test_dialects_of_spreadsheets_and_databases_are_read(
    tmp_path: Path, content: str | bytes, expected: list[tuple[object, ...]]
) -> None:
    shop = make_shop(tmp_path, {"orders.csv": content})
    shop.ingest()
    assert orders(shop) == expected
    assert shop.quarantine() == []


def test_lines_keep_their_numbers_behind_a_line_that_names_the_delimiter(tmp_path: Path) -> None:
    rows = "1;c;never;paid;EUR;1\r\n2;c;2026-03-01;paid;EUR;1.250\r\n"
    text = f"sep=;\r\n{SEMICOLONS}\r\n{rows}"
    shop = make_shop(tmp_path, {"orders.csv": text})
    shop.ingest()
    assert shop.quarantine() == [
        ("orders.csv", 3, "created_at", "invalid_timestamp"),
        ("orders.csv", 4, "total_price", "invalid_number"),
    ]


@pytest.mark.parametrize("name", ["orders.json", "orders.jsonl"])
@pytest.mark.parametrize(
    "wrapped", ["[%s]", '{"orders": [%s]}', '{"object": "list", "data": [%s]}']
)
def test_json_arrays_are_read_with_the_line_of_each_object(
    tmp_path: Path, name: str, wrapped: str
) -> None:
    good, bad = (
        dict(zip(HEADER.split(","), f"{row},paid,EUR,10".split(","), strict=True))
        for row in ("1,c,2026-03-01", "2,c,never")
    )
    text = wrapped % f"\n{json.dumps(good, indent=1)},\n{json.dumps(bad)}\n"
    shop = make_shop(tmp_path, {name: text})
    shop.ingest()
    assert len(orders(shop)) == 1
    assert shop.quarantine() == [(name, 10, "created_at", "invalid_timestamp")]


def test_an_order_with_lines_is_no_wrapped_array(tmp_path: Path) -> None:
    order = dict(zip(HEADER.split(","), ORDER.split(","), strict=True))
    shop = make_shop(
        tmp_path, {"orders.jsonl": json.dumps({**order, "items": [{"sku": 1}], "lines": [{}]})}
    )
    shop.ingest()
    assert [row[0] for row in orders(shop)] == ["1"]


def test_a_spreadsheet_is_refused_with_the_way_out_and_stops_the_build(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, {"orders.xlsx": b"PK\x03\x04"})
    summary = shop.ingest()
    (stop,) = summary.stops
    assert "orders.xlsx" in stop
    assert "save the sheet as CSV" in stop


def test_dated_names_are_loaded_and_near_names_are_named(tmp_path: Path) -> None:
    row = "{},c,2026-03-01,paid,EUR,10\n"
    shop = make_shop(tmp_path, {"orders.csv": f"{HEADER}\n" + row.format(1)})
    shop.land(
        {
            "orders_2026-03-02.csv": f"{HEADER}\n" + row.format(2),
            "orders (1).csv": f"{HEADER}\n" + row.format(3),
            "ordersold.csv": f"{HEADER}\n" + row.format(4),
            "order_line.csv": "x\n",
        }
    )
    summary = shop.ingest()
    assert [found[0] for found in orders(shop)] == ["1", "2", "3"]
    told = " ".join(summary.notes)
    assert '"order_line.csv" is ignored because' in told
    assert 'did you mean "order_lines"?' in told
    assert "ordersold.csv" in told


def test_all_missing_columns_are_named_at_once_with_what_the_file_may_have_for_them(
    tmp_path: Path,
) -> None:
    shop = make_shop(
        tmp_path,
        {
            "orders.csv": "id,customer_id,creation_at,status,currency\n"
            "T1,u,2026-03-01,paid,EUR\nT2,u,2026-03-01,paid,EUR\n"
        },
    )
    summary = shop.ingest()
    assert shop.rows(
        "select rows_read, rows_quarantined from raw.ingest_files where path = 'orders.csv'"
    ) == [(2, 2)]
    (stop,) = summary.stops
    assert "order_id (did you mean order_id for id?)" in stop
    assert "created_at (did you mean created_at for creation_at?)" in stop
    assert "total_price" in stop
    # It still lies there, so the next build stops too; mended, it does not.
    assert shop.ingest("run-2").stops == summary.stops
    shop.land({"orders.csv": f"{HEADER}\nT1,u,2026-03-01,paid,EUR,10\n"})
    assert shop.ingest("run-3").stops == ()


def test_a_file_without_a_header_is_refused_without_a_word_of_what_it_holds(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, {"customers.csv": "c1,2026-01-02,Ann,ann@example.com,Rome\n"})
    summary = shop.ingest()
    told = " ".join((*summary.problems, *summary.notes, *summary.stops))
    assert "customers.csv" in told
    assert not any(word in told for word in ("Ann", "ann@", "Rome", "c1"))


def test_a_value_of_a_personal_column_is_never_quoted(tmp_path: Path) -> None:
    text = "customer_id,created_at,birth_date\nc1,2026-01-02,31.12.1999\nc2,2026-01-02,\n"
    shop = make_shop(tmp_path, {"customers.csv": text})
    (problem,) = shop.ingest().problems
    assert "customers.csv, line 2, column birth_date" in problem
    assert "1999" not in problem


def test_a_refused_word_is_told_with_the_nearest_accepted_one(tmp_path: Path) -> None:
    rows = (
        "1,c,2026-03-01,payd,EUR,10",
        "2,c,2026-03-01,paid,EUR,10",
        "3,c,2026-03-01,paid,EUR,10",
    )
    shop = make_shop(tmp_path, {"orders.csv": "\n".join((HEADER, *rows)) + "\n"})
    (problem,) = shop.ingest().problems
    assert problem.startswith("orders.csv, line 2, column status: unknown_value")
    assert 'but "payd". Accepted are paid, pending,' in problem
    assert problem.endswith('Did you mean "paid"?')


@pytest.mark.parametrize(("bad", "stops"), [(1, False), (2, True)])
def test_a_file_of_which_more_than_half_was_refused_stops_the_build(
    tmp_path: Path, bad: int, stops: bool
) -> None:
    rows = [f"{n},c,{'never' if n < bad else '2026-03-01'},paid,EUR,1" for n in range(2)]
    rows += ["x,c,2026-03-01,paid,EUR,1"] * (bad == 2) + ["y,c,never,paid,EUR,1"] * (bad == 2)
    shop = make_shop(tmp_path, {"orders.csv": "\n".join((HEADER, *rows)) + "\n"})
    summary = shop.ingest()
    assert bool(summary.stops) == stops
    if stops:
        assert summary.stops[0].startswith("orders.csv: 3 of 4 rows were refused")


def test_what_the_rows_tell_is_told_after_ingest(tmp_path: Path) -> None:
    rows = (
        "1,c,2026-03-01,paid,EUR,50",
        "2,c,2026-03-09,paid,USD,45",
        "3,c,2026-03-02,refunded,EUR,10",
        "4,c,2026-03-02,paid,EUR,0",
        "5,c,2026-03-02,failed,USD,7",
    )
    shop = make_shop(
        tmp_path,
        {
            "orders.csv": "\n".join((HEADER, *rows)) + "\n",
            "orders_2.csv": f"{HEADER}\n1,c,2026-03-01,paid,EUR,51\n",
            "refunds.csv": "refund_id,order_id,created_at,amount\n"
            "a,1,2026-03-02,30\nb,1,2026-03-02,30\n",
        },
    )
    summary = shop.ingest()
    (stop,) = summary.stops
    assert stop.startswith("1 order in USD has no exchange rate (first: 2, 2026-03-09); land")
    assert "--var allow_missing_rates=true" in stop
    told = "\n".join(summary.notes)
    assert "There are amounts in EUR, USD, and no reporting currency is set" in told
    assert "without a time that tells which is the latest (1 of orders)" in told
    assert "1, 60.00 refunded of 51.00, two refunds of the same amount at the same instant" in told
    assert "1 order says refunded and no refund of them came." in told
    assert "2 orders are loaded and not booked: 1 failed, 1 zero value." in told
    kept = shop.rows("select sentence from raw.notes order by place")
    assert [row[0] for row in kept] == [*summary.notes, *summary.problems, *summary.stops]


def test_clean_orders_are_told_without_a_word(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, {"orders.csv": orders_csv("1,2026-03-01,paid,EUR,50")})
    summary = shop.ingest()
    assert (summary.notes, summary.problems, summary.stops) == ((), (), ())


def test_what_the_rules_do_not_know_and_what_names_no_order_is_told(tmp_path: Path) -> None:
    events = "".join(
        f"e{number},{name},2026-03-0{number},u,5,{currency}\n"
        for number, (name, currency) in enumerate(
            [("Product added", "USD"), ("Danced", "USD"), ("danced", ""), ("Jumped", "")], start=1
        )
    )
    shop = make_shop(
        tmp_path,
        {
            "orders.csv": f"{HEADER}\n{ORDER}\n",
            "events.csv": f"event_id,event_name,occurred_at,user_id,value,currency\n{events}",
            "refunds.csv": "refund_id,order_id,created_at,amount\na,9,2026-03-02,30\n",
            "order_lines/day1.csv": "order_id,line_number,product_id,quantity,unit_price\n"
            "1,1,p,1,5\n1,2,p,1,5\n8,1,p,1,5\n",
            "order_lines/day2.csv": "order_id,line_number,product_id,quantity,unit_price\n"
            "1,1,p,2,5\n",
            "erasure_requests.csv": "customer_id,requested_at\nc,2026-03-03\nnobody,2026-03-03\n",
        },
    )
    summary = shop.ingest(event_names={"Product Added": True, "Danced ": False})
    (stop,) = summary.stops
    assert stop.startswith("1 event in USD has no exchange rate (first: e1, 2026-03-01); land")
    told = "\n".join(summary.notes)
    assert '1 event name feeds no signal, with 1 event: "Jumped"; lifecycle map' in told
    assert "Of orders that are not there and count nowhere: 1 refund and 1 order line." in told
    assert "(1 of order_lines); the last file in natural order counts." in told
    assert "1 erasure request is open" in told
    assert shop.ingest("run-2", event_names=None, loaded_at=datetime(2025, 1, 2)).notes


def test_a_run_that_has_nothing_to_tell_leaves_no_older_sentence_as_the_last(
    tmp_path: Path,
) -> None:
    shop = make_shop(tmp_path, {"orders.csv": orders_csv("1,2026-03-01,failed,EUR,50")})
    shop.ingest()
    shop.land({"orders.csv": orders_csv("1,2026-03-01,paid,EUR,50")})
    shop.write("update raw.orders set status = 'paid'")
    summary = shop.ingest("run-2", loaded_at=datetime(2025, 1, 2))
    last = "select sentence from raw.notes where told_at = (select max(told_at) from raw.notes)"
    told = [row[0] for row in shop.rows(last)]
    assert summary.notes == () or "booked" not in " ".join(told)


@pytest.mark.parametrize(("amount", "loaded"), [("9999999999", 1), ("9999999999.01", 0)])
def test_an_amount_that_no_shop_has_is_refused_and_stops_nothing_else(
    tmp_path: Path, amount: str, loaded: int
) -> None:
    amounts = ((1, amount), (2, 5), (3, 5))
    rows = [f"{number},c,2026-03-01,paid,EUR,{total}" for number, total in amounts]
    shop = make_shop(tmp_path, {"orders.csv": "\n".join((HEADER, *rows)) + "\n"})
    summary = shop.ingest()
    assert len(orders(shop)) == 2 + loaded
    assert summary.stops == ()
    if not loaded:
        assert summary.problems[0].endswith("It must be at least 0 and at most 9,999,999,999.")


@pytest.mark.slow
def test_orders_are_told_as_not_booked_for_the_reasons_that_row_accounting_counts(
    tmp_path: Path, sample_state: StateDir
) -> None:
    columns = f"{HEADER},cancelled_at,is_test,is_deleted"
    rows = (
        "1,c,2026-03-01,paid,EUR,5,,,",
        "2,c,2026-03-01,paid,EUR,0,,true,true",
        "3,c,2026-03-01,failed,EUR,0,,,true",
        "4,c,2026-03-01,failed,EUR,0,,,",
        "5,c,2026-03-01,failed,EUR,5,2026-03-02,,",
        "6,c,2026-03-01,cancelled,EUR,5,,,",
        "7,c,2026-03-01,pending,EUR,5,2026-03-01,,",
        "8,c,2026-03-01,pending,EUR,5,,,",
    )
    shop = make_shop(tmp_path, {"orders.csv": "\n".join((columns, *rows)) + "\n"})
    summary = shop.ingest(loaded_at=datetime(2027, 1, 1))
    query = "select filtered_reasons from marts.row_accounting where scope = 'orders'"
    ((found,),) = CompiledModels(sample_state).answers(shop.state_dir / "raw.duckdb", [query])[0]
    counted = dict(reason.split(": ") for reason in found.split(", "))
    assert set(counted.values()) == {"1"}
    assert len(counted) == 7
    said = ", ".join(f"1 {reason.replace('_', ' ')}" for reason in sorted(counted))
    assert f"7 orders are loaded and not booked: {said}." in summary.notes
