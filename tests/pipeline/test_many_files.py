"""Many small files are loaded together, and nobody can tell.

Belongs here: that the outcome is the one of loading each by itself, and what it costs.
Does not belong here: what the outcome of a file is (`test_ingest_files`, `test_ingest_field`).
"""

from __future__ import annotations

import gzip
import json
import random
import resource
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.failpoints import reach
from orchestration.ingest import load_together, run
from orchestration.ingest.raw_contract import load_contract
from orchestration.ingest.raw_database import RawAccountingError
from tests.pipeline.ingest_kit import EVENTS_HEADER, Shop, events_csv, make_shop

BOOKS = ("ingest_files", "quarantine", "schema_log", "set_aside", "ingest_copies", "notes")


def as_csv(number: int) -> str:
    return events_csv(f"e{number},View,2026-01-02T10:00:00Z,u{number % 7}")


def as_json(number: int, **more: object) -> str:
    event = {"event_id": f"j{number}", "event_name": "View", "occurred_at": "2026-01-02"}
    return json.dumps({**event, "user_id": f"u{number}", **more}) + "\n"


def odd_files() -> Iterator[str | bytes]:
    """Yield one file of each kind that somebody delivers, most of them with something to say."""
    row = "x{},View,2026-01-02,u1"
    yield events_csv(row.format(1), row.format(1))
    yield events_csv(row.format(1))
    yield events_csv(row.format(2), "x3,View,never,u1", row.format(4))
    yield events_csv("x5,View,2026-01-02", row.format(6))
    yield events_csv(row.format(7), "", ",,,", "Total,,,")
    yield events_csv('x8,"View, ""all""\nof it",2026-01-02,u1', row.format(9))
    yield events_csv('x10,5" View,2026-01-02,u1', 'x11,6" View,2026-01-02,u1')
    yield events_csv('x12,"View,2026-01-02,u1')
    yield events_csv('x13,"View \\"all\\"",2026-01-02,u1')
    yield events_csv(row.format(14)).replace("\n", "\r\n")
    yield events_csv(row.format(15)).replace("\n", "\r")
    yield "\ufeff" + events_csv(row.format(16)).rstrip("\n")
    yield events_csv(row.format(17)).encode("utf-16")
    yield events_csv("x18,Vi\xe9w,2026-01-02,u1").encode("latin-1")
    yield events_csv(row.format(19)).replace(",", ";")
    yield "sep=;\n" + events_csv(row.format(20)).replace(",", ";")
    yield "\n" + events_csv(row.format(21))
    yield f"{EVENTS_HEADER}\n"
    yield ""
    yield f"{EVENTS_HEADER},value\nx28,View,2026-01-02,u1,1.25\n"
    yield f"{EVENTS_HEADER},value\nx22,View,2026-01-02,u1,1.23456\n"
    yield f"{EVENTS_HEADER},colour,email\nx23,View,2026-01-02,u1,red,a@b.example\n"
    yield f"{EVENTS_HEADER},colour,email\nx24,View,2026-01-02,c@d.example,blue,\n"
    yield f"{EVENTS_HEADER},User_ID\nx25,View,2026-01-02,u1,u2\n"
    yield "event_id,event_name\nx26,View\n"
    yield events_csv("x27,Vi\0ew,2026-01-02,u1")


def odd_json() -> Iterator[str]:
    """Yield JSON lines of each kind likewise."""
    yield as_json(1, colour="red")
    yield as_json(2, session_id="s1")
    yield as_json(3) + "\n" + as_json(4, session_id=None)
    yield as_json(5) + "no json\n" + as_json(6)
    yield as_json(7, User_ID="u8")
    yield as_json(8).replace('"user_id"', '"User_ID"')
    yield '{"event_id": "j9", "event_id": "j10", "event_name": "x", "occurred_at": "2026-01-02"}\n'
    yield json.dumps([json.loads(as_json(11))])
    yield json.dumps({"events": [json.loads(as_json(12))]})
    yield json.dumps(json.loads(as_json(13)), indent=1)
    yield '{"event_id": "j14", "event_name": "View", "user_id": "u1"}\n'
    yield as_json(15, value=float("nan"))
    yield as_json(16).replace("\n", "\r\n")
    yield as_json(1, colour="red")
    yield as_json(17, account="Total", user_id=None)
    yield "[]"
    yield "{}\n"


def packed(text: bytes) -> bytes:
    return gzip.compress(text, mtime=0)


def as_parquet(number: int, value: str = "1.5::decimal(9, 2)", rows: int = 1) -> bytes:
    with tempfile.NamedTemporaryFile(suffix=".parquet") as file:
        duckdb.execute(
            f"copy (select 'p' || ({number} + i) as event_id, 'View' as event_name, "
            f"timestamp '2026-01-02 10:00:00' as occurred_at, 'u1' as user_id, {value} as value, "
            f"'red' as colour from range({rows}) as numbers(i)) to '{file.name}' (format parquet)"
        )
        return Path(file.name).read_bytes()


def odd_parquet() -> Iterator[bytes]:
    """Yield Parquet files of each kind likewise."""
    yield from (as_parquet(10 * number, rows=3) for number in range(6))
    yield as_parquet(0, rows=2)
    yield as_parquet(100, "'NaN'::double")
    yield as_parquet(110, "-1e12::double")
    yield as_parquet(120, "2.5::double")
    yield as_parquet(130, "null::decimal(9, 2)")
    yield as_parquet(140, rows=0)
    damaged = bytearray(as_parquet(150, rows=50))
    damaged[40:60] = bytes(20)
    yield bytes(damaged)
    yield as_parquet(160)[:-20]


