-- What is said of a customer's orders is what the booked orders of the mart add up to, and what is
-- said of today's scores is what rfm_segments says.

{{ config(meta={'dagster': {'ref': {'name': 'customers'}}}) }}

with

order_totals as (

    select
        orders.subject_id,
        count(*) as orders,
        count(distinct orders.ordered_on) as order_days,
        min(orders.ordered_on) as first_order_on,
        max(orders.ordered_on) as last_order_on,
        sum(orders.units) as units,
        case when count(*) = count(orders.gross_revenue) then sum(orders.gross_revenue) end
            as gross_revenue,
        count(orders.coupon_code) as coupon_orders,
        case
            when count(*) = count(orders.net_revenue - orders.product_cost)
                then sum(orders.net_revenue - orders.product_cost)
        end as margin,
        max(case when orders.is_first_order then orders.order_id end) as first_order_id
    from {{ ref('orders') }} as orders
    where orders.is_booked
    group by orders.subject_id

),

scores as (

    select segments.*
    from {{ ref('rfm_segments_by_date') }} as segments
    inner join {{ ref('int_settings') }} as settings
        on segments.as_of_date = settings.as_of_date

)

select
    customers.subject_id,
    customers.orders,
    order_totals.orders as orders_of_the_mart,
    customers.margin,
    order_totals.margin as margin_of_the_mart
from {{ ref('customers') }} as customers
left join order_totals on customers.subject_id = order_totals.subject_id
left join scores on customers.subject_id = scores.subject_id
where
    customers.orders <> coalesce(order_totals.orders, 0)
    or customers.order_days <> coalesce(order_totals.order_days, 0)
    or customers.first_order_on is distinct from order_totals.first_order_on
    or customers.last_order_on is distinct from order_totals.last_order_on
    or customers.first_order_id is distinct from order_totals.first_order_id
    or customers.units is distinct from order_totals.units
    -- A mean is right to half of its last decimal.
    or abs(customers.average_order_value * customers.orders - order_totals.gross_revenue)
    > 0.00005 * customers.orders
    or (customers.average_order_value is null) <> (order_totals.gross_revenue is null)
    or round(customers.coupon_order_share * customers.orders, 4)
    <> coalesce(order_totals.coupon_orders, 0)
    -- Costs of orders are rounded each, those of a customer together.
    or abs(customers.margin - order_totals.margin) > 0.0001 * customers.orders
    or (customers.margin is null) <> (order_totals.margin is null)
    or customers.recency_score is distinct from scores.recency_score
    or customers.frequency_score is distinct from scores.frequency_score
    or customers.monetary_score is distinct from scores.monetary_score
