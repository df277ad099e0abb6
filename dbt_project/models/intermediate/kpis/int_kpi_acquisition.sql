-- KPIs of winning customers. new_customers stands on the date of the first booked order; a return
-- on spend is computed anew in each period, since a channel may cost something in one week only.

with

customers as (

    {{ kpi_from_facts(
        ref('int_kpi_acquisition_facts'),
        kpis=[{'kpi': 'new_customers', 'numerator': 'new_customers'}],
        dimensions=['channel', 'country', 'account'],
    ) }}

),

costs as (

    {{ kpi_from_facts(
        ref('int_kpi_acquisition_facts'),
        kpis=[
            {
                'kpi': 'customer_acquisition_cost',
                'numerator': 'spend',
                'denominator': 'new_customers',
                'is_money': true,
            },
            {
                'kpi': 'marketing_efficiency_ratio',
                'numerator': 'gross_value',
                'denominator': 'spend',
                'sample': 'orders',
                'is_money': true,
            },
        ],
        dimensions=[],
    ) }}

),

medians as (

    {{ kpi_from_sets(
        ref('int_kpi_acquisition_facts'),
        kpis=[
            {
                'kpi': 'median_days_to_first_order',
                'numerator': 'days_from_first_seen',
                'aggregate': 'median',
            },
        ],
        dimensions=['country', 'account'],
        is_dated=true,
    ) }}

),

returns as (

    {{ kpi_from_sets(
        ref('int_paid_channel_sets'),
        kpis=[
            {
                'kpi': 'return_on_ad_spend',
                'numerator': 'gross_value',
                'denominator': 'spend',
                'sample': 'orders',
                'is_money': true,
            },
        ],
        dimensions=['channel'],
    ) }}

),

paybacks as (

    select
        'cac_payback_months' as kpi,
        'month' as period_grain,
        cohort_month as period_start,
        'all' as dimension,
        'all' as dimension_value,
        cast(payback_months as decimal(38, 4)) as numerator,
        cast(null as decimal(38, 4)) as denominator,
        cast(new_customers as bigint) as sample_size,
        cast(null as date) as last_unit_on,
        case when payback_months is null then cast('9999-12-31' as date) end as mature_on,
        is_missing_rate,
        false as is_unknown
    from {{ ref('int_cac_payback') }}

),

kpi_rows as (

    select * from customers

    union all

    select * from costs

    union all

    select * from medians

    union all

    select * from returns

    union all

    select * from paybacks

)

select * from kpi_rows
