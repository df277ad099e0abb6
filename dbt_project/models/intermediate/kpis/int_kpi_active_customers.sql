-- Active customers before and at the end of a period, and who came and went in between:
-- end = start − lost + gained + reactivated.
{%- set dimensions = ['country', 'account'] %}

with

stocks as (

    {{ kpi_from_spans(
        ref('int_customer_health'),
        kpis=[
            {
                'kpi': 'active_customers_start',
                'numerator': 'case when is_active then 1 end',
                'at': 'start',
            },
            {'kpi': 'active_customers_end', 'numerator': 'case when is_active then 1 end'},
        ],
        dimensions=dimensions,
    ) }}

),

moves as (

    {{ kpi_from_sets(
        ref('int_customer_health_changes'),
        kpis=[
            {
                'kpi': 'active_customers_gained',
                'numerator':
                    "case when is_active and health_at_start in ('unseen', 'prospect') then 1 end",
            },
            {
                'kpi': 'active_customers_reactivated',
                'numerator': "case when is_active and health_at_start = 'lapsed' then 1 end",
            },
            {
                'kpi': 'active_customers_lost',
                'numerator': 'case when was_active and not is_active then 1 end',
            },
            {
                'kpi': 'active_customers_voided',
                'numerator': "case when was_active and health_at_end = 'prospect' then 1 end",
            },
        ],
        dimensions=dimensions,
    ) }}

),

kpi_rows as (

    select * from stocks

    union all

    select * from moves

)

select * from kpi_rows
