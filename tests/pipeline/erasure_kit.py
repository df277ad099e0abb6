"""A tiny shop in which one person left a mark in every column, and a state directory full of it.

Belongs here: the files and where else the person is told of. Does not belong here: assertions about
what an erasure does (`test_erasure`).
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import shutil
import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from orchestration.ingest.run import ingest
from orchestration.settings.build_settings import read_settings
from orchestration.settings.paths import StateDir
from orchestration.settings.request import BuildRequest
from orchestration.state_modes import make_public
from orchestration.version_files import MartEntry, write_manifest

# In every value of the person, and in nobody else's.
MARK = "zq7x"
CUSTOMER, MERGED, DEVICE, ORDER = f"{MARK}c100", f"{MARK}old1", f"{MARK}a100", f"{MARK}o100"
OTHER = "c20000001"


def _table(*rows: dict[str, object]) -> str:
    names = list(dict.fromkeys(name for row in rows for name in row))
    out = io.StringIO()
    writer = csv.DictWriter(out, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _event(number: int, day: int, name: str, **values: object) -> dict[str, object]:
    said = {"ticket_id": f"{MARK}t1", "note": f"{MARK} wrote this"}
    return {
        "event_id": f"{MARK}e{number}",
        "event_name": name,
        "occurred_at": f"2026-03-{day:02} 10:00:00",
        "received_at": f"2026-03-{day:02} 10:00:01",
        "anonymous_id": DEVICE,
        "session_id": f"{MARK}s{day}",
        "cart_id": f"{MARK}cart",
        "product_id": "p1",
        "page_url": f"https://shop.test/{MARK}",
        "referrer": f"https://{MARK}.test/",
        "utm_source": f"{MARK}source",
        "utm_medium": f"{MARK}medium",
        "utm_campaign": f"{MARK}campaign",
        "device_type": f"{MARK}phone",
        "properties": json.dumps(said),
    } | values


def events() -> list[dict[str, object]]:
    """Events of the person before and after they were known, and of another who names them."""
    named = {"referred_customer_id": CUSTOMER, "kept": 'yes, "quoted"'}
    return [
        _event(1, 1, "Product Viewed"),
        _event(2, 2, "Signed Up", user_id=CUSTOMER),
        _event(3, 3, f"{MARK} Ticket", user_id=MERGED, anonymous_id=f"{MARK}a101"),
        _event(4, 4, "Product Viewed", anonymous_id=None, properties=json.dumps(
            {"user_id": CUSTOMER, "note": MARK})),
        _event(5, 5, "Order Completed", anonymous_id="shared-device", order_id=ORDER),
        {"event_id": "e900", "event_name": "Referral Converted", "user_id": OTHER,
         "occurred_at": "2026-03-05 12:00:00", "properties": json.dumps(named)},
        {"event_id": "e901", "event_name": "Product Viewed", "anonymous_id": "shared-device",
         "user_id": OTHER, "occurred_at": "2026-03-05 12:30:00", "product_id": "p1"},
        {"event_id": "e902", "event_name": "Signed Up", "user_id": CUSTOMER,
         "anonymous_id": "shared-device", "occurred_at": "2026-03-05 13:00:00"},
    ]  # fmt: skip


def write_landing(folder: Path, *, requests: Iterable[str] = ()) -> None:
    """Write the shop's files, each in another format."""
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        lines = folder / "_events.jsonl"
        lines.write_text("".join(json.dumps(row) + "\n" for row in events()), "utf-8")
        connection.execute(
            f"copy (select * from read_json('{lines}', format = 'newline_delimited', "
            "columns = {event_id: 'VARCHAR', event_name: 'VARCHAR', occurred_at: 'TIMESTAMP', "
            "received_at: 'TIMESTAMP', anonymous_id: 'VARCHAR', user_id: 'VARCHAR', "
            "session_id: 'VARCHAR', cart_id: 'VARCHAR', order_id: 'VARCHAR', "
            "product_id: 'VARCHAR', page_url: 'VARCHAR', referrer: 'VARCHAR', "
            "utm_source: 'VARCHAR', utm_medium: 'VARCHAR', utm_campaign: 'VARCHAR', "
            "device_type: 'VARCHAR', properties: 'VARCHAR'})) "
            f"to '{folder / 'events.parquet'}' (format parquet, compression uncompressed)"
        )
        lines.unlink()
    orders = [
        {"order_id": ORDER, "customer_id": CUSTOMER, "anonymous_id": DEVICE, "status": "paid",
         "created_at": "2026-03-05 23:30:11", "currency": "EUR", "total_price": 50.25,
         "total_tax": 9.06, "cart_id": f"{MARK}cart", "source_channel": f"{MARK}channel",
         "coupon_code": f"{MARK}coupon", "referral_code": f"{MARK}code", "country": "IT",
         "subscription_id": f"{MARK}sub", "affiliate_id": f"{MARK}aff",
         "utm_source": f"{MARK}source", "utm_medium": f"{MARK}medium",
         "utm_campaign": f"{MARK}campaign"},
        {"order_id": f"{MARK}o101", "customer_id": MERGED, "status": "paid", "currency": "EUR",
         "created_at": "2026-03-07 09:00:00", "updated_at": "2026-03-07 09:00:00",
         "total_price": 10},
        {"order_id": f"{MARK}o101", "customer_id": MERGED, "status": "paid", "currency": "EUR",
         "created_at": "2026-03-07 09:00:00", "updated_at": "2026-03-08 09:00:00",
         "total_price": 12},
        {"order_id": f"{MARK}o102", "customer_id": None, "anonymous_id": DEVICE,
         "status": "failed", "created_at": "2026-03-09 09:00:00", "currency": "EUR",
         "total_price": 99},
        {"order_id": "o900", "customer_id": OTHER, "status": "paid", "currency": "EUR",
         "created_at": "2026-03-06 08:00:00", "total_price": 20},
    ]  # fmt: skip
    (folder / "orders.jsonl").write_text("".join(json.dumps(row) + "\n" for row in orders), "utf-8")
    (folder / "order_lines.csv").write_text(
        _table(
            {"order_id": ORDER, "line_number": 1, "product_id": "p1", "quantity": 2,
             "unit_price": 25},
            {"order_id": f"{MARK}o101", "line_number": 1, "product_id": "p1", "quantity": 1,
             "unit_price": 12},
            {"order_id": "o900", "line_number": 1, "product_id": "p1", "quantity": 1,
             "unit_price": 20},
        ), "utf-8",
    )  # fmt: skip
    refunds = _table(
        {"refund_id": f"{MARK}r1", "order_id": ORDER, "created_at": "2026-03-06 11:00:00",
         "amount": "5.25", "reason": f"{MARK} sent it back"},
    )  # fmt: skip
    (folder / "refunds.csv.gz").write_bytes(gzip.compress(refunds.encode()))
    (folder / "customers.csv").write_text(
        _table(
            {"customer_id": CUSTOMER, "created_at": "2026-03-02 10:00:00",
             "email": f"{MARK}.one@mail.test", "phone": f"+39 055 {MARK}", "first_name": MARK,
             "last_name": f"{MARK}, \"née\"", "country": "IT", "city": f"{MARK}town",
             "account_id": f"{MARK}acct1", "acquisition_channel": f"{MARK}way",
             "attributes": json.dumps({"tier": MARK}), "marketing_consent": "true"},
            {"customer_id": MERGED, "created_at": "2026-03-01 10:00:00", "first_name": MARK},
            {"customer_id": "zq7-bad", "created_at": "never"},
            {"customer_id": CUSTOMER, "created_at": "not a day", "first_name": MARK},
            {"customer_id": OTHER, "created_at": "2026-03-01 10:00:00", "first_name": "Ann",
             "attributes": json.dumps({"invited_by_customer_id": CUSTOMER})},
        ), "utf-8",
    )  # fmt: skip
    (folder / "customer_merges.csv").write_text(
        _table({"from_customer_id": MERGED, "into_customer_id": CUSTOMER,
                "merged_at": "2026-03-08 10:00:00"}), "utf-8",
    )  # fmt: skip
    (folder / "erasure_requests.csv").write_text(
        "customer_id,requested_at\n" + "".join(f"{name},2026-03-20\n" for name in requests), "utf-8"
    )


