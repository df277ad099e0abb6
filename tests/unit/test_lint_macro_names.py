"""A macro that reads an alias of its caller is refused; one that reads its own tables is not."""

from __future__ import annotations

import pytest

from tests.lint.macro_names import findings


@pytest.mark.parametrize(
    ("body", "alias"),
    [
        ("case when {{ date }} <= settings.as_of_date then {{ date }} end", "settings"),
        ("least(policy.z_{{ date }}, 1)", "policy"),
        ("{% if date %}{% set x %}epochs.gap{% endset %}{{ x }}{% endif %}", "epochs"),
        ("select orders.*, settings.as_of_date from {{ date }} as orders", "settings"),
    ],
)
def test_an_alias_of_the_caller_is_refused(body: str, alias: str) -> None:
    [finding] = findings("macros/a.sql", f"\n{{% macro up_to(date) -%}}\n{body}\n{{%- endmacro %}}")
    assert finding.startswith(f"macros/a.sql:2: the macro `up_to` reads `{alias}`")


@pytest.mark.parametrize(
    "body",
    [
        "{{ rows }}.at_least + 0.5",
        "len(list_filter({{ rows }}, lambda one: one.is_kept))",
        "(select settings.as_of_date from {{ ref('int_settings') }} as settings)",
        "with days as (select 1 as day) select days.day from days",
        "left join {{ ref('x') }} as x on x.id = {{ rows }}.id",
        "json_extract({{ rows }}, '$.a.b') -- see orders.csv\n/* and a.b */",
        "{{ rows.column }}",
    ],
)
def test_own_tables_and_arguments_pass(body: str) -> None:
    assert not list(findings("m.sql", f"{{% macro m(rows) -%}}{body}{{%- endmacro %}}"))


def test_a_generic_test_is_judged_like_a_macro() -> None:
    text = "{% test t(model) %}select * from {{ model }} as m where x.a = m.a{% endtest %}"
    assert len(list(findings("t.sql", text))) == 1
