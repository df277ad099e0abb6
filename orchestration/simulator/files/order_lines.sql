-- The lines of the orders created in the seconds from_second .. until_second - 1.
select
    'o' || cast(1000000000 + order_lines.order_no as varchar) as order_id,
    order_lines.line_number,
    products.product_id,
    cast(order_lines.quantity as decimal(9, 0)) as quantity,
    money(order_lines.unit_cents) as unit_price,
    if(order_lines.discount_cents = 0, null, money(order_lines.discount_cents))
        as total_discount
from order_lines
inner join orders on orders.order_no = order_lines.order_no
inner join products on products.product_no = order_lines.product_no
where
    orders.created_second >= getvariable('from_second')
    and orders.created_second < getvariable('until_second')
order by order_lines.order_no, order_lines.line_number
