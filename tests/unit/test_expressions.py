"""Expressions of sources.yml: one scalar over the row, and nothing else."""

from __future__ import annotations

import pytest

from orchestration.ingest.sources.expressions import ExpressionError, read_expression

COLUMNS = ("id", "user_id", "amount", "record", "copy_number")


@pytest.mark.parametrize(
    ("text", "sql"),
    [
        ("Id", '("id")'),
        ('upper("User ID")', '(UPPER("user_id"))'),
        ("cast(amount as decimal(18, 2)) / 100", '(CAST("amount" AS DECIMAL(18, 2)) / 100)'),
        ("md5(concat_ws('|', id, copy_number))", '(MD5(CONCAT_WS(\'|\', "id", "copy_number")))'),
        ("nullif(split_part(id, '-', 2), '')", "(NULLIF(SPLIT_PART(\"id\", '-', 2), ''))"),
        (
            "user_id ->> 'plan'",
            '((CASE WHEN JSON_VALID("user_id") THEN "user_id" END) ->> \'$.plan\')',
        ),
        (
            "case when amount > 1 then 'a' else 'b' end",
            "(CASE WHEN \"amount\" > 1 THEN 'a' ELSE 'b' END)",
        ),
    ],
)
def test_a_scalar_over_the_columns_is_read(text: str, sql: str) -> None:
    assert read_expression(text, COLUMNS) == sql


@pytest.mark.parametrize(
    "text",
    [
        "(select 1)",
        "exists(select 1)",
        "read_text('/etc/passwd')",
        "read_csv('x')",
        "glob('*')",
        "getenv('HOME')",
        "current_setting('threads')",
        "getvariable('x')",
        "sum(amount)",
        "row_number() over ()",
        "now()",
        "today()",
        "current_timestamp",
        "current_user",
        "random()",
        "uuid()",
        "nextval('s')",
        "id from other",
        "id; drop table raw.orders",
        "amount where true",
        "other.id",
        "*",
        "columns('x')",
        "$1",
        "id as x",
        "no_such_function(id)",
        "'unclosed",
        "",
    ],
)
def test_anything_that_could_read_more_than_the_row_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError):
        read_expression(text, COLUMNS)


def test_an_unknown_column_is_named_with_the_nearest() -> None:
    with pytest.raises(ExpressionError, match=r'names "ammount".*did you mean "amount"'):
        read_expression("ammount", COLUMNS)
