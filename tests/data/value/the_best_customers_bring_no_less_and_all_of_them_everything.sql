-- Law: the cumulated share rises with every percentile, by less and less per customer, and ends at
-- 1; customers rise to all of them.

{{ config(meta={'dagster': {'ref': {'name': 'revenue_concentration'}}}) }}

with

-- Those with a booked order in the year.
buyers as (

    select orders.person_key
    from {{ ref('int_booked_orders') }} as orders
    cross join {{ ref('int_settings') }} as settings
    cross join {{ ref('int_kpi_windows') }} as windows
    where
        not orders.is_guest
        and {{ add_days('orders.order_date', 'windows.revenue_year_days') }} > settings.as_of_date
    group by orders.person_key

),

percentiles as (

    select
        *,
        customers - lag(customers, 1, cast(0 as bigint)) over (order by percentile) as more,
        net_revenue - lag(net_revenue, 1, cast(0 as decimal(38, 4))) over (order by percentile)
            as more_revenue,
        (select count(*) from buyers) as all_customers,
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
