"""Two published databases are compared mart by mart, and every kind of difference is named."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from orchestration.changes.comparison import MartDifference, compare, primary_keys
from tests.compare_marts import lines_of, main

BASE = """
create schema marts;
create table marts.orders (order_id text, value decimal(18, 4));
insert into marts.orders values ('o1', 10), ('o2', 20), ('o2', 20);
create table marts.build_info (version text);
"""


def published(path: Path, *more: str) -> Path:
    with duckdb.connect(str(path)) as connection:
        connection.execute(BASE)
        for statement in more:
            connection.execute(statement)
    return path


def difference(tmp_path: Path, *more: str) -> MartDifference:
    before = published(tmp_path / "before.duckdb")
    after = published(tmp_path / "after.duckdb", *more)
    found = {one.mart: one for one in compare(before, after, {"orders": ["order_id"]})}
    return found["orders"]


def test_the_same_rows_in_another_order_are_equal(tmp_path: Path):
    again = "create or replace table marts.orders as from marts.orders order by order_id desc"
    assert difference(tmp_path, again).is_equal


def test_a_changed_value_is_told_by_its_column(tmp_path: Path):
    found = difference(tmp_path, "update marts.orders set value = 11 where order_id = 'o1'")
    assert not found.is_equal
    assert (found.only_before, found.only_after) == (1, 1)
    assert found.changed_columns == {"value": 1}
    assert "    1 rows differ in value" in lines_of(found)


def test_a_repeated_row_counts(tmp_path: Path):
    found = difference(tmp_path, "insert into marts.orders values ('o1', 10)")
    assert (found.rows_before, found.rows_after, found.only_after) == (3, 4, 1)


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("alter table marts.orders drop value", "value: DECIMAL(18,4) -> absent"),
        ("alter table marts.orders alter value type double", "value: DECIMAL(18,4) -> DOUBLE"),
        ("alter table marts.orders add extra int", "extra: absent -> INTEGER"),
    ],
)
def test_a_column_that_came_went_or_changed_its_type_is_told(
    tmp_path: Path, statement: str, said: str
):
    found = difference(tmp_path, statement)
    assert not found.is_equal
    assert found.columns == (said,)


def test_a_mart_that_only_one_has_differs(tmp_path: Path):
    found = difference(tmp_path, "drop table marts.orders")
    assert not found.is_equal
    assert found.rows_after is None


def test_only_the_build_info_may_differ(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    before = published(tmp_path / "before.duckdb")
    info = published(tmp_path / "info.duckdb", "insert into marts.build_info values ('1')")
    other = published(tmp_path / "other.duckdb", "delete from marts.orders")
    assert main([str(before), str(info)]) == 0
    assert main([str(before), str(other)]) == 1
    assert "differs  orders" in capsys.readouterr().out


def test_nothing_compared_is_no_agreement(tmp_path: Path):
    empty = tmp_path / "empty.duckdb"
    duckdb.connect(str(empty)).close()
    assert main([str(empty), str(empty)]) == 1


def test_every_mart_states_its_key():
    keys = primary_keys()
    assert keys["stage_daily"] == ["framework", "date", "stage", "health"]
    assert all(keys.values())
