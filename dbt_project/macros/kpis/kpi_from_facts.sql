{# Additive KPIs: the facts of each day are summed per dimension, weeks and months are summed from
   the days, so that a grain costs rows of days and not rows of facts. Accounts are summed by month
   at once.

   facts       a relation or CTE: fact_date, person_key (null if nobody's), the columns of the
               dimensions other than country, account and health, is_missing_rate (if any KPI is
               money), and what the entries name; dated up to the as-of date
   kpis        entries, see kpi_rows.sql
   dimensions  `channel`, `country`, `health`, `account` or other columns of the facts
   names       see kpi_rows.sql #}
{% macro kpi_from_facts(facts, kpis, dimensions, names={}) -%}
with

kpi_facts as (

    {{ kpi_described_rows(facts, dimensions) }}

),

kpi_day_totals as (

    {% for dimension in ['all'] + dimensions if dimension != 'account' -%}
    {{ kpi_slice_totals('kpi_facts', kpis, ['fact_date'], dimension, names, is_dated=true) }}
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

),

kpi_days as (

    {{ kpi_unpivoted('kpi_day_totals', kpis, ['fact_date'], is_dated=true) }}

),
{% if 'account' in dimensions %}
kpi_month_facts as (

    select
        *,
        {{ period_start('fact_date', 'month') }} as period_start
    from kpi_facts

),

kpi_account_totals as (

    {{ kpi_slice_totals(
        'kpi_month_facts', kpis, ['period_start'], 'account', names, is_dated=true,
    ) }}

),

kpi_account_months as (

    {{ kpi_unpivoted('kpi_account_totals', kpis, ['period_start'], is_dated=true) }}

),
{% endif %}
kpi_period_rows as (

    {% for grain in period_grains() -%}
    select
        kpi,
        '{{ grain }}' as period_grain,
        {{ period_start('fact_date', grain) }} as period_start,
        dimension,
        dimension_value,
        cast(sum(numerator) as decimal(38, 4)) as numerator,
        cast(sum(denominator) as decimal(38, 4)) as denominator,
        cast(sum(sample_size) as bigint) as sample_size,
        max(last_unit_on) as last_unit_on,
        max(mature_on) as mature_on,
        bool_or(is_missing_rate) as is_missing_rate,
        false as is_unknown
    from kpi_days
    group by
        kpi,
        {{ period_start('fact_date', grain) }},
        dimension,
        dimension_value
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}
    {%- if 'account' in dimensions %}

    union all

    select
        kpi,
        'month' as period_grain,
        period_start,
        dimension,
        dimension_value,
        numerator,
        denominator,
        sample_size,
        last_unit_on,
        mature_on,
        is_missing_rate,
        is_unknown
    from kpi_account_months
    {%- endif %}

),

kpi_rows as (

    {{ kpi_with_empty_periods('kpi_period_rows', kpis, period_grains()) }}

)

select * from kpi_rows
{%- endmacro %}
