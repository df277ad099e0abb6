-- What the products of each booked order cost, where all of it is known: the order has lines, and
-- each of them a product with a unit cost.

with

order_lines as (

    select
        order_lines.order_id,
        cast(order_lines.quantity as decimal(28, 4)) * products.unit_cost as line_cost
    from {{ ref('stg_order_lines') }} as order_lines
    inner join {{ ref('int_booked_orders') }} as orders
        on order_lines.order_id = orders.order_id
    left join {{ ref('stg_products') }} as products
        on order_lines.product_id = products.product_id

),

order_costs as (

    select
        order_id,
        cast(sum(line_cost) as decimal(38, 10)) as product_cost
    from order_lines
    group by order_id
    having count(*) = count(line_cost)

)

select * from order_costs
