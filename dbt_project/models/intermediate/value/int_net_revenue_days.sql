{{ config(materialized='view') }}

-- What customers paid and got back, each on its own day.

with

net_revenue_days as (

    select
        person_key,
        order_date as date,
        1 as orders,
        coalesce(order_value, 0) as net_revenue,
        is_missing_rate
    from {{ ref('int_booked_orders') }}
    where not is_guest

    union all

    select
        orders.person_key,
        refunds.refund_date as date,
        0 as orders,
        -coalesce(refunds.refund_value, 0) as net_revenue,
        orders.is_missing_rate
    from {{ ref('int_refunds') }} as refunds
    inner join {{ ref('int_booked_orders') }} as orders on refunds.order_id = orders.order_id
    where not orders.is_guest

)

select * from net_revenue_days