def load(raw_dir: Path, state: StateDir, key: Path, run_id: str = "run") -> None:
    """Ingest the landing directory."""
    ingest(
        raw_dir,
        state.root,
        run_id=run_id,
        excluded_ids=("null",),
        erasure_key=key,
        loaded_at=datetime(2026, 3, 21, tzinfo=UTC),
    )


def request_of(
    raw_dir: Path, state: StateDir, key: Path, zone: str = "Europe/Rome"
) -> BuildRequest:
    """Return what an erasure is told."""
    return BuildRequest(
        settings=read_settings({"reporting_timezone": zone}),
        raw_dir=raw_dir,
        state=state,
        erasure_key_file=key,
    )


def fill_state(state: StateDir) -> None:
    """Put the person wherever else a state directory can tell of them."""
    for name in ("20260301T000000000000Z-aaa", "20260302T000000000000Z-bbb"):
        _write_version(state.versions / name)
    state.current.symlink_to(Path("versions") / name)
    for path, text in (
        ("dbt/logs/dbt.log", f"select '{CUSTOMER}'"),
        ("dbt/target/run_results.json", json.dumps({"message": ORDER})),
        ("alerts.jsonl", json.dumps({"text": f"customer:{CUSTOMER} failed"}) + "\nkept\n"),
        ("last_build.json", json.dumps({"message": f"order {ORDER}"})),
        ("raw.duckdb.torn", CUSTOMER),
        ("working.duckdb", CUSTOMER),
        ("ingest_tmp/spill/block", CUSTOMER),
        ("exports/due.csv", f"customer_id,email\n{CUSTOMER},x@{MARK}.test\n{OTHER},a@b.test\n"),
        ("dagster/storage/run/compute.err", f"Traceback: {DEVICE}\n"),
    ):
        state.root.joinpath(path).parent.mkdir(parents=True, exist_ok=True)
        state.root.joinpath(path).write_text(text, encoding="utf-8")
    state.exports_ledger.write_text(
        '{"exported_at": "2026-02-01T00:00:00", "what": "old", "file": "old.csv"}\n'
        '{"exported_at": "2026-03-10T00:00:00", "what": "plays", "file": "due.csv"}\n', "utf-8"
    )  # fmt: skip
    scratch = state.root / "whatif" / "raw.duckdb"
    scratch.parent.mkdir()
    with duckdb.connect(str(scratch)) as database:
        database.execute(f"create table customers as select '{CUSTOMER}' as customer_id")
        database.execute(
            f"copy customers to '{scratch.parent / 'customers.parquet'}' "
            "(format parquet, compression uncompressed)"
        )
    write_history(state.root / "dagster" / "history.db").close()
    # As one that was killed leaves it: what was written last stands in the log beside it.
    killed = write_history(state.root / "dagster" / "open.db")
    for name in ("open.db", "open.db-wal"):
        shutil.copy(state.root / "dagster" / name, state.root / "dagster" / f"killed-{name}")
    killed.close()


