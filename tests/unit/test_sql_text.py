"""Names and texts stay what they are, whatever they hold."""

import duckdb
import pytest

from orchestration.sql_text import identifier, text_literal

HOSTILE = (
    *("it's", "'; drop table t; --", 'a"b', '"; drop table t; --'),
    *("''", '""', "{{ x }}", "\\'"),
)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_comes_back_as_it_was(text: str) -> None:
    assert duckdb.sql(f"select {text_literal(text)}").fetchone() == (text,)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_is_a_name(name: str) -> None:
    with duckdb.connect() as connection:
        connection.execute("create table t as select 1 as x")
        connection.execute(f"create table {identifier(name)} ({identifier(name)} integer)")
        assert connection.execute("select count(*) from t").fetchone() == (1,)
        names = connection.execute("select table_name from duckdb_tables() order by all").fetchall()
    assert (name,) in names
