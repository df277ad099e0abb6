"""A Jinja mapping or list holds names; SQL in it is refused, however it gets there."""

from __future__ import annotations

import pytest

from tests.lint.jinja_mappings import findings


@pytest.mark.parametrize(
    "template",
    [
        "{% set kpis = {'orders': 'count(*)'} %}",
        "{% set kpis = dict(orders='count(*)') %}",
        "{% set kpis = {'orders': {'numerator': 'a + b'}} %}",
        "{% set reasons = [('late', 'shipped_on is null')] %}",
        "{% set conditions = ['a', 'is_new and is_open'] %}",
        "{% set kpis = {'orders': 'sum(' ~ column ~ ')'} %}",
        "{% set kpis = {'orders': 'case when %s then 1 end' % column} %}",
        "{% set money = 'amount * rate' %}{% set kpis = {'revenue': money} %}",
        "{% set money %} amount * rate {% endset %}{% set kpis = {'revenue': money} %}",
        "{% set money %} amount {% endset %}{% do kpis.update({'revenue': 'a / b'}) %}",
        "{% do reasons.append('a is null') %}",
        "{{ kpi_rows(kpis={'revenue': 'max(amount)'}) }}",
        "{{ kpi_rows([dict(name='revenue', value='not is_open')]) }}",
        "{% macro f() %}{% for a, b in [('x', 'y < 3')] %}{{ b }}{% endfor %}{% endmacro %}",
        "{% set kpis = {'count(*)': 'orders'} %}",
        "{% set medians = [('orders', 'null')] %}",
        "{% set quoted = {'status': \"'open'\"} %}",
    ],
)
def test_sql_in_a_mapping_is_refused(template: str) -> None:
    [finding] = findings("models/kpis.sql", f"select 1\n\n{template}")
    assert finding.startswith("models/kpis.sql:3: a Jinja mapping or list holds SQL")


@pytest.mark.parametrize(
    "template",
    [
        "{% set kpis = {'orders': 'order_count', 'a.b': ['net_revenue', 'x']} %}",
        "{% set columns = ['is_new', 'valid_from', 'from_stage', 'not_valid'] %}",
        "{% set columns = {'amount': 'decimal(18, 4)', 'day': 'date'} %}",
        "{% set spans = {'from': 'valid_from', 'to': 'case'} %}",
        "{% set order = [('updated_at', 'desc')] %}",
        "{% set names = {'id': prefix ~ '_id', 'list': names | join(', ')} %}",
        "{{ exact_ratio('sum(paid)', 'count(*)') }}",
        "{% set one %} amount * rate {% endset %}{{ one }}",
        "select a is null as b, {'a': 1 + 1}",
    ],
)
def test_names_and_arguments_pass(template: str) -> None:
    assert findings("models/kpis.sql", template) == []
