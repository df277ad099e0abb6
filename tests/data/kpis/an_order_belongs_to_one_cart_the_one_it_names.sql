-- One order, one cart; an order that names a cart belongs to one of that name or, if it finds
-- nothing new in it, to none.
with

order_carts as (

    select
        order_id,
        count(*) as carts,
        min(cart_id) as cart_id
    from {{ ref('int_cart_orders') }}
    group by order_id

)

select
    orders.order_id,
    orders.cart_id as named_cart,
    order_carts.cart_id,
    order_carts.carts
from {{ ref('int_booked_orders') }} as orders
left join order_carts on orders.order_id = order_carts.order_id
left join {{ ref('int_carts') }} as carts on order_carts.cart_id = carts.cart_id
where
    order_carts.carts > 1
    or (
        orders.cart_id is not null
        and carts.named_cart <> 'cart:' || orders.cart_id
    )
