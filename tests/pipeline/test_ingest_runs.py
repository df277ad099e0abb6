"""What ingest remembers: exactly once over runs, copies, orders of arrival, kills and damage."""

from __future__ import annotations

import gzip
import itertools
import os
import shutil
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.errors import BuildBusyError, InputError, LifecycleError
from orchestration.failpoints import VARIABLE
from orchestration.ingest import load_file
from orchestration.ingest import run as ingest_run
from orchestration.ingest.formats import open_file
from orchestration.ingest.raw_database import RawAccountingError
from orchestration.ingest.summary import IngestProgress
from tests.pipeline.ingest_kit import (
    Shop,
    events_csv,
    make_shop,
    orders_csv,
)

ROOT = Path(__file__).resolve().parents[2]
DATA_DIR = ROOT.parent / "shared" / "data"
E1 = "e1,Page Viewed,2024-03-01,u1"
E2 = "e2,Page Viewed,2024-03-02,u2"
E2_CHANGED = "e2,Page Viewed,2024-03-03,u2"
E3 = "e3,Page Viewed,2024-03-03,u3"
BAD = "bad,Page Viewed,never,u"


def ledger(shop: Shop) -> list[tuple[object, ...]]:
    return shop.rows(
        "select path, rows_read, rows_loaded, rows_duplicate, rows_quarantined "
        "from raw.ingest_files where table_name = 'events' order by file_id"
    )


def test_a_file_is_loaded_once_however_often_ingest_runs(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, {"events.csv": events_csv(E1, BAD)})
    first = shop.ingest("run-1")
    content = shop.content("events")
    second = shop.ingest("run-2")
    assert (first.rows_loaded, first.rows_quarantined, first.files_unchanged) == (1, 1, 0)
    assert (second.rows_read, second.files_unchanged, second.problems) == (0, 2, ())
    assert shop.content("events") == content
    assert len(content) == 1
    assert ledger(shop) == [("events.csv", 2, 1, 0, 1)]
    assert len(shop.quarantine()) == 1


def test_exact_copies_inside_a_file_and_across_files_and_formats_are_duplicates(
    tmp_path: Path,
) -> None:
    shop = make_shop(
        tmp_path,
        {
            "events/a.csv": events_csv(E1, E2, E1, E1),
            "events/b.csv": events_csv(E2_CHANGED, E1, E3),
        },
    )
    shop.land_parquet(
        "events/c.parquet",
        "select 'e3' as event_id, 'Page Viewed' as event_name, "
        "date '2024-03-03' as occurred_at, 'u3' as user_id",
    )
    shop.ingest()
    assert ledger(shop) == [
        ("events/a.csv", 4, 2, 2, 0),
        ("events/b.csv", 3, 2, 1, 0),
        ("events/c.parquet", 1, 0, 1, 0),
    ]
    found = shop.rows("select event_id, _line from raw.events order by event_id, occurred_at")
    assert found == [("e1", 1), ("e2", 2), ("e2", 1), ("e3", 3)]


def test_a_copy_under_another_name_adds_nothing(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, {"events/a.csv": events_csv(E1, E2)})
    shop.ingest("run-1")
    content = shop.content("events")
    shop.land({"events/deep/copy.csv": events_csv(E1, E2)})
    shop.ingest("run-2")
    assert shop.content("events") == content
    assert ledger(shop) == [("events/a.csv", 2, 2, 0, 0), ("events/deep/copy.csv", 2, 0, 2, 0)]


def test_a_file_that_has_grown_adds_only_what_is_new(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, {"events.csv": events_csv(E1)})
    shop.ingest("run-1")
    shop.land({"events.csv": events_csv(E1, E2)})
    shop.ingest("run-2")
    assert ledger(shop) == [("events.csv", 1, 1, 0, 0), ("events.csv", 2, 1, 1, 0)]


