-- KPIs of what customers are worth. predicted_clv has no model yet that could foresee anything: it
-- is unknown in every month, and nothing else stands in for it.

with

sums as (

    {{ kpi_from_facts(
        ref('int_kpi_value_facts'),
        kpis=[
            {
                'kpi': 'average_revenue_to_date',
                'numerator': 'revenue_to_date',
                'denominator': '1',
                'is_money': true,
            },
            {
                'kpi': 'average_margin_to_date',
                'numerator': 'margin_to_date',
                'denominator': 'case when margin_to_date is not null then 1 end',
                'is_money': true,
            },
        ],
        dimensions=['country', 'account'],
    ) }}

),

months as (

    select period_start
    from {{ ref('int_periods') }}
    where period_grain = 'month'

),

revenue_shares as (

    select
        'revenue_share_top_20' as kpi,
        'month' as period_grain,
        period_start,
        'all' as dimension,
        'all' as dimension_value,
        cast(top_net_revenue as decimal(38, 4)) as numerator,
        cast(net_revenue as decimal(38, 4)) as denominator,
        cast(customers as bigint) as sample_size,
        cast(null as date) as last_unit_on,
        case when not has_full_year then cast('9999-12-31' as date) end as mature_on,
        is_missing_rate,
        false as is_unknown
    from {{ ref('int_revenue_concentration') }}

),

predictions as (

    select
        'predicted_clv' as kpi,
        'month' as period_grain,
        period_start,
        'all' as dimension,
        'all' as dimension_value,
        cast(null as decimal(38, 4)) as numerator,
        cast(null as decimal(38, 4)) as denominator,
        cast(0 as bigint) as sample_size,
        cast(null as date) as last_unit_on,
        cast(null as date) as mature_on,
        false as is_missing_rate,
        true as is_unknown
    from months

),

kpi_rows as (

    select * from sums

    union all

    select * from revenue_shares

    union all

    select * from predictions

)

select * from kpi_rows
