"""Erasing a person: nothing of them stays, everything of others does, whatever interrupts it."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.errors import InputError, LifecycleError
from orchestration.failpoints import FAIL_POINTS, VARIABLE
from orchestration.ingest.erased.tombstones import bury
from orchestration.ingest.words import define_functions
from orchestration.pipeline.build import ingest_phase
from orchestration.pipeline.erasure import erase
from orchestration.pipeline.versions import versions
from orchestration.privacy import traces
from orchestration.privacy.person import find_persons
from orchestration.privacy.receipt import Receipt
from orchestration.progress import Silent
from orchestration.rules.rule_set import read_rules
from orchestration.settings.paths import StateDir
from orchestration.version_files import damage, read_manifest
from tests.pipeline.erasure_kit import (
    CUSTOMER,
    MARK,
    OTHER,
    events,
    files_with_mark,
    fill_state,
    load,
    request_of,
    write_history,
    write_landing,
)
from tests.pipeline.models_kit import CompiledModels

KILLED_AT = [name for name in FAIL_POINTS if name.startswith("erase.")]
# What is said of the person in rows of others; all else of these rows stays.
OTHERS = {
    "events": f"select * exclude (properties) from events where user_id = '{OTHER}' order by all",
    "customers": f"select * exclude (attributes) from customers where customer_id = '{OTHER}'",
    "orders": f"select * from orders where customer_id = '{OTHER}'",
    "order_lines": "select * from order_lines where order_id = 'o900'",
}


@dataclass(frozen=True)
class Shop:
    """A landing directory, a state directory, and a key outside both."""

    raw_dir: Path
    state: StateDir
    key: Path

    def erase(self, *names: str, zone: str = "Europe/Rome") -> Receipt | None:
        request = request_of(self.raw_dir, self.state, self.key, zone)
        return erase(request, names, (), lambda _: None)

    def load(self, run_id: str) -> None:
        load(self.raw_dir, self.state, self.key, run_id)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.state.raw_database), read_only=True) as raw:
            raw.execute("use raw.raw")
            return raw.execute(sql).fetchall()


@pytest.fixture(scope="module")
def uncompressed() -> Iterator[None]:
    """Have every database written as it is, so that bytes can be searched."""
    connect: Callable[..., Any] = duckdb.connect

    def plain(*arguments: Any, **options: Any) -> Any:
        connection = connect(*arguments, **options)
        connection.execute("set force_compression = 'uncompressed'")
        return connection

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(duckdb, "connect", plain)
        yield


def loaded_shop(folder: Path) -> Shop:
    made = Shop(folder / "raw", StateDir.at(folder / "state"), folder / "key")
    write_landing(made.raw_dir)
    made.load("run")
    return made


def filled_shop(folder: Path) -> Shop:
    made = loaded_shop(folder)
    fill_state(made.state)
    return made


@pytest.fixture
def shop(tmp_path: Path, uncompressed: None) -> Shop:
    del uncompressed
    return filled_shop(tmp_path)


@dataclass(frozen=True)
class Erased:
    """A shop from which the person was erased; nobody writes to it.

    Attributes:
        shop: as it is now.
        receipt: of the erasure.
        marked_before: files that told of the person.
        others_before: rows of others.
    """

    shop: Shop
    receipt: Receipt
    marked_before: set[str]
    others_before: dict[str, list[tuple[Any, ...]]]


@pytest.fixture(scope="module")
def erased(tmp_path_factory: pytest.TempPathFactory, uncompressed: None) -> Erased:
    del uncompressed
    shop = filled_shop(tmp_path_factory.mktemp("erased"))
    marked = set(files_with_mark(shop.raw_dir, shop.state.root))
    others = {table: shop.query(sql) for table, sql in OTHERS.items()}
    receipt = shop.erase(CUSTOMER)
    assert receipt is not None
    return Erased(shop, receipt, marked, others)


def test_the_person_left_a_mark_in_every_column_that_may_hold_any_text(tmp_path: Path) -> None:
    shop = Shop(tmp_path / "raw", StateDir.at(tmp_path / "state"), tmp_path / "key")
    write_landing(shop.raw_dir, requests=(CUSTOMER,))
    shop.load("run")
    tables = ("events", "orders", "order_lines", "refunds", "customers", "customer_merges")
    columns = shop.query(
        "select table_name, column_name from duckdb_columns() where data_type = 'VARCHAR' "
        f"and table_name in {(*tables, 'erasure_requests')} and column_name[1] <> '_'"
    )
    assert len(columns) > 40
    unmarked = {
        column
        for table, column in columns
        if shop.query(f"select 1 from {table} where {column} like '%{MARK}%' limit 1") == []
    }
    # Codes from a list, and what was bought: an order that stays says these of nobody.
    assert unmarked == {"currency", "country", "status", "product_id"}


def test_nothing_of_an_erased_person_is_found_in_any_byte(erased: Erased) -> None:
    shop, receipt = erased.shop, erased.receipt
    assert {
        "raw.duckdb", "events.parquet", "alerts.jsonl", "dagster/history.db", "whatif/raw.duckdb",
        "dagster/killed-open.db", "dagster/killed-open.db-wal",
    } <= erased.marked_before  # fmt: skip
    assert len(erased.marked_before) > 20
    assert files_with_mark(shop.raw_dir, shop.state.root) == []
    assert (receipt.left, receipt.orders_kept) == ([], 2)
    assert [export["what"] for export in receipt.exports] == ["plays"]
    assert receipt.first_seen.startswith("2026-03-01")
    written = shop.state.erasures / f"{receipt.receipt}.json"
    assert json.loads(written.read_text())["landing"]["events.parquet"] == 7
    assert written.stat().st_mode & 0o777 == 0o600
    assert shop.key.stat().st_mode & 0o777 == 0o600


def test_what_others_did_stays_as_it_was(erased: Erased) -> None:
    shop = erased.shop
    assert all(erased.others_before.values())
    assert {table: shop.query(sql) for table, sql in OTHERS.items()} == erased.others_before
    ((said,),) = shop.query("select properties from events where event_id = 'e900'")
    assert json.loads(said) == {"referred_customer_id": None, "kept": 'yes, "quoted"'}
    assert shop.query("select customer_id from customers") == [(OTHER,)]
    # The row that could not be read was another's.
    assert len(shop.query("from quarantine")) == 1
    exported = shop.state.root.joinpath("exports/due.csv").read_text()
    assert exported == f"customer_id,email\n{OTHER},a@b.test\n"
    assert "kept" in shop.state.root.joinpath("alerts.jsonl").read_text()


def test_booked_orders_stay_as_nobodys(erased: Erased) -> None:
    shop = erased.shop
    orders = shop.query(
        "select created_at::varchar, total_price::double, status, country, customer_id, "
        "anonymous_id, cart_id, coupon_code, updated_at, _line from orders "
        "where order_id like 'erased:%' order by total_price"
    )
    # 23:30 UTC of the fifth is the sixth in Rome.
    assert [row[:4] for row in orders] == [
        ("2026-03-07 12:00:00", 12.0, "paid", None),
        ("2026-03-06 12:00:00", 50.25, "paid", "IT"),
    ]
    assert {row[4:] for row in orders} == {(None,) * 6}
    assert shop.query("select count(*) from order_lines inner join orders using (order_id)") == [
        (3,)
    ]
    assert shop.query(
        "select amount::double, reason, total_price::double from refunds "
        "inner join orders using (order_id)"
    ) == [(5.25, None, 50.25)]
    version = shop.state.versions / "20260301T000000000000Z-aaa" / "lifecycle.duckdb"
    with duckdb.connect(str(version), read_only=True) as kept:
        asked = (
            "select count(*), sum(gross_revenue)::double, count(coupon_code) from marts.orders "
            "where is_booked",
            "select count(*) from marts.orders inner join marts.order_lines using (order_id)",
            "select subject_id from marts.lifecycle_current",
            "select comment from duckdb_tables() where table_name = 'orders'",
            "select session_id, campaign from marts.touchpoints",
        )
        answers = [kept.execute(sql).fetchall() for sql in asked]
    assert answers == [
        [(2, 70.25, 0)], [(2,)], [(f"customer:{OTHER}",)], [("orders as they stand",)],
        [("s900", "(erased)")],
    ]  # fmt: skip


def test_a_rewritten_version_is_sound_and_its_files_are_new_ones(shop: Shop) -> None:
    first, second = (shop.state.versions / name for name in versions(shop.state))
    unreadable = shop.state.versions / "20260303T000000000000Z-ccc"
    unreadable.mkdir()
    (unreadable / "lifecycle.duckdb").write_bytes(b"torn" * 10_000)
    without = shop.state.versions / "20260304T000000000000Z-ddd"
    shutil.copytree(first, without)
    (without / "lifecycle.duckdb").unlink()
    (second / "parquet" / "kpi_values.parquet").unlink()
    linked = second / "parquet" / "orders.parquet"
    linked.unlink()
    os.link(first / "parquet" / "orders.parquet", linked)
    before = {path: path.stat().st_ino for path in first.rglob("*.*") if path.suffix != ".json"}
    receipt = shop.erase(CUSTOMER)
    assert receipt is not None
    assert receipt.versions[first.name]["orders"] == 2
    # Nobody can say whom a version names that cannot be read, or whose database is not there.
    assert sorted(receipt.left) == [
        f"The version {gone.name} was damaged; it is removed." for gone in (unreadable, without)
    ]
    assert not unreadable.exists()
    assert not without.exists()
    assert damage(first, thorough=True) == ""
    # What was damaged before is not declared sound.
    assert "kpi_values.parquet" in damage(second)
    manifest = read_manifest(first)
    assert manifest is not None
    assert manifest.marts.keys() == {"kpi_values"}
    same = {path.name for path, inode in before.items() if path.stat().st_ino == inode}
    assert same == {"kpi_values.parquet"}
    assert {path.stat().st_mode & 0o777 for path in first.rglob("*.*")} == {0o444}


def test_the_same_files_bring_nothing_back(shop: Shop) -> None:
    shop.erase(CUSTOMER)
    tables = ("events", "orders", "order_lines", "refunds", "customers", "customer_merges")
    after = {table: shop.query(f"from {table} order by all") for table in tables}
    shop.load("again")
    assert shop.query("select count(*) from ingest_files where run_id = 'again'") == [(0,)]
    write_landing(shop.raw_dir)
    shop.load("delivered-again")
    assert {table: shop.query(f"from {table} order by all") for table in tables} == after
    assert files_with_mark(shop.state.root) == []
    # Six events, four versions of orders, two lines, a refund, three customers, a merge.
    assert len(events()) == 8
    assert shop.query("select sum(rows) from set_aside where reason = 'erased'") == [(17,)]


def test_orders_that_stay_outlive_a_torn_raw_database(shop: Shop) -> None:
    shop.erase(CUSTOMER)
    sums = shop.query("select count(*), sum(total_price) from orders")
    books = shop.query("from erasures")
    shop.state.raw_database.unlink()
    shop.load("anew")
    assert shop.query("select count(*), sum(total_price) from orders") == sums
    assert shop.query("from erasures") == books
    assert files_with_mark(shop.raw_dir, shop.state.root) == []


def test_a_lost_key_stops_ingest(shop: Shop) -> None:
    shop.erase(CUSTOMER)
    key = shop.key.read_text()
    shop.key.unlink()
    with pytest.raises(InputError, match=r"erasure key .* is gone"):
        shop.load("without")
    shop.key.write_text("00" * 32)
    with pytest.raises(InputError, match="is not the one used before"):
        shop.load("another")
    shop.key.write_text("no key")
    with pytest.raises(InputError, match="cannot be read"):
        shop.load("damaged")
    shop.key.write_text(key)
    shop.load("found")


def test_a_database_that_dagster_has_open_keeps_no_byte_and_goes_on(
    tmp_path: Path, uncompressed: None
) -> None:
    del uncompressed
    shop = loaded_shop(tmp_path)
    path = shop.state.root / "dagster" / "history.db"
    path.parent.mkdir()
    dagster = write_history(path)
    assert files_with_mark(path.parent) == ["history.db", "history.db-wal"]
    receipt = shop.erase(CUSTOMER)
    assert receipt is not None
    # Two rows that stood, a text and a blob each.
    assert receipt.masked == {"dagster/history.db": 4}
    assert files_with_mark(path.parent) == []
    dagster.execute("insert into event_logs values (1000, 'later', null)")
    assert dagster.execute("select id from event_logs").fetchall() == [(0,), (1,), (999,), (1000,)]
    dagster.close()


def test_a_database_that_is_not_let_go_of_is_told_and_the_erasure_goes_on_later(
    tmp_path: Path, uncompressed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    del uncompressed
    monkeypatch.setattr(traces, "_PATIENCE_SECONDS", 0.1)
    shop = loaded_shop(tmp_path)
    path = shop.state.root / "dagster" / "history.db"
    path.parent.mkdir()
    dagster = write_history(path)
    dagster.execute("begin")
    dagster.execute("select * from event_logs").fetchall()
    with pytest.raises(LifecycleError, match="held by another program"):
        shop.erase(CUSTOMER)
    assert files_with_mark(path.parent) == ["history.db", "history.db-wal"]
    dagster.execute("rollback")
    assert shop.erase() is not None
    assert files_with_mark(shop.raw_dir, shop.state.root) == []
    assert dagster.execute("select count(*) from event_logs").fetchall() == [(3,)]
    dagster.close()


def test_a_key_in_the_state_directory_is_refused(erased: Erased) -> None:
    shop = erased.shop
    inside = Shop(shop.raw_dir, shop.state, shop.state.root / "key")
    with pytest.raises(LifecycleError, match="would lie in the state directory"):
        bury(inside.state, inside.key, [CUSTOMER])


def test_a_build_grants_requests_before_anything_is_made_of_the_rows(
    tmp_path: Path, uncompressed: None
) -> None:
    del uncompressed
    shop = Shop(tmp_path / "raw", StateDir.at(tmp_path / "state"), tmp_path / "key")
    write_landing(shop.raw_dir, requests=(CUSTOMER, "null", f"{MARK}unknown"))
    shop.state.root.mkdir()
    request = request_of(shop.raw_dir, shop.state, shop.key)
    ingest_phase(request, read_rules(None), "build-1", Silent())
    assert files_with_mark(shop.raw_dir, shop.state.root) == []
    assert shop.query("select persons, orders_kept from erasures") == [(1, 2)]
    assert shop.query("select customer_id from erasure_requests") == []


@pytest.mark.slow
def test_orders_and_revenue_stay_what_they_were(shop: Shop, sample_state: StateDir) -> None:
    asked = [
        "select kpi, fact_date, sum(numerator), sum(denominator) from intermediate.int_kpi_orders "
        "where dimension = 'all' and kpi in ('orders', 'gross_revenue', 'net_revenue', "
        "'refunded_amount_rate', 'units_per_order') group by all order by all"
    ]
    models = CompiledModels(sample_state)
    before = models.answers(shop.state.raw_database, asked)
    # What was compiled counts days in this zone.
    shop.erase(CUSTOMER, zone="UTC")
    assert models.answers(shop.state.raw_database, asked) == before
    assert sum(row[2] for row in before[0] if row[0] == "orders") == 3


def test_whom_an_erasure_means_is_whom_the_models_mean(sample_state: StateDir) -> None:
    with duckdb.connect(str(sample_state.working_database), read_only=True) as working:
        expected = {
            str(name): set(devices)
            for name, devices in working.execute(
                "select customer_id, list(anonymous_id) from intermediate.int_devices "
                "where owners = 1 and anonymous_id is not null group by customer_id"
            ).fetchall()
        }
        merges = working.execute(
            "select final_customer_id, list(customer_id) from intermediate.int_customer_merges "
            "group by final_customer_id order by 1"
        ).fetchall()
    assert len(merges) > 3
    raw = duckdb.connect()
    raw.execute(f"attach '{sample_state.raw_database}' as raw_db (read_only)")
    raw.execute("use raw_db")
    define_functions(raw, "salt")
    excluded_ids = read_rules(None).excluded_ids
    buyers: dict[str, set[str]] = {}
    for device, buyer in raw.execute(
        "select distinct anonymous_id, customer_id from raw.orders "
        "where anonymous_id is not null and customer_id is not null"
    ).fetchall():
        buyers.setdefault(device, set()).add(buyer)
    compared = 0
    for asked, customers in (
        *((merged[0], {final, *merged}) for final, merged in merges),
        *((name, {name}) for name in sorted(expected.keys() - dict(merges).keys())[::20]),
    ):
        persons = find_persons(raw, [asked], excluded_ids)
        assert set(persons.customers) == customers
        devices = set[str]().union(*(expected.get(name, set[str]()) for name in customers))
        # A device on which somebody else bought is not this person's alone, whoever logged in.
        alone = {device for device in devices if buyers.get(device, set()) <= customers}
        assert set(persons.visitors) == alone
        compared += len(alone)
    assert compared > 20


def test_an_erasure_killed_at_every_step_goes_on_from_there(shop: Shop) -> None:
    assert len(KILLED_AT) == 10
    for number, fail_point in enumerate(KILLED_AT):
        # A fork, since importing everything ten times would take longer than all else.
        child = os.fork()
        if not child:
            os.environ[VARIABLE] = fail_point
            try:
                shop.erase(*([CUSTOMER] if number == 0 else []))
            finally:
                os._exit(0)
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status), fail_point
        assert os.WTERMSIG(status) == signal.SIGKILL
    receipt = shop.erase()
    assert receipt is not None
    assert files_with_mark(shop.raw_dir, shop.state.root) == []
    assert shop.query("select count(*), sum(total_price)::double from orders") == [(3, 82.25)]
    assert shop.query("select persons, orders_kept from erasures") == [(1, 2)]
    assert (receipt.raw["events"], receipt.landing["events.parquet"]) == (6, 7)
    assert receipt.versions.keys() == {path.name for path in shop.state.versions.iterdir()}
    assert shop.erase() is None
