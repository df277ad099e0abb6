with

paid as (

    select
        order_id,
        sum(try_cast(amount as decimal(18, 4))) as cents
    from payment_rows
    group by order_id

)

select
    order_rows.record,
    order_rows.id as order_id,
    order_rows.user_id as customer_id,
    order_rows.order_date as created_at,
    case
        when fold_word(order_rows.status) = 'return_pending' then 'fulfilled'
        when fold_word(order_rows.status) = 'placed' and paid.cents > 0 then 'paid'
        else coalesce(status_word(order_rows.status), order_rows.status)
    end as status,
    order_rows.currency,
    cast(coalesce(paid.cents, 0) / 100 as decimal(18, 4)) as total_price
from order_rows
left join paid on order_rows.id = paid.order_id