def odd_archives() -> Iterator[tuple[str, bytes]]:
    """Yield archives of each kind likewise."""
    yield from (("csv.gz", packed(as_csv(200 + number).encode())) for number in range(6))
    yield from (("jsonl.gz", packed(as_json(200 + number).encode())) for number in range(6))
    yield "csv.gz", packed(as_csv(210).encode())[:-4]
    yield "csv.gz", as_csv(211).encode()
    yield "csv.gz", packed(as_csv(212).encode()) + packed(b"x99,View,2026-01-02,u1\n")
    yield "csv.gz", packed(f"{EVENTS_HEADER}\nx98,View,never,u1\n".encode())
    yield "csv.gz", packed(f"{EVENTS_HEADER}\n{'x97,View,2026-01-02,u1' * 9_000}\n".encode())


def odd_shop(root: Path, *, is_sorted: bool) -> Shop:
    """Land all of them among many that have nothing to say, mixed or with equal shapes together."""
    shop = make_shop(root)
    files: list[tuple[str, str | bytes]] = [("csv", as_csv(number)) for number in range(16)]
    files += [("jsonl", as_json(100 + number)) for number in range(16)]
    files += [("csv", text) for text in odd_files()] + [("jsonl", text) for text in odd_json()]
    files += [("parquet", content) for content in odd_parquet()] + list(odd_archives())
    random.Random(1).shuffle(files)
    if is_sorted:
        files.sort(key=lambda file: (file[0], str(file[1]).split("\n")[0][:60]))
    shop.land({f"events/{n:03}.{suffix}": text for n, (suffix, text) in enumerate(files)})
    return shop


def books_of(shop: Shop) -> dict[str, list[tuple[Any, ...]]]:
    tables = (*BOOKS, *(table.name for table in load_contract().tables))
    # Without order: what is loaded when is part of the outcome.
    return {table: shop.rows(f"select * from raw.{table}") for table in tables}


def told(shop: Shop, run_id: str) -> tuple[object, ...]:
    summary = shop.ingest(run_id)
    return (
        summary.results,
        summary.notes,
        summary.problems,
        summary.stops,
        summary.files_unchanged,
    )


@pytest.mark.parametrize("is_sorted", [False, True])
def test_files_loaded_together_come_out_as_files_loaded_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_sorted: bool
) -> None:
    together = odd_shop(tmp_path / "together", is_sorted=is_sorted)
    alone = odd_shop(tmp_path / "alone", is_sorted=is_sorted)
    lots: list[int] = []

    def counted(point: str) -> None:
        lots.append(1)
        reach(point)

    with monkeypatch.context() as patch:
        patch.setattr(load_together, "reach", counted)
        first = told(together, "run-1")
    assert lots, "no file was loaded together with another"
    with monkeypatch.context() as patch:
        patch.setattr(run, "read_lot_file", lambda *_: None)
        assert told(alone, "run-1") == first
    assert books_of(together) == books_of(alone)
    # A second day: new names, old content.
    for shop in (together, alone):
        shop.land({f"events/z{number}.csv": as_csv(number) for number in range(8, 24)})
    second = told(together, "run-2")
    with monkeypatch.context() as patch:
        patch.setattr(run, "read_lot_file", lambda *_: None)
        assert told(alone, "run-2") == second
    assert books_of(together) == books_of(alone)


def test_a_row_lost_among_many_files_fails_the_run_and_names_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = make_shop(tmp_path)
    shop.ingest("run-0")
    shop.land({f"events/{number}.csv": as_csv(number) for number in range(20)})
    insert = load_together.insert_rows

    def lossy(connection: Any, *args: Any, **options: Any) -> int:
        connection.execute("delete from judged_rows where record = 3")
        return insert(connection, *args, **options)

    monkeypatch.setattr(load_together, "insert_rows", lossy)
    with pytest.raises(RawAccountingError, match=r"events/10\.csv: 1 rows were read, but 0 loaded"):
        shop.ingest("run-1")
    assert shop.rows("select count(*) from raw.events") == [(0,)]


@pytest.mark.parametrize(
    ("suffix", "content", "count"),
    [
        ("csv", as_csv, 400),
        ("jsonl", as_json, 400),
        ("csv.gz", lambda number: packed(as_csv(number).encode()), 200),
        ("jsonl.gz", lambda number: packed(as_json(number).encode()), 200),
        ("parquet", as_parquet, 200),
    ],
)
def test_many_small_files_cost_at_most_10_ms_of_cpu_each(
    tmp_path: Path, suffix: str, content: Any, count: int
) -> None:
    shop = make_shop(tmp_path)
    shop.ingest("run-0")
    shop.land({f"events/{number}.{suffix}": content(number) for number in range(count)})
    before = resource.getrusage(resource.RUSAGE_SELF)
    shop.ingest("run-1")
    after = resource.getrusage(resource.RUSAGE_SELF)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert shop.rows("select count(*) from raw.events") == [(count,)]
    assert spent / count < 0.010, f"{1000 * spent / count:.1f} ms of CPU per file"
