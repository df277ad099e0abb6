-- What lines are worth, how many units they hold and what these cost is what their order says.

{{ config(meta={'dagster': {'ref': {'name': 'order_lines'}}}) }}

with

line_totals as (

    select
        order_id,
        case when count(*) = count(net_amount) then sum(net_amount) end as net_amount,
        sum(quantity) as units,
        case
            when count(*) = count(unit_cost)
                then round(sum(cast(quantity as decimal(28, 4)) * unit_cost), 4)
        end as product_cost
    from {{ ref('order_lines') }}
    group by order_id

)

select
    orders.order_id,
    orders.gross_revenue,
    line_totals.net_amount,
    orders.units,
    line_totals.units as line_units
from {{ ref('orders') }} as orders
left join line_totals on orders.order_id = line_totals.order_id
where
    orders.units is distinct from line_totals.units
    or orders.product_cost is distinct from line_totals.product_cost
    or (
        line_totals.order_id is not null
        and orders.gross_revenue is distinct from line_totals.net_amount
    )
