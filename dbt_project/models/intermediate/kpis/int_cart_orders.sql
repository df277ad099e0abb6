-- The one cart of each booked order: the one it names; if it names none at all, the cart of its
-- person with the latest event before it. An order that names a cart nobody knows has none, nor has
-- one that finds nothing new in its cart.

with

orders as (

    select * from {{ ref('int_booked_orders') }}

),

-- The first order since the cart's beginning closes it; of several at one instant the first by id.
named_carts as (

    select
        carts.cart_id,
        min_by(orders.order_id, (orders.created_at, orders.order_id)) as order_id
    from orders
    inner join {{ ref('int_carts') }} as carts
        on
            'cart:' || orders.cart_id = carts.named_cart
            and orders.created_at >= carts.last_event_at
    group by carts.cart_id

),

latest_carts as (

    select
        orders.order_id,
        max_by(carts.cart_id, (cart_events.occurred_at, cart_events.event_id)) as cart_id
    from orders
    inner join {{ ref('int_carts') }} as carts on orders.person_key = carts.person_key
    inner join {{ ref('int_cart_events') }} as cart_events
        on
            carts.cart_id = cart_events.cart_id
            and orders.created_at > cart_events.occurred_at
    where orders.cart_id is null
    group by orders.order_id

),

order_carts as (

    select
        order_id,
        cart_id
    from named_carts

    union all

    select
        order_id,
        cart_id
    from latest_carts

),

cart_orders as (

    select
        order_carts.order_id,
        order_carts.cart_id,
        orders.created_at,
        orders.order_date
    from order_carts
    inner join orders on order_carts.order_id = orders.order_id

)

select * from cart_orders
