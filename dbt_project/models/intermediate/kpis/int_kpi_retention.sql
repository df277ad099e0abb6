-- KPIs of who stays, lapses and comes back. A rate over a period is a set: who stood at its start,
-- and of these, who moved; the stock comes from spans of health and the moves from its changes.
{%- set dimensions = ['country', 'account'] %}
{%- set active = 'case when is_active then 1 end' %}
{%- set lost = 'was_active and not is_active' %}
{%- set came_back = "health_at_start = 'lapsed' and reactivations > 0" %}
{%- set shares = [] %}
{%- for health in ['at_risk', 'lapsed'] %}
{%- do shares.append({
    'kpi': health ~ '_share',
    'numerator': "case health when '" ~ health ~ "' then 1 when 'prospect' then null else 0 end",
    'denominator': "case when health <> 'prospect' then 1 end",
}) %}
{%- endfor %}

with

starts as (

    {{ kpi_from_spans(
        ref('int_customer_health'),
        kpis=[
            {'kpi': 'retention_rate', 'numerator': active, 'denominator': active, 'at': 'start'},
            {
                'kpi': 'churn_rate',
                'numerator': 'case when is_active then 0 end',
                'denominator': active,
                'at': 'start',
            },
            {
                'kpi': 'reactivation_rate',
                'numerator': "case when health = 'lapsed' then 0 end",
                'denominator': "case when health = 'lapsed' then 1 end",
                'at': 'start',
            },
        ],
        dimensions=dimensions,
    ) }}

),

moves as (

    {{ kpi_from_sets(
        ref('int_customer_health_changes'),
        kpis=[
            {
                'kpi': 'retention_rate',
                'numerator': 'case when ' ~ lost ~ ' then -1 end',
                'denominator': 'case when ' ~ lost ~ ' then 0 end',
            },
            {
                'kpi': 'churn_rate',
                'numerator': 'case when ' ~ lost ~ ' then 1 end',
                'denominator': 'case when ' ~ lost ~ ' then 0 end',
            },
            {
                'kpi': 'reactivation_rate',
                'numerator': 'case when ' ~ came_back ~ ' then 1 end',
                'denominator': 'case when ' ~ came_back ~ ' then 0 end',
            },
        ],
        dimensions=dimensions,
    ) }}

),

starts_and_moves as (

    select * from starts

    union all

    select * from moves

),

rates as (

    {{ kpi_summed_rows('starts_and_moves') }}

),

shares as (

    {{ kpi_from_spans(
        ref('int_customer_health'),
        kpis=shares,
        dimensions=dimensions,
    ) }}

),

reactivations as (

    {{ kpi_from_facts(
        ref('int_kpi_reactivation_facts'),
        kpis=[{'kpi': 'reactivations', 'numerator': 'reactivations'}],
        dimensions=dimensions,
    ) }}

),

kpi_rows as (

    select * from rates

    union all

    select * from shares

    union all

    select * from reactivations

)

select * from kpi_rows
