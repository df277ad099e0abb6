with

cancellations as (

    select
        order_id,
        min(occurred_at) as cancelled_at
    from read_calls
    where fold_word(event_name) = 'order_cancelled' and order_id is not null
    group by order_id

)

select
    sold_calls.record,
    sold_calls.order_id,
    sold_calls.user_id as customer_id,
    sold_calls.anonymous_id,
    sold_calls.occurred_at as created_at,
    cancellations.cancelled_at,
    case when cancellations.order_id is null then 'paid' else 'cancelled' end as status,
    sold_calls.currency,
    sold_calls.subtotal_price,
    sold_calls.total_discounts,
    sold_calls.total_shipping,
    sold_calls.total_tax,
    sold_calls.total_price,
    sold_calls.cart_id,
    sold_calls.utm_source,
    sold_calls.utm_medium,
    sold_calls.utm_campaign,
    sold_calls.coupon_code,
    sold_calls.received_at
from sold_calls
left join cancellations on sold_calls.order_id = cancellations.order_id
