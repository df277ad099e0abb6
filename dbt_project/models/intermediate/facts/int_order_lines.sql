-- Lines of valid orders with what their product is, and their share of what the order is worth: by
-- price less discount, where that is nothing by quantity, else alike. Each share is rounded, and
-- the line that weighs most takes what rounding leaves, so that lines add up to their order.

with

priced_lines as (

    select
        lines.order_id,
        lines.line_number,
        lines.product_id,
        products.category,
        products.brand,
        lines.quantity,
        products.unit_cost,
        orders.order_value,
        greatest(
            cast(cast(lines.quantity as decimal(28, 4)) * lines.unit_price as decimal(38, 8))
            - coalesce(lines.total_discount, 0),
            cast(0 as decimal(38, 8))
        ) as price
    from {{ ref('stg_order_lines') }} as lines
    inner join {{ ref('int_orders') }} as orders on lines.order_id = orders.order_id
    left join {{ ref('stg_products') }} as products on lines.product_id = products.product_id

),

order_totals as (

    select
        order_id,
        sum(price) as price,
        sum(quantity) as quantity,
        count(*) as lines
    from priced_lines
    group by order_id

),

weighed_lines as (

    select
        priced_lines.*,
        case
            when order_totals.price > 0 then priced_lines.price
            when order_totals.quantity > 0 then cast(priced_lines.quantity as decimal(38, 8))
            else cast(1 as decimal(38, 8))
        end as weight,
        case
            when order_totals.price > 0 then cast(order_totals.price as decimal(38, 8))
            when order_totals.quantity > 0 then cast(order_totals.quantity as decimal(38, 8))
            else cast(order_totals.lines as decimal(38, 8))
        end as order_weight
    from priced_lines
    inner join order_totals on priced_lines.order_id = order_totals.order_id

),

shared_lines as (

    select
        *,
        {{ share_by_weight('order_value', 'weight', 'order_weight') }} as rounded_amount
    from weighed_lines

),

order_leftovers as (

    select
        order_id,
        max_by(line_number, (weight, -line_number)) as line_number,
        cast(max(order_value) - sum(rounded_amount) as decimal(18, 4)) as leftover
    from shared_lines
    group by order_id

),

order_lines as (

    select
        shared_lines.order_id,
        shared_lines.line_number,
        shared_lines.product_id,
        shared_lines.category,
        shared_lines.brand,
        shared_lines.quantity,
        cast(
            shared_lines.rounded_amount + coalesce(leftovers.leftover, 0) as decimal(18, 4)
        ) as net_amount,
        shared_lines.unit_cost
    from shared_lines
    left join order_leftovers as leftovers
        on
            shared_lines.order_id = leftovers.order_id
            and shared_lines.line_number = leftovers.line_number

)

select * from order_lines
