"""Tables of another loader: read through the same ingest, followed, and refused in a sentence."""

from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from orchestration.errors import InputError, SettingsError
from orchestration.ingest.loader_tables import copied_tables
from orchestration.pipeline.build import ingest_only, ingest_phase, rules_phase
from orchestration.progress import Silent
from orchestration.settings.build_settings import BuildSettings
from orchestration.settings.paths import SAMPLE_DIR, StateDir
from orchestration.settings.request import BuildRequest, read_request

ORDERS = """
create table orders as
select
    'o' || i as order_id, 'c' || (i % 3) as customer_id, timestamp '2025-01-01' + to_days(i) as
    created_at, 'paid' as status, 'EUR' as currency, cast(10 + i as decimal(18, 2)) as total_price
from range(1, 10) as numbers(i)
"""
EVENTS = """
create view events as
select
    'e' || order_id as event_id, 'Order Completed' as event_name, created_at as occurred_at,
    customer_id as user_id, cast(1 as hugeint) as quantity
from orders
"""


@pytest.fixture
def loader(tmp_path: Path) -> BuildRequest:
    """A request on a loader's file with a table, a view, and books of the loader's own."""
    state = StateDir.at(tmp_path / "state")
    state.root.mkdir()
    # Called as its schema is: a name of two parts would be ambiguous.
    database = tmp_path / "shop.duckdb"
    for statement in (ORDERS, EVENTS, "create table _books (x int)"):
        write(database, statement)
    return BuildRequest(
        BuildSettings(), SAMPLE_DIR, state, raw_database=database, raw_schema="shop"
    )


def write(database: Path, statement: str) -> None:
    """Run a statement in the loader's schema."""
    with duckdb.connect(str(database)) as connection:
        connection.execute("create schema if not exists shop.shop")
        connection.execute("use shop.shop")
        connection.execute(statement)


def raw(request: BuildRequest, query: str) -> list[tuple[object, ...]]:
    """Ask the raw database."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{request.state.raw_database}' as db (read_only)")
        connection.execute("use db")
        return connection.execute(query).fetchall()


def copy_of(database: Path, schema: str, state: StateDir) -> None:
    """Copy the tables, and nothing else."""
    with copied_tables(database, schema, state):
        pass


def build_ingest(request: BuildRequest) -> None:
    """Ingest as a build does, which stops at what ingest alone only tells."""
    ingest_phase(request, rules_phase(request, Silent()), "b1", Silent())


def test_tables_and_views_are_loaded_counted_and_not_kept_twice(loader: BuildRequest) -> None:
    summary = ingest_only(loader, Silent())
    assert (summary.rows_read, summary.rows_loaded, summary.rows_quarantined) == (18, 18, 0)
    assert raw(loader, "select count(*), sum(quantity) from raw.events") == [(9, 9)]
    assert raw(loader, "select path from raw.ingest_files order by all") == [
        ("events/1.parquet",),
        ("orders/1.parquet",),
    ]
    assert not (loader.state.root / "raw_database").exists()


def test_what_has_not_changed_is_not_read_again_wherever_the_state_is_moved(
    loader: BuildRequest,
) -> None:
    ingest_only(loader, Silent())
    moved = StateDir(loader.state.root.rename(loader.state.root.with_name("moved")))
    again = ingest_only(replace(loader, state=moved), Silent())
    assert (again.rows_read, again.files_unchanged) == (0, 2)


def test_what_has_changed_is_a_later_file_whose_copies_are_duplicates(loader: BuildRequest) -> None:
    ingest_only(loader, Silent())
    assert loader.raw_database
    write(loader.raw_database, "update orders set status = 'cancelled' where order_id = 'o3'")
    summary = ingest_only(loader, Silent())
    assert [(each.name, each.rows_loaded, each.rows_duplicate) for each in summary.results] == [
        ("orders/2.parquet", 1, 8)
    ]


def test_a_type_that_changes_stops_the_build(loader: BuildRequest) -> None:
    ingest_only(loader, Silent())
    assert loader.raw_database
    write(loader.raw_database, "drop view events")
    write(loader.raw_database, "alter table orders alter total_price type varchar")
    with pytest.raises(
        InputError, match=r"orders.total_price .* was DECIMAL\(18,2\) and is VARCHAR"
    ):
        build_ingest(loader)


def test_a_table_that_lacks_a_required_column_stops_every_build(loader: BuildRequest) -> None:
    assert loader.raw_database
    write(loader.raw_database, "create table customers as select 'c1' as customer_id")
    for _ in range(2):
        with pytest.raises(InputError, match=r"shop.customers of .*: Missing: created_at"):
            build_ingest(loader)
    write(loader.raw_database, "alter table customers add column created_at date")
    write(loader.raw_database, "update customers set created_at = '2025-01-01'")
    build_ingest(loader)


def test_a_file_of_before_is_not_exchanged(loader: BuildRequest, tmp_path: Path) -> None:
    ingest_only(loader, Silent())
    with pytest.raises(InputError, match="was fed from the schema shop of"):
        copy_of(tmp_path / "other.duckdb", "shop", loader.state)


def test_a_schema_that_is_not_there_is_named_with_the_nearest(loader: BuildRequest) -> None:
    assert loader.raw_database
    with pytest.raises(InputError, match='in the schema "shp"; did you mean "shop"'):
        copy_of(loader.raw_database, "shp", loader.state)


def test_a_file_that_is_none_is_one_sentence(loader: BuildRequest, tmp_path: Path) -> None:
    (tmp_path / "no.duckdb").write_bytes(b"order_id\n" * 1000)
    for name, text in (("no.duckdb", "cannot be read as a DuckDB file"), ("gone", "not exist")):
        with pytest.raises(InputError, match=text):
            copy_of(tmp_path / name, "shop", loader.state)


def test_a_view_of_another_file_is_refused(loader: BuildRequest, tmp_path: Path) -> None:
    assert loader.raw_database
    (tmp_path / "secret.csv").write_text("a\n1\n")
    view = f"create view products as select * from read_csv('{tmp_path}/secret.csv')"
    write(loader.raw_database, view)
    with pytest.raises(InputError, match=r"shop\.products cannot be read"):
        build_ingest(loader)


def test_a_directory_and_a_database_are_not_both_read(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="give one of them"):
        read_request({}, directories={"raw_dir": tmp_path, "raw_database": tmp_path / "x"})


def test_a_directory_wins_over_a_database_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LIFECYCLE_RAW_DATABASE", str(tmp_path / "x.duckdb"))
    assert read_request({}, directories={"raw_dir": tmp_path}).raw_database is None
    assert read_request({}).raw_database == tmp_path / "x.duckdb"
