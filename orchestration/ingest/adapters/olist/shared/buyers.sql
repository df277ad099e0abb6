select
    order_rows.order_id,
    any_value(order_rows.customer_id) as customer_id,
    any_value(coalesce(customer_rows.customer_unique_id, order_rows.customer_id)) as person,
    min(order_rows.order_purchase_timestamp) as ordered_at
from order_rows
left join customer_rows on order_rows.customer_id = customer_rows.customer_id
group by order_rows.order_id
