-- Orders as the KPIs count them: valid and not cancelled by the as-of date; a refund does not undo a
-- purchase here.

with

refund_totals as (

    select
        order_id,
        sum(refund_value) as refunded_value
    from {{ ref('int_refunds') }}
    group by order_id

),

booked_orders as (

    select
        orders.order_id,
        orders.person_key,
        orders.created_at,
        orders.order_date,
        orders.order_value,
        coalesce(refund_totals.refunded_value, 0) as refunded_value
    from {{ ref('int_orders') }} as orders
    left join refund_totals on orders.order_id = refund_totals.order_id
    where
        orders.cancelled_on is null
        {% if not var('pending_is_booked') -%}
        and orders.status <> 'pending'
        {%- endif %}

)

select * from booked_orders
