-- Law: the cumulated share rises with every percentile, by less and less per customer, and ends at
-- 1; customers rise to all of them.

{{ config(meta={'dagster': {'ref': {'name': 'revenue_concentration'}}}) }}

with

percentiles as (

    select
        *,
        customers - lag(customers, 1, cast(0 as bigint)) over (order by percentile) as more,
        net_revenue - lag(net_revenue, 1, cast(0 as decimal(38, 4))) over (order by percentile)
            as more_revenue,
        (select count(*) from {{ ref('int_customer_year_revenues') }}) as all_customers,
        count(*) over () as percentiles
    from {{ ref('revenue_concentration') }}

),

steps as (

    select
        *,
        lag(more_revenue) over (order by percentile) as revenue_before,
        lag(more) over (order by percentile) as more_before
    from percentiles
    where more <> 0

)

select
    percentile,
    'a step' as problem
from steps
where
    more < 0
    or more_revenue < 0
    or more_revenue * more_before > revenue_before * more

union all

select
    percentile,
    'the ends' as problem
from percentiles
where
    percentiles <> 100
    or (percentile = 100 and customers <> all_customers)
    or (percentile = 100 and status = 'ok' and cumulated_share <> 1)
    or gini not between 0 and 1