def write_history(path: Path) -> sqlite3.Connection:
    """Write a database like Dagster's: rows that tell of the person, and pages of deleted ones."""
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("pragma journal_mode = wal")
    database.execute("create table event_logs (id integer, event text, body blob)")
    told = json.dumps({"said": f"row of {CUSTOMER}"})
    rows = [(number, told, told.encode()) for number in range(200)]
    database.executemany("insert into event_logs values (?, ?, ?)", [*rows, (999, "other", None)])
    database.execute("pragma wal_checkpoint(truncate)")
    database.execute("delete from event_logs where id between 2 and 500")
    return database


def _write_version(folder: Path) -> None:
    (folder / "parquet").mkdir(parents=True)
    with duckdb.connect(str(folder / "lifecycle.duckdb")) as database:
        database.execute("create schema marts")
        database.execute(
            "create table marts.orders as select * from (values "
            f"('{ORDER}', 'customer:{CUSTOMER}', date '2026-03-06', "
            "timestamp '2026-03-05 23:30:11', true, 'paid', 50.25::decimal(18,4), "
            f"'{MARK}coupon'), "
            "('o900', 'customer:c20000001', date '2026-03-06', timestamp '2026-03-06 08:00:00', "
            "true, 'paid', 20::decimal(18,4), null), "
            f"('{MARK}o102', 'visitor:{DEVICE}', date '2026-03-09', "
            "timestamp '2026-03-09 09:00:00', false, 'failed', 99::decimal(18,4), null)) "
            "as t(order_id, subject_id, ordered_on, ordered_at, is_booked, status, "
            "gross_revenue, coupon_code)"
        )
        database.execute("comment on table marts.orders is 'orders as they stand'")
        database.execute("comment on column marts.orders.status is 'how it stands'")
        database.execute(
            "create table marts.order_lines as select * from (values "
            f"('{ORDER}', 1, 'p1', 50.00::decimal(18,4)), ('o900', 1, 'p1', 20::decimal(18,4))) "
            "as t(order_id, line_number, product_id, net_amount)"
        )
        database.execute(
            "create table marts.lifecycle_current as select unnest(["
            f"'customer:{CUSTOMER}', 'visitor:{DEVICE}', 'account:{MARK}acct1', "
            "'customer:c20000001']) as subject_id, 'customer' as stage"
        )
        database.execute(
            "create table marts.touchpoints as select * from (values "
            f"('{MARK}e5', 'customer:{OTHER}', 'email'), "
            f"('s900', 'customer:{OTHER}', '{MARK}campaign')) "
            "as t(session_id, subject_id, campaign)"
        )
        database.execute("create table marts.kpi_values as select 'orders' as kpi, 2 as numerator")
        for name in ("orders", "order_lines", "lifecycle_current", "touchpoints", "kpi_values"):
            database.execute(
                f"copy marts.{name} to '{folder / 'parquet' / name}.parquet' "
                "(format parquet, compression uncompressed)"
            )
    entry = MartEntry(1, "hash", "shape")
    write_manifest(folder, {"orders": entry, "kpi_values": entry})
    make_public(folder)


def files_with_mark(*folders: Path) -> list[str]:
    """Return the files that hold the mark in their bytes, unpacked where they are packed."""
    found: list[str] = []
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_symlink() or not path.is_file():
                continue
            data = path.read_bytes()
            if path.suffix == ".gz":
                data = gzip.decompress(data)
            if MARK.encode() in data or MARK in path.name:
                found.append(path.relative_to(folder).as_posix())
    return found
