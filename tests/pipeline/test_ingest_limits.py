"""One bad file never stops, hangs or starves the others; nothing is lost with a torn database.

Belongs here: pipes, huge rows, wide files, archives that burst, the copy of the ledger.
Does not belong here: what a value means.
"""

from __future__ import annotations

import gzip
import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from orchestration.checksums import sha256_of
from orchestration.errors import LifecycleError
from orchestration.ingest.rebuild import LedgerCopy
from orchestration.settings.build_settings import BuildSettings
from tests.pipeline.ingest_kit import EVENTS_HEADER, Shop, events_csv, make_shop, orders_csv

EVENT = "e1,x,2026-03-01,u1"


def stored(shop: Shop) -> list[object]:
    return [row[0] for row in shop.rows("select event_id from raw.events order by event_id")]


def test_a_pipe_a_device_and_a_link_to_one_are_ignored_and_the_others_load(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, {"events.csv": events_csv(EVENT)})
    os.mkfifo(shop.raw_dir / "events_2.csv")
    (shop.raw_dir / "orders").mkdir()
    (shop.raw_dir / "orders" / "zero.csv").symlink_to("/dev/zero")
    (shop.raw_dir / "orders" / "pipe.jsonl").symlink_to(shop.raw_dir / "events_2.csv")
    summary = shop.ingest()
    assert stored(shop) == ["e1"]
    ignored = {entry.name: entry.reason for entry in summary.ignored}
    assert ignored == dict.fromkeys(
        ("events_2.csv", "orders/pipe.jsonl", "orders/zero.csv"),
        "it is a pipe, a device or a socket, not a file",
    )


def test_a_json_line_of_50_mb_costs_itself_alone(tmp_path: Path) -> None:
    line = (
        '{"event_id":"%s","event_name":"x","occurred_at":"2026-03-01","user_id":"u","note":"%s"}\n'
    )
    shop = make_shop(tmp_path)
    (shop.raw_dir / "events.csv").unlink()
    with (shop.raw_dir / "events.jsonl").open("w") as out:
        out.writelines(line % pair for pair in (("a", ""), ("b", "x" * 50_000_000), ("c", "")))
    shop.ingest()
    assert stored(shop) == ["a", "c"]
    assert shop.quarantine() == [("events.jsonl", 2, None, "row_too_long")]


def test_a_long_csv_row_alone_in_its_file_is_read_and_refused(tmp_path: Path) -> None:
    shop = make_shop(tmp_path)
    with (shop.raw_dir / "events.csv").open("w") as out:
        out.write(f"{EVENTS_HEADER}\ne1,")
        out.writelines("x" * 1_000_000 for _ in range(30))
        out.write(",2026-03-01,u\n")
    summary = shop.ingest()
    assert shop.quarantine() == [("events.csv", 2, None, "row_too_long")]
    assert (summary.rows_read, summary.rows_quarantined) == (1, 1)
    assert summary.stops[0].startswith("events.csv: 1 of 1 rows were refused")


@pytest.mark.parametrize("name", ["events_2.csv", "events_2.jsonl"])
def test_twenty_thousand_columns_are_refused_in_a_sentence(tmp_path: Path, name: str) -> None:
    names = [f"k{number}" for number in range(20_000)]
    text = f"{EVENTS_HEADER},{','.join(names)}\n{EVENT}{',1' * 20_000}\n"
    if name.endswith("jsonl"):
        fields = "".join(f',"{key}":1' for key in names)
        event = '"event_id":"e2","event_name":"x","occurred_at":"2026-03-01","user_id":"u"'
        text = f"{{{event}{fields}}}\n"
    shop = make_shop(tmp_path, {"events.csv": events_csv(EVENT), name: text})
    summary = shop.ingest()
    assert stored(shop) == ["e1"]
    assert "20,00" in summary.stops[0]


@pytest.mark.parametrize(("ratio", "loaded"), [(100, ["e1"]), (100_000, ["e1", "e2"])])
def test_an_archive_that_bursts_is_refused_unless_it_may(
    tmp_path: Path, ratio: int, loaded: list[str]
) -> None:
    # 18 copies of one row of a megabyte: more than the 16 MB that every archive may hold.
    row = EVENT.replace("e1,x", f"e2,{'x' * 1_000_000}")
    packed = gzip.compress(events_csv(*[row] * 18).encode())
    shop = make_shop(tmp_path, {"events.csv": events_csv(EVENT), "events_2.csv.gz": packed})
    summary = shop.ingest(settings=BuildSettings(max_unpacked_ratio=ratio))
    assert stored(shop) == loaded
    if len(loaded) == 1:
        assert "more than 100 times its size" in summary.stops[0]
        assert "--var max_unpacked_ratio" in summary.stops[0]


