-- How the customers of each month go on to buy.

with

cells as (

    select * from {{ ref('int_retention_cohorts') }}

),

retention_cohorts as (

    select
        dimension,
        dimension_value,
        cohort_month,
        age_months,
        month,
        customers,
        active,
        {{ exact_ratio('cast(active as decimal(38, 4))', 'cast(customers as decimal(38, 4))') }}
            as retention_rate,
        cast(orders as bigint) as orders,
        cast(revenue as decimal(38, 4)) as revenue,
        cast(net_revenue as decimal(38, 4)) as net_revenue,
        is_mature
    from cells

)

select * from retention_cohorts
