"""Clean Parquet goes straight to where it stays, and nobody can tell but by the clock.

Belongs here: that the outcome is the one of judging every value of each file by itself, and what it
costs. Does not belong here: what the outcome of a value is (`test_ingest_values`).
"""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.failpoints import reach
from orchestration.ingest import load_file, load_together, run
from orchestration.ingest.erased.tombstones import bury
from orchestration.ingest.judging import standing
from orchestration.ingest.raw_contract import Column, Table, load_contract
from orchestration.settings.paths import StateDir
from tests.pipeline.ingest_kit import Shop, make_shop
from tests.pipeline.test_many_files import books_of, told

TABLES = ("events", "orders")
# In one column or another each of these is refused or changed, but for the last two.
ODD_TEXTS = (
    *("null", "''", "' '", "' x'", "'x\u00a0'", "'e\u0301'", "'NULL'", "'n/a'", "'0000-00-00'"),
    *("'a@b.example'", "'''5'", "'17850.0'", "'1.5E+12'", "'guest'", "'Total'", "'no json'"),
    *("'é'", "'x y'"),
)
ODD_JSON = (
    *("'no json'", "'[1]'", "'{\"a\": 1}'", '\'{"x_id":"17850.0"}\'', "'{\"a\":1.50}'"),
    *('\'{"x_id":"a@b.example"}\'', "'null'"),
)
ODD_OTHERS = {
    "decimal": ("1e13::double", "1.23456::double", "12::integer", "1.23456::decimal(9, 5)", "null"),
    "timestamp": ("timestamp '1980-01-01'", "timestamptz '2026-01-02 10:00:00+02'", "null"),
    "boolean": ("null",),
}


def clean(column: Column) -> str:
    """Return the expression of a column's value in row `i` of a clean file."""
    if column.accepted_values:
        return f"'{column.accepted_values[0]}'"
    return {
        "text": f"'{column.name[0]}' || i",
        "json": "'{\"a\":' || i || '}'",
        "decimal": "(i % 900 + 1)::decimal(9, 2)",
        "integer": "i + 1",
        "timestamp": "timestamp '2026-01-02 10:00:00' + to_seconds(i)",
        "date": "date '2026-01-02' + (i % 1000)::integer",
        "boolean": "false",
    }[column.kind]


def rows(table: Table, first: int, count: int, odd: tuple[str, str] | None = None) -> str:
    """Return the select of clean rows, the last with the odd value of one column."""
    values = {column.name: clean(column) for column in table.columns}
    if odd is not None:
        name, value = odd
        is_last = f"i = {first + count - 1}"
        values[name] = f"case when {is_last} then {value} else {values[name]} end"
    selected = ", ".join(f"{value} as {name}" for name, value in values.items())
    return f"select {selected} from range({first}, {first + count}) as numbers(i)"


def odd_values(table: Table) -> Iterator[tuple[str, str]]:
    """Yield columns and odd values: each value once, each column of a kind in turn."""
    texts = [column.name for column in table.columns if column.kind == "text"]
    yield from zip(texts * 2, ODD_TEXTS, strict=False)
    for kind, values in ODD_OTHERS.items():
        names = [column.name for column in table.columns if column.kind == kind]
        yield from zip(names * len(values), values, strict=False)
    for column in table.columns:
        if column.kind == "json":
            yield from ((column.name, value) for value in ODD_JSON)


def land(shop: Shop) -> None:
    for name in TABLES:
        table = load_contract().table(name)
        (shop.raw_dir / f"{name}.csv").unlink(missing_ok=True)
        shop.land_parquet(f"{name}/000.parquet", rows(table, 0, 50))
        for number, odd in enumerate(odd_values(table), start=1):
            # Clean ones between them, now and then with rows of before.
            if number % 3 == 0:
                first = 100 * (number - number % 2)
                shop.land_parquet(f"{name}/{number:03}-a.parquet", rows(table, first, 4))
            shop.land_parquet(f"{name}/{number:03}-b.parquet", rows(table, 100 * number, 4, odd))
    # More rows than DuckDB keeps together, in the file and in the table.
    events = rows(load_contract().table("events"), 1_000_000, 130_000)
    again = rows(load_contract().table("events"), 1_129_000, 5)
    shop.land_parquet("events/999.parquet", f"{events} union all {again}")


def test_parquet_comes_out_as_if_every_value_of_each_file_were_judged(tmp_path: Path) -> None:
    quickly, at_length = make_shop(tmp_path / "quickly"), make_shop(tmp_path / "at_length")
    proofs: list[frozenset[str]] = []
    lots: list[str] = []

    def asked(*given: Any, **options: Any) -> frozenset[str]:
        proofs.append(standing.standing_columns(*given, **options))
        return proofs[-1]

    land(quickly)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(standing, "_FEW_ROWS", 0)
        patch.setattr(load_file, "standing_columns", asked)
        patch.setattr(load_together, "reach", lambda point: (lots.append(point), reach(point)))
        summary = told(quickly, "run-1")
    assert lots, "no file went straight to where it stays"
    assert any(len(proof) > 10 for proof in proofs), "nothing was found to stand"
    land(at_length)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(standing, "_FEW_ROWS", 10**9)
        patch.setattr(run, "read_lot_file", lambda *_: None)
        assert told(at_length, "run-1") == summary
    kept = books_of(quickly)
    for table, rows_kept in books_of(at_length).items():
        assert kept[table] == rows_kept, table


def test_parquet_files_that_tell_of_an_erased_person_are_loaded_by_themselves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = load_contract().table("events")
    named = ("properties", '\'{"friend_user_id":"u101"}\'')
    books: list[object] = []
    for root in (tmp_path / "quickly", tmp_path / "at_length"):
        shop = make_shop(root)
        bury(StateDir.at(shop.state_dir), tmp_path / "erasure.key", ["u101"])
        for number in range(4):
            odd = named if number == 3 else None
            shop.land_parquet(f"events/{number}.parquet", rows(table, 100 * number, 4, odd))
        summary = shop.ingest("run-1", erasure_key=tmp_path / "erasure.key")
        books.append((summary.results, summary.notes, books_of(shop)))
        aside = [result.name for result in summary.results if result.rows_set_aside]
        assert aside == ["events/1.parquet"]
        assert "u101" not in str(shop.rows("select user_id, properties from raw.events"))
        monkeypatch.setattr(run, "read_lot_file", lambda *_: None)
    assert books[0] == books[1]


def spent(action: Callable[[], object]) -> float:
    before = resource.getrusage(resource.RUSAGE_SELF)
    action()
    after = resource.getrusage(resource.RUSAGE_SELF)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_clean_parquet_costs_little_more_than_a_copy_of_it(tmp_path: Path) -> None:
    shop = make_shop(tmp_path)
    shop.ingest("run-0")
    table = load_contract().table("events")
    for number in range(20):
        shop.land_parquet(f"events/{number}.parquet", rows(table, 20_000 * number, 20_000))

    def copy() -> None:
        with duckdb.connect(str(tmp_path / "copy.duckdb"), config={"threads": 1}) as connection:
            connection.execute(f"create table t as from '{shop.raw_dir}/events/*.parquet'")

    copied, taken = spent(copy), spent(lambda: shop.ingest("run-1"))
    assert shop.rows("select count(*) from raw.events") == [(400_000,)]
    assert taken < 4 * copied, f"{taken:.2f} CPU s to ingest what is copied in {copied:.2f}"