@pytest.mark.parametrize(("ratio", "loaded"), [(100, []), (100_000, ["m1"])])
def test_an_archive_in_a_known_layout_is_held_to_the_same_ratio(
    tmp_path: Path, ratio: int, loaded: list[str]
) -> None:
    line = {
        "type": "track",
        "messageId": "m1",
        "event": "Product Viewed",
        "timestamp": "2026-03-01T10:00:00.000Z",
        "anonymousId": "a1",
        "properties": {"name": "x" * 1_000_000},
    }
    # The same message once more is the same message.
    packed = gzip.compress(f"{json.dumps(line)}\n".encode() * 18)
    shop = make_shop(tmp_path, {"segment.jsonl.gz": packed})
    summary = shop.ingest(settings=BuildSettings(max_unpacked_ratio=ratio))
    assert stored(shop) == loaded
    if not loaded:
        assert "--var max_unpacked_ratio" in " ".join([*summary.stops, *summary.notes])


def damage(shop: Shop) -> None:
    (shop.state_dir / "raw.duckdb").write_bytes(b"torn" * 10_000)


def test_a_torn_database_is_rebuilt_only_if_every_file_of_it_still_lies_there(
    tmp_path: Path,
) -> None:
    shop = make_shop(
        tmp_path,
        {"events.csv": events_csv(EVENT), "orders.csv": orders_csv("1,2026-03-01,paid,EUR,1")},
    )
    shop.ingest("run-1")
    damage(shop)
    assert "it is rebuilt from the landing files" in shop.ingest("run-2").notes[0]
    assert stored(shop) == ["e1"]
    # The file of the first day is gone, the one of the same name is another.
    shop.land({"events.csv": events_csv("e2,x,2026-03-02,u1")})
    shop.ingest("run-3")
    assert stored(shop) == ["e1", "e2"]
    damage(shop)
    torn = (shop.state_dir / "raw.duckdb").read_bytes()
    with pytest.raises(LifecycleError) as refused:
        shop.ingest("run-4")
    assert "1 of the 3 files" in str(refused.value)
    assert '"events.csv"' in str(refused.value)
    assert "--accept-loss" in str(refused.value)
    assert (shop.state_dir / "raw.duckdb").read_bytes() == torn
    summary = shop.ingest("run-5", accept_loss=True)
    assert "rebuilt without 1 files that are gone" in summary.notes[0]
    assert (shop.state_dir / "raw.duckdb.torn").read_bytes() == torn
    assert stored(shop) == ["e2"]
    damage(shop)
    assert "it is rebuilt from the landing files" in shop.ingest("run-6").notes[0]


@pytest.mark.parametrize("left", [None, "noise\n", '{"path": "events.csv"}\n', "[]\n"])
def test_a_torn_database_is_not_rebuilt_where_nobody_knows_what_it_was_made_from(
    tmp_path: Path, left: str | None
) -> None:
    shop = make_shop(tmp_path, {"events.csv": events_csv(EVENT), "orders.csv": orders_csv()})
    shop.ingest("run-1")
    ledger = shop.state_dir / "raw_ledger.jsonl"
    whole = ledger.read_text(encoding="utf-8")
    ledger.unlink()
    if left is not None:
        ledger.write_text(left + whole, encoding="utf-8")
    damage(shop)
    torn = (shop.state_dir / "raw.duckdb").read_bytes()
    with pytest.raises(LifecycleError, match="nobody can say whether all of them still lie") as no:
        shop.ingest("run-2")
    assert str(ledger) in str(no.value)
    assert (shop.state_dir / "raw.duckdb").read_bytes() == torn
    summary = shop.ingest("run-3", accept_loss=True)
    assert "it is rebuilt without what may be gone" in summary.notes[0]
    assert (shop.state_dir / "raw.duckdb.torn").read_bytes() == torn
    assert stored(shop) == ["e1"]


