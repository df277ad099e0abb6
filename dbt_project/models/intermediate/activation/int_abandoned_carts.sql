-- Carts at the moment they were left: the first long silence of a cart, by then with something
-- added, before an order of it. An order that stood at the end of its day closes its cart for good:
-- carts of KPIs are told from today's end and open again when it is cancelled, these are told as
-- they were seen then. Over 120 lines, since an order finds its cart in two ways.

with

settings as (

    select as_of_date from {{ ref('int_settings') }}

),

silences as (

    select cart_silence_hours * interval '1' hour as silence
    from {{ ref('int_kpi_windows') }}

),

orders as (

    select
        order_id,
        person_key,
        created_at,
        'cart:' || cart_id as named_cart
    from {{ ref('int_order_details') }}
    where
        is_confirmed
        and (cancelled_on is null or cancelled_on > order_date)

),

-- Events and the orders that name their cart, in order; at one instant an order closes what comes
-- with it.
cart_rows as (

    select
        carts.named_cart,
        events.event_id,
        events.person_key,
        events.occurred_at,
        events.is_addition,
        0 as closings
    from {{ ref('int_cart_events') }} as events
    inner join {{ ref('int_carts') }} as carts on events.cart_id = carts.cart_id

    union all

    select
        named_cart,
        order_id as event_id,
        person_key,
        created_at as occurred_at,
        false as is_addition,
        1 as closings
    from orders
    where named_cart is not null

),

-- What an order closes is numbered before it, so that the order is the last row of its cart.
numbered_rows as (

    select
        *,
        sum(closings) over (
            partition by named_cart
            order by occurred_at, closings, event_id
            rows between unbounded preceding and current row
        ) - closings as cart_no
    from cart_rows

),

followed_rows as (

    select
        *,
        first_value(person_key) over cart_events as cart_person_key,
        sum(case when is_addition then 1 else 0 end) over cart_events as additions,
        lead(occurred_at) over (
            partition by named_cart, cart_no, closings
            order by occurred_at, event_id
        ) as next_at
    from numbered_rows
    window cart_events as (
        partition by named_cart, cart_no
        order by occurred_at, closings, event_id
        rows between unbounded preceding and current row
    )

),

silent_carts as (

    select
        followed_rows.named_cart,
        followed_rows.cart_no,
        min(followed_rows.cart_person_key) as person_key,
        min(followed_rows.occurred_at + silences.silence) as silent_at
    from followed_rows
    cross join silences
    where
        followed_rows.closings = 0
        and followed_rows.additions > 0
        and (
            followed_rows.next_at is null
            or followed_rows.next_at > followed_rows.occurred_at + silences.silence
        )
    group by
        followed_rows.named_cart,
        followed_rows.cart_no

),

-- An order that names no cart belongs to the one of its person's latest cart event before it.
person_rows as (

    select
        person_key,
        occurred_at,
        1 as place,
        event_id,
        named_cart,
        cart_no
    from followed_rows
    where
        closings = 0
        and additions > 0

    union all

    select
        person_key,
        created_at as occurred_at,
        0 as place,
        order_id as event_id,
        cast(null as string) as named_cart,
        cast(null as bigint) as cart_no
    from orders
    where named_cart is null

),

found_carts as (

    select
        place,
        occurred_at,
        {{ ignoring_nulls('last_value', 'named_cart') }} over person_events as named_cart,
        {{ ignoring_nulls('last_value', 'cart_no') }} over person_events as cart_no
    from person_rows
    window person_events as (
        partition by person_key
        order by occurred_at, place, event_id
        rows between unbounded preceding and current row
    )

),

cart_orders as (

    select
        named_cart,
        cart_no,
        occurred_at
    from found_carts
    where
        place = 0
        and named_cart is not null

    union all

    select
        named_cart,
        cart_no,
        occurred_at
    from followed_rows
    where closings = 1

),

first_orders as (

    select
        named_cart,
        cart_no,
        min(occurred_at) as ordered_at
    from cart_orders
    group by
        named_cart,
        cart_no

),

abandoned_carts as (

    select
        silent_carts.named_cart,
        silent_carts.cart_no,
        silent_carts.person_key,
        silent_carts.silent_at,
        {{ local_date('silent_carts.silent_at') }} as silent_on
    from silent_carts
    cross join settings
    left join first_orders
        on
            silent_carts.named_cart = first_orders.named_cart
            and silent_carts.cart_no = first_orders.cart_no
    where
        {{ local_date('silent_carts.silent_at') }} <= settings.as_of_date
        and (
            first_orders.ordered_at is null
            or first_orders.ordered_at > silent_carts.silent_at
        )

)

select * from abandoned_carts
