-- The KPI orders counts what int_orders holds, by an independent way.
with

counted as (

    select coalesce(sum(numerator), 0) as orders
    from {{ ref('kpi_values') }}
    where
        kpi = 'orders'
        and period_grain = 'month'
        and dimension = 'all'
        and status <> 'no_input'

),

booked as (

    select count(*) as orders
    from {{ ref('int_orders') }}
    where
        cancelled_on is null
        and ({{ var('pending_is_booked') | lower }} or status <> 'pending')

)

select
    counted.orders as in_kpi_values,
    booked.orders as in_orders
from counted
cross join booked
where
    counted.orders <> booked.orders
    and {{ history_is_whole() }}