def test_a_kill_may_cut_short_the_last_line_of_the_ledger_s_copy_and_leave_none_at_all(
    tmp_path: Path,
) -> None:
    shop = make_shop(tmp_path, {"events.csv": events_csv(EVENT), "orders.csv": orders_csv()})
    shop.ingest("run-1")
    ledger = shop.state_dir / "raw_ledger.jsonl"
    for left in (ledger.read_text(encoding="utf-8") + '{"path": "or', ""):
        ledger.write_text(left, encoding="utf-8")
        damage(shop)
        assert "it is rebuilt from the landing files" in shop.ingest("run-2").notes[0]
        assert stored(shop) == ["e1"]


FIRST, SECOND = "events/1.csv", "events/2.csv"


def shop_of_two_days(root: Path) -> tuple[Shop, bytes]:
    """A shop whose second file came a day later, and its raw database of the first day."""
    shop = make_shop(root, {FIRST: events_csv(EVENT), "orders.csv": orders_csv()})
    shop.ingest("run-1")
    backup = (shop.state_dir / "raw.duckdb").read_bytes()
    shop.land({SECOND: events_csv("e2,x,2026-03-02,u1")})
    shop.ingest("run-2")
    return shop, backup


@pytest.mark.parametrize("is_gone", [True, False], ids=["gone", "of a backup"])
def test_a_raw_database_that_lacks_what_was_loaded_takes_it_from_the_landing_files_or_stops(
    tmp_path: Path, is_gone: bool
) -> None:
    shop, backup = shop_of_two_days(tmp_path)
    database = shop.state_dir / "raw.duckdb"

    def lose() -> None:
        database.unlink() if is_gone else database.write_bytes(backup)

    lose()
    (told,) = shop.ingest("run-3").notes
    assert ("rebuilt from the landing files" if is_gone else "1 files are loaded again.") in told
    assert stored(shop) == ["e1", "e2"]
    (shop.raw_dir / SECOND).rename(tmp_path / "archived.csv")
    assert shop.ingest("run-4").notes == ()
    lose()
    with pytest.raises(LifecycleError, match=r'"events/2\.csv".*--accept-loss') as stopped:
        shop.ingest("run-5")
    assert "Nothing was changed." in str(stopped.value)
    summary = shop.ingest("run-6", accept_loss=True)
    assert "that are gone" in " ".join(summary.notes)
    assert stored(shop) == ["e1"]
    assert shop.ingest("run-7").notes == ()


def test_a_list_of_files_that_was_damaged_vouches_for_no_database_that_is_gone(
    tmp_path: Path,
) -> None:
    shop, _ = shop_of_two_days(tmp_path)
    ledger = shop.state_dir / "raw_ledger.jsonl"
    ledger.write_bytes(b"noise\n" + ledger.read_bytes())
    (shop.state_dir / "raw.duckdb").unlink()
    with pytest.raises(LifecycleError, match="nobody can say whether all of them still lie"):
        shop.ingest("run-3")
    assert not (shop.state_dir / "raw.duckdb").exists()


def test_a_file_that_grows_after_a_kill_stops_no_run(tmp_path: Path) -> None:
    """The list told of it before it was loaded, so that nobody can say whether it was."""
    shop = make_shop(tmp_path, {"events.csv": events_csv(EVENT), "orders.csv": orders_csv()})
    shop.ingest("run-1")
    shop.land({FIRST: events_csv("e2,x,2026-03-02,u1")})
    (sha256,) = {sha256_of(shop.raw_dir / FIRST)}
    LedgerCopy(shop.state_dir / "raw_ledger.jsonl").add(FIRST, sha256)
    shop.land({FIRST: events_csv("e2,x,2026-03-02,u1", "e3,x,2026-03-03,u1")})
    assert shop.ingest("run-2").notes == ()
    assert stored(shop) == ["e1", "e2", "e3"]


def test_another_kind_of_database_in_its_place_fetches_nothing_from_the_network(
    tmp_path: Path,
) -> None:
    """DuckDB knows SQLite's files, and would fetch and run what reads them."""
    shop = make_shop(tmp_path, {"events.csv": events_csv(EVENT), "orders.csv": orders_csv()})
    shop.ingest("run-1")
    (shop.state_dir / "raw.duckdb").unlink()
    with closing(sqlite3.connect(shop.state_dir / "raw.duckdb")) as other:
        other.execute("create table orders (order_id text)")
    (told,) = shop.ingest("run-2").notes
    assert "it is rebuilt from the landing files" in told
    assert "download" not in told
    assert stored(shop) == ["e1"]