def test_a_file_that_is_put_back_counts_again(tmp_path: Path) -> None:
    """Else a build would go on telling of what lay there in between, or stopping at it."""
    first, second, damaged = (orders_csv(f"o1,2024-03-01,paid,EUR,{told}") for told in "12x")
    shop = make_shop(tmp_path, {"orders.csv": first})
    shop.ingest("run-1")
    for number, text in enumerate((second, first, damaged, first, first)):
        shop.land({"orders.csv": text})
        assert bool(shop.ingest(f"run-{number}").stops) == (text == damaged)
    assert shop.rows(
        "select rows_loaded, rows_duplicate, rows_quarantined from raw.ingest_files "
        "where table_name = 'orders' order by file_id"
    ) == [(1, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (0, 1, 0)]


def test_a_file_that_has_gone_leaves_its_rows(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, {"events.csv": events_csv(E1)})
    shop.ingest("run-1")
    (shop.raw_dir / "events.csv").unlink()
    shop.ingest("run-2")
    assert len(shop.content("events")) == 1


ROWS = st.lists(st.sampled_from([E1, E2, E2_CHANGED, E3, BAD]), min_size=1, max_size=4)


@settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    deliveries=st.lists(ROWS, min_size=2, max_size=4),
    order=st.randoms(use_true_random=False),
    runs=st.integers(1, 3),
)
def test_any_order_of_arrival_and_any_split_into_runs_gives_the_same_rows(
    tmp_path_factory: pytest.TempPathFactory, deliveries: list[list[str]], order, runs: int
) -> None:
    root = tmp_path_factory.mktemp("orders")
    together = make_shop(
        root / "together", {"events/0.csv": events_csv(*itertools.chain(*deliveries))}
    )
    together.ingest()
    apart = make_shop(root / "apart", {"events/none.csv": events_csv()})
    order.shuffle(deliveries)
    for run in range(runs):
        for number, rows in enumerate(deliveries[run::runs]):
            apart.land({f"events/{run}-{number}.csv": events_csv(*rows)})
        apart.ingest(f"run-{run}")
    assert apart.content("events") == together.content("events")
    sums = "select sum(rows_read), sum(rows_quarantined) from raw.ingest_files"
    assert apart.rows(sums) == together.rows(sums)
    shutil.rmtree(root)


@pytest.mark.parametrize("fail_point", ["ingest.rows_written", "ingest.file_committed"])
def test_a_run_killed_at_a_fail_point_leaves_whole_files_and_the_next_goes_on(
    tmp_path: Path, fail_point: str
) -> None:
    files = {f"events/{n}.csv": events_csv(f"e{n},x,2024-03-01,u", BAD) for n in range(3)}
    shop = make_shop(tmp_path, files)
    code = (
        "from pathlib import Path; from orchestration.ingest.run import ingest; "
        f"ingest(Path({str(shop.raw_dir)!r}), Path({str(shop.state_dir)!r}), "
        "run_id='killed', excluded_ids=[])"
    )
    killed = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | {VARIABLE: fail_point}, cwd=ROOT, check=False
    )
    assert killed.returncode == -signal.SIGKILL
    committed = 0 if fail_point == "ingest.rows_written" else 1
    counts = (
        "select (select count(*) from raw.ingest_files), (select count(*) from raw.events), "
        "(select count(*) from raw.quarantine)"
    )
    if (shop.state_dir / "raw.duckdb").exists():
        assert shop.rows(counts) == [(committed, committed, committed)]
    summary = shop.ingest("next")
    assert summary.files_unchanged == committed
    assert summary.notes == ()
    assert shop.rows(counts) == [(4, 3, 3)]
    whole = make_shop(tmp_path / "whole", files)
    whole.ingest()
    assert shop.content("events") == whole.content("events")


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda _: b"no database",
        lambda data: data[:5000],
        lambda data: data[: len(data) // 2],
        lambda data: bytes(4096) + data[4096:],
        lambda data: data[:12288] + bytes(byte ^ 0xA5 for byte in data[12288:]),
    ],
    ids=["empty", "other file", "header only", "half", "no header", "flipped blocks"],
)
def test_a_torn_raw_database_is_rebuilt_from_the_landing_files(tmp_path: Path, damage) -> None:
    shop = make_shop(tmp_path, {"events.csv": events_csv(E1, E2, BAD)})
    shop.ingest("run-1")
    content = shop.content("events")
    database = shop.state_dir / "raw.duckdb"
    database.write_bytes(damage(database.read_bytes()))
    summary = shop.ingest("run-2")
    assert shop.content("events") == content
    assert len(content) == 2
    assert len(shop.quarantine()) == 1
    if summary.notes:
        assert "rebuilt from the landing files" in summary.notes[0]
        assert summary.rows_read == 3
    else:
        # DuckDB takes a file of no bytes for a new database.
        assert database.stat().st_size > 0
        assert summary.rows_read == 3


