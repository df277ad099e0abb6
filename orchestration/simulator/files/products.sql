-- The range, with what a product costs the shop in EUR.
select
    product_id,
    title,
    category,
    brand,
    money(price_cents) as price,
    money(price_cents * cost_percent // 100) as unit_cost,
    cast(getvariable('start_date') as date) + cast(launch_day as integer) as launched_at
from products
order by product_id
