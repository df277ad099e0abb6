with

first_orders as (

    select
        user_id,
        min(order_date) as created_at
    from order_rows
    group by user_id

)

select
    customer_rows.record,
    customer_rows.id as customer_id,
    first_orders.created_at,
    customer_rows.first_name,
    customer_rows.last_name
from customer_rows
inner join first_orders on customer_rows.id = first_orders.user_id