def test_a_damaged_write_ahead_log_is_no_dead_end(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, {"events.csv": events_csv(E1, E2, BAD)})
    shop.ingest("run-1")
    content = shop.content("events")
    (shop.state_dir / "raw.duckdb.wal").write_bytes(b"torn" * 1000)
    shop.ingest("run-2")
    assert shop.content("events") == content
    assert len(content) == 2
    assert len(shop.quarantine()) == 1


def test_a_raw_database_of_an_older_contract_gets_its_new_columns(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, {"events.csv": events_csv(E1)})
    shop.ingest("run-1")
    shop.write("alter table raw.events drop column referrer")
    shop.land({"events.csv": events_csv(E1, E2)})
    summary = shop.ingest("run-2")
    assert (summary.notes, summary.rows_duplicate, summary.rows_loaded) == ((), 1, 1)
    assert shop.rows("select referrer from raw.events") == [(None,), (None,)]


@pytest.mark.parametrize(
    "tampering",
    [
        "delete from raw.events where event_id = 'e1'",
        "delete from raw.quarantine",
        "update raw.ingest_files set rows_read = rows_read + 1 where path = 'events.csv'",
        "delete from raw.ingest_files where path = 'events.csv'",
    ],
)
def test_books_that_do_not_balance_fail_the_run(tmp_path: Path, tampering: str) -> None:
    shop = make_shop(tmp_path, {"events.csv": events_csv(E1, E2, BAD)})
    shop.ingest("run-1")
    shop.ingest("run-2")
    shop.write(tampering)
    shop.land({"events/more.csv": events_csv(E3)})
    with pytest.raises(RawAccountingError, match=r"events\.csv|does not know"):
        shop.ingest("run-3")


