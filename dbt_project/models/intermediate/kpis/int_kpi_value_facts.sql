-- What each customer has brought in to date, on the day of the first order. The margin is known
-- only of customers whose every order has known costs; what comes back is not sold again, so a
-- refund lowers the revenue and returns no cost.

with

customer_totals as (

    select
        orders.person_key,
        min(orders.order_date) as first_order_on,
        bool_or(orders.is_missing_rate) as is_missing_rate,
        sum(coalesce(orders.order_value, 0) - coalesce(orders.refunded_value, 0)) as net_revenue,
        sum(order_costs.product_cost) as product_cost,
        count(*) = count(order_costs.product_cost) as is_cost_known
    from {{ ref('int_booked_orders') }} as orders
    left join {{ ref('int_order_costs') }} as order_costs
        on orders.order_id = order_costs.order_id
    where not orders.is_guest
    group by orders.person_key

),

facts as (

    select
        first_order_on as fact_date,
        person_key,
        is_missing_rate,
        net_revenue as revenue_to_date,
        case when is_cost_known then net_revenue - product_cost end as margin_to_date
    from customer_totals

)

select * from facts
