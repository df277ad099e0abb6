with

first_orders as (

    select
        customer_id,
        min(ordered_at) as ordered_at
    from buyers
    group by customer_id

)

select
    customer_rows.record,
    customer_rows.customer_unique_id as customer_id,
    min(first_orders.ordered_at) over (partition by customer_rows.customer_unique_id) as created_at,
    customer_rows.customer_city as city,
    'BR' as country
from customer_rows
inner join first_orders on customer_rows.customer_id = first_orders.customer_id