def test_a_row_lost_between_reading_and_writing_fails_the_run_and_keeps_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = make_shop(tmp_path, {"events.csv": events_csv(E1, E2)})
    insert = load_file.insert_rows

    def lossy(connection: duckdb.DuckDBPyConnection, *args: object, **options: object) -> int:
        connection.execute("delete from judged_rows where record = 2")
        return insert(connection, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(load_file, "insert_rows", lossy)
    with pytest.raises(RawAccountingError, match="2 rows were read, but 1 loaded"):
        shop.ingest()
    assert shop.rows("select count(*) from raw.events") == [(0,)]
    assert ledger(shop) == []


def test_a_file_that_changes_while_it_is_read_is_left_to_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = make_shop(tmp_path, {"events.csv": events_csv(E1)})
    find_copies = load_file.find_copies

    def append(*args: object) -> int:
        with (shop.raw_dir / "events.csv").open("a") as out:
            out.write(E2 + "\n")
        return find_copies(*args)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(load_file, "find_copies", append)
        shop.land({"orders.csv": ""})
        summary = shop.ingest("run-1")
    assert summary.changing == ("events.csv",)
    assert summary.notes == ("events.csv was written to while it was read; the next run loads it.",)
    assert shop.content("events") == []
    assert shop.ingest("run-2").rows_loaded == 2


@pytest.mark.parametrize("name", ["events.csv", "events.jsonl", "events.parquet"])
def test_a_file_taken_away_while_it_is_read_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    shop = make_shop(tmp_path, {name: events_csv(E1)})
    sha256_of = ingest_run.sha256_of

    def take_away(path: Path) -> str:
        digest = sha256_of(path)
        if path.name == name:
            path.unlink()
        return digest

    monkeypatch.setattr(ingest_run, "sha256_of", take_away)
    summary = shop.ingest()
    assert summary.changing == (name,)
    assert [result.name for result in summary.results] == ["orders.csv"]
    assert shop.quarantine() == []


def test_a_disk_that_refuses_to_write_is_one_sentence_and_no_quarantine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = make_shop(tmp_path, {"events.csv.gz": gzip.compress(events_csv(E1).encode())})

    def full(*_: object) -> object:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(open_file.gzip, "open", full)
        with pytest.raises(LifecycleError, match="No space left on device"):
            shop.ingest("run-1")
    assert shop.quarantine() == []
    assert shop.ingest("run-2").rows_loaded == 1


def test_a_state_fed_from_elsewhere_is_refused_with_both_directories(tmp_path: Path) -> None:
    shop = make_shop(tmp_path / "one", {"events.csv": events_csv(E1)})
    shop.ingest("run-1")
    other = make_shop(tmp_path / "other", {"events.csv": events_csv(E2)})
    mixed = Shop(other.raw_dir, shop.state_dir)
    with pytest.raises(InputError) as refused:
        mixed.ingest("run-2")
    assert str(shop.raw_dir) in str(refused.value)
    assert str(other.raw_dir) in str(refused.value)
    assert len(shop.content("events")) == 1


def test_neither_events_nor_orders_is_refused_with_what_lies_there(tmp_path: Path) -> None:
    shop = make_shop(tmp_path)
    for table in ("events", "orders"):
        (shop.raw_dir / f"{table}.csv").rename(shop.raw_dir / f"{table}s.csv")
    with pytest.raises(InputError, match="no file for events or orders") as refused:
        shop.ingest()
    assert "orderss.csv" in str(refused.value)


@pytest.mark.parametrize("table", ["events", "orders"])
def test_one_of_events_and_orders_is_enough(tmp_path: Path, table: str) -> None:
    shop = make_shop(tmp_path)
    (shop.raw_dir / f"{table}.csv").unlink()
    assert shop.ingest().rows_read == 0


def test_absent_optional_tables_are_empty_with_all_columns(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, {"orders.csv": orders_csv("o1,2024-03-01,paid,EUR,1")})
    shop.ingest()
    for table in ("refunds", "channel_daily", "erasure_requests"):
        assert shop.content(table) == []
    columns = "select column_name, data_type from duckdb_columns() where table_name = 'refunds'"
    assert ("amount", "DECIMAL(18,4)") in shop.rows(columns)
    assert ("_row_hash", "UBIGINT") in shop.rows(columns)


def test_a_raw_database_open_elsewhere_is_busy_and_not_thrown_away(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, {"events.csv": events_csv(E1)})
    shop.ingest("run-1")
    database = shop.state_dir / "raw.duckdb"
    code = (
        f"import duckdb, sys; c = duckdb.connect({str(database)!r}); print(1, flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdin is not None
        holder.stdout.readline()
        with pytest.raises(BuildBusyError, match="another process"):
            shop.ingest("run-2")
        holder.stdin.close()
    assert len(shop.content("events")) == 1


def test_progress_names_each_file_and_ends_with_all_rows(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, {"events.csv": events_csv(E1, E2)})
    steps: list[IngestProgress] = []
    shop.ingest(progress=steps.append)
    assert [(step.files_done, step.rows_read, step.name) for step in steps] == [
        (0, 0, "events.csv"),
        (1, 2, "orders.csv"),
        (2, 2, ""),
    ]


def test_the_first_twenty_problems_are_told_and_the_rest_are_counted(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, {"events/a.csv": events_csv(*[BAD] * 25), "events/b.parquet": ""})
    problems = shop.ingest().problems
    assert len(problems) == 21
    assert problems[0].startswith("events/b.parquet: unreadable_file. The Parquet file cannot")
    assert problems[1] == (
        "events/a.csv, line 2, column occurred_at: invalid_timestamp, "
        'the value is not an ISO 8601 timestamp (2024-03-01T10:00:00Z) but "never".'
    )
    assert problems[20] == "6 more are in raw.quarantine."


def test_loaded_at_is_stored_in_utc(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, {"events.csv": events_csv(E1)})
    shop.ingest(loaded_at=datetime(2025, 1, 2, 3, tzinfo=UTC))
    assert shop.rows("select _loaded_at from raw.events") == [(datetime(2025, 1, 2, 3),)]


@pytest.mark.parametrize(
    ("name", "refused"), [("online_retail", {"products.parquet": 112}), ("cdnow", {})]
)
def test_real_data_is_loaded_to_the_last_row(
    tmp_path: Path, name: str, refused: dict[str, int]
) -> None:
    raw_dir = DATA_DIR / name
    if not raw_dir.is_dir():
        pytest.skip(f"{raw_dir} is not on this machine")
    shop = Shop(raw_dir, tmp_path / "state")
    summary = shop.ingest()
    assert len(summary.results) == len(list(raw_dir.glob("*.parquet"))) > 1
    for result in summary.results:
        with duckdb.connect() as connection:
            relation = connection.read_parquet(str(raw_dir / result.name))
            rows = relation.count("*").fetchall()[0][0]
        # The contract wants a title for each product; the shop has none for 112 of them.
        assert result.rows_quarantined == refused.get(result.name, 0)
        assert (result.rows_read, result.rows_duplicate) == (rows, 0)
        loaded = shop.rows(f"select count(_row_hash) from raw.{result.table}")
        assert loaded == [(rows - result.rows_quarantined,)]
