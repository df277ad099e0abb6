"""What Spark cannot read is refused outside dispatched macros, and only there."""

from __future__ import annotations

import pytest

from tests.lint.opaque_project import opaque_macro, opaque_macros
from tests.lint.portable import BEFORE_BRACKETS, findings, violations, with_calls
from tests.lint.verdict import MACROS, files

SHARED = """
with recursive

orders (order_id, amount) as (

    select order_id, cast(amount as decimal(18, 4)) as amount from "db"."staging"."stg_orders"

),

totals as (

    select
        account_id,
        count(*) filter (where amount > 0) as orders,
        count(distinct order_id) as order_ids,
        max_by(order_id, (amount, order_id)) as largest,
        extract(year from ordered_on) as year,
        bool_or(is_new) as is_any_new,
        sum(amount) over (
            partition by account_id order by ordered_on rows between 1 preceding and current row
        ) as running,
        'qualify // arg_max(x)::int [1]' as text,
        date as "date_of_a_comment_is_fine"
    from orders -- list_sum(x)
    inner join (values (1, 'a')) as names (account_id, name) using (account_id)
    where
        (order_id, account_id) in (select order_id, account_id from orders)
        and ordered_at > received_at + interval 24 hours
        and source is not distinct from medium
    group by account_id
    having count(*) > 1

)

select * from totals
""".replace('"date_of_a_comment_is_fine"', "day")


def test_sql_that_both_engines_read_passes() -> None:
    assert violations(SHARED) == {}


@pytest.mark.parametrize(
    ("sql", "what"),
    [
        ("select date_sub('day', a, b) from t", "`date_sub()`"),
        ("select date_diff('day', a, b) from t", "`date_diff()`"),
        ("select * exclude (a) from t", "`* exclude`"),
        ("select * replace (1 as a) from t", "`* replace`"),
        ("select a from t qualify row_number() over (order by a) = 1", "`qualify`"),
        ("select a // 2 from t", "`//`"),
        ("select a::int from t", "`::`"),
        ("select [b for b in a] from t", "`[`"),
        ("select a[1] from t", "`[`"),
        ("select {'a': 1} as b from t", "`{`"),
        ("select list_transform(a, b -> b + 1) from t", "`->`"),
        ("select a ->> 'b' from t", "`->>`"),
        ("select a ** 2 from t", "`**`"),
        ("select a ^ 2 from t", "`^`"),
        ("select a ~ 'b' from t", "`~`"),
        ("select a glob 'b' from t", "`glob`"),
        ("select a similar to 'b' from t", "`similar to`"),
        ("select unnest(a) from t", "`unnest()`"),
        ("select a from unnest(b)", "`unnest()`"),
        ("select a from range(3)", "`range()`"),
        ("select a from generate_series(1, 3)", "`generate_series()`"),
        ("select epoch_ms(a) from t", "`epoch_ms()`"),
        ("select list_sum(a) from t", "`list_sum()`"),
        ("select list(a) from t", "`list()`"),
        ("select strftime(a, '%Y') from t", "`strftime()`"),
        ("select arg_max(a, b) from t", "`arg_max()` (write max_by)"),
        ("select string_agg(a, ',') from t", "`string_agg()`"),
        ("select sum(a order by b) from t", "`order by` in a function"),
        ("select last_value(a ignore nulls) over (order by b) from t", "`ignore nulls`"),
        ("select sum(a) filter (where b) over (order by c) from t", "`filter` in a window"),
        ("select count(distinct a) over (partition by c) from t", "`distinct` in a window"),
        (
            "select sum(a) over (order by b rows unbounded preceding exclude current row) from t",
            "`exclude` in a window",
        ),
        ("select a from t using sample 10%", "`tablesample`"),
        ("select a from t asof join u on t.a >= u.a", "`asof join`"),
        ("select a from t positional join u", "`positional join`"),
        ("select a from t semi join u on t.a = u.a", "`semi join`"),
        ("pivot t on a using sum(b)", "`pivot`"),
        ("select distinct on (a) a from t", "`distinct on`"),
        ("select rowid from t", "`rowid`"),
        ("from t", "`from` without `select`"),
        ("select a from (from t)", "`from` without `select`"),
        ("select a from t union all by name select a from u", "`by name`"),
        ("with t as materialized (select 1 as a) select a from t", "`materialized`"),
        ("select columns('a') from t", "`columns()`"),
        ("select cast(a as varchar) from t", "type `varchar` (write string"),
        ("select cast(a as hugeint) from t", "type `hugeint`"),
        ("select try_cast(a as ubigint) from t", "type `ubigint`"),
        ('select a as "returning" from t', '`"returning"`'),
        ("select a + interval (b) day from t", "`interval` of an expression"),
        ("select nobody_looked_this_up(a) from t", "`nobody_looked_this_up()`"),
        ("select a from t where (", "what sqlglot cannot read"),
    ],
)
def test_what_spark_cannot_read_is_refused(sql: str, what: str) -> None:
    assert any(said.startswith(what) for said in violations(sql)), violations(sql)


def test_a_mark_hides_its_macro_and_not_its_arguments() -> None:
    marked = "select ⟦add_days¦⟦local_date¦a⟧¦7⟧ as b from (⟦raw_rows¦orders⟧) as c"
    plain = "select dispatched_add_days(dispatched_local_date(a), 7) as b"
    assert with_calls(marked) == f"{plain} from (dispatched_raw_rows(orders)) as c"
    assert violations(with_calls(marked)) == {}
    assert violations(with_calls("select ⟦add_days¦list_max(a)¦7⟧ as b from t"))


def test_an_argument_that_is_no_expression_becomes_a_text() -> None:
    assert with_calls("⟦parts¦a¦;⟧") == "dispatched_parts(a, ';')"


def test_an_opaque_macro_still_takes_what_the_real_one_takes() -> None:
    written = opaque_macro("ratio", "upper, lower, scale=4")
    assert "macro duckdb__ratio(upper, lower, scale=4)" in written
    assert "default__ratio(upper, lower, scale)" in written


def test_every_macro_that_is_dispatched_to_is_hidden() -> None:
    macros = files(MACROS)
    hidden = opaque_macros(macros)
    dispatched = "".join(macros.values()).count("adapter.dispatch(")
    assert dispatched > 0
    assert hidden.count("macro duckdb__") == dispatched


def test_a_finding_names_the_file_and_how_often() -> None:
    model = {
        "resource_type": "model",
        "original_file_path": "models/marts/a.sql",
        "compiled_code": "select a // 2, b // 2 from t",
    }
    python = {**model, "language": "python", "original_file_path": "models/marts/b.py"}
    [finding] = findings({"nodes": {"model.p.a": model, "model.p.b": python}})
    assert finding.startswith("dbt_project/models/marts/a.sql: Spark cannot read `//` × 2.")


def test_no_word_is_known_that_only_one_engine_has() -> None:
    # `concat` skips nulls on one engine, `log` has another base: same words, other values.
    assert not BEFORE_BRACKETS & {
        "concat",
        "log",
        "median",
        "arg_max",
        "unnest",
        "date_add",
        "epoch",
    }
