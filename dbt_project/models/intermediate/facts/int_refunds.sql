-- Refunds of valid orders up to the as-of date, valued at their order's rate.

with

refunds as (

    select
        refunds.refund_id,
        refunds.order_id,
        orders.person_key,
        refunds.created_at,
        {{ local_date('refunds.created_at') }} as refund_date,
        refunds.amount,
        {{ prorated('orders.order_value', 'refunds.amount', 'orders.total_price') }}
            as refund_value,
        orders.cancelled_on
    from {{ ref('stg_refunds') }} as refunds
    inner join {{ ref('int_orders') }} as orders on refunds.order_id = orders.order_id
    cross join {{ ref('int_settings') }} as settings
    where {{ local_date('refunds.created_at') }} <= settings.as_of_date

)

select * from refunds
