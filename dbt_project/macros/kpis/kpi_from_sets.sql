{# KPIs that do not add up over periods: every period is computed anew from its own set of rows.

   sets        a relation or CTE. With is_dated: one row per fact with fact_date, counted in the
               period of each grain that the date lies in. Without: one row per unit and period,
               with period_grain and period_start, for each of `grains`. Either has person_key, the
               columns of the dimensions other than country, account and health (health needs
               is_dated), is_missing_rate (if any KPI is money), and what the entries name
   kpis        entries, see kpi_rows.sql
   dimensions  `channel`, `country`, `health`, `account` (by month only) or other columns
   grains      the grains to compute, all by default
   names       see kpi_rows.sql #}
{% macro kpi_from_sets(sets, kpis, dimensions, grains=none, is_dated=false, names={}) -%}
{%- set written_grains = grains or period_grains() -%}
with

kpi_described_sets as (

    {{ kpi_described_rows(sets, dimensions) }}

),

kpi_sets as (

    {% if is_dated -%}
    {% for grain in written_grains -%}
    select
        *,
        '{{ grain }}' as period_grain,
        {{ period_start('fact_date', grain) }} as period_start
    from kpi_described_sets
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor -%}
    {%- else -%}
    select * from kpi_described_sets
    {%- endif %}

),
{% if 'account' in dimensions %}
kpi_month_sets as (

    select * from kpi_sets where period_grain = 'month'

),
{% endif %}
kpi_period_totals as (

    {% for dimension in ['all'] + dimensions -%}
    {{ kpi_slice_totals(
        'kpi_month_sets' if dimension == 'account' else 'kpi_sets',
        kpis, ['period_grain', 'period_start'], dimension, names, is_dated=is_dated,
    ) }}
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

),

kpi_period_rows as (

    {{ kpi_unpivoted(
        'kpi_period_totals', kpis, ['period_grain', 'period_start'], is_dated=is_dated,
    ) }}

),

kpi_rows as (

    {{ kpi_with_empty_periods('kpi_period_rows', kpis, written_grains) }}

)

select * from kpi_rows
{%- endmacro %}
