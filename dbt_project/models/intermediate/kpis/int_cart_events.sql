-- Events of carts: all events that name one cart, and where a session's cart and checkout events
-- name none, these. A booked order that names the cart closes it with everything up to its instant:
-- what comes later under the same name is another cart. What never had anything added to it is no
-- cart. Over 120 lines, since carts have two kinds of names and each may come round again.

with

cart_signals as (

    select
        raw_row_id,
        bool_or(signal_no = {{ signal_no('cart_add') }}) as is_addition,
        bool_or(signal_no = {{ signal_no('checkout') }}) as is_checkout,
        max(case when signal_no = {{ signal_no('cart_add') }} then value end) as unit_value,
        max(case when signal_no = {{ signal_no('cart_add') }} then stated_value end)
            as stated_value,
        bool_or(signal_no = {{ signal_no('cart_add') }} and is_missing_rate) as is_missing_rate
    from {{ ref('int_event_signals') }}
    where signal_no in ({{ signal_no('cart_add') }}, {{ signal_no('checkout') }})
    group by raw_row_id

),

-- What an event states is read once, since stg_events makes it from the texts of every event; the
-- few that count are picked before anything is brought to them.
picked_events as (

    select
        raw_row_id,
        event_id,
        cart_id,
        quantity
    from {{ ref('stg_events') }}
    where
        cart_id is not null
        or raw_row_id in (select cart_signals.raw_row_id from cart_signals)

),

stated_events as (

    select
        picked_events.*,
        case when picked_events.cart_id is null then picked_events.raw_row_id end
            as unnamed_row_id,
        coalesce(cart_signals.is_addition, false) as is_addition,
        coalesce(cart_signals.is_checkout, false) as is_checkout,
        cart_signals.unit_value,
        cart_signals.stated_value,
        coalesce(cart_signals.is_missing_rate, false) as is_missing_rate
    from picked_events
    left join cart_signals on picked_events.raw_row_id = cart_signals.raw_row_id

),

events as (

    select
        stated_events.raw_row_id,
        stated_events.event_id,
        coalesce(
            'cart:' || stated_events.cart_id, 'session:' || sessions.session_id
        ) as named_cart,
        events.person_key,
        events.occurred_at,
        events.event_date,
        stated_events.quantity,
        stated_events.is_addition,
        stated_events.is_checkout,
        stated_events.unit_value,
        stated_events.stated_value,
        stated_events.is_missing_rate
    from stated_events
    inner join {{ ref('int_events') }} as events
        on stated_events.raw_row_id = events.raw_row_id
    left join {{ ref('int_event_sessions') }} as event_sessions
        on stated_events.unnamed_row_id = event_sessions.raw_row_id
    left join {{ ref('int_sessions') }} as sessions
        on event_sessions.start_row_id = sessions.start_row_id
    where
        stated_events.cart_id is not null
        or sessions.session_id is not null

),

closings as (

    select
        'cart:' || cart_id as named_cart,
        created_at as closed_at
    from {{ ref('int_booked_orders') }}
    where cart_id is not null
    group by
        cart_id,
        created_at

),

closings_before as (

    select
        events.raw_row_id,
        count(*) as closings
    from events
    inner join closings
        on
            events.named_cart = closings.named_cart
            and events.occurred_at > closings.closed_at
    group by events.raw_row_id

),

numbered_events as (

    select
        events.*,
        case
            when closings_before.closings is null then events.named_cart
            else 'again:' || closings_before.closings || ':' || events.named_cart
        end as cart_id
    from events
    left join closings_before on events.raw_row_id = closings_before.raw_row_id

),

filled_carts as (

    select cart_id
    from numbered_events
    where is_addition
    group by cart_id

),

cart_events as (

    select
        events.cart_id,
        events.named_cart,
        events.event_id,
        events.person_key,
        events.occurred_at,
        events.event_date,
        events.is_addition,
        events.is_checkout,
        case when events.is_addition then coalesce(events.quantity, 1) end as quantity,
        events.unit_value,
        events.stated_value,
        events.is_missing_rate,
        lead(events.occurred_at) over (
            partition by events.cart_id
            order by events.occurred_at, events.event_id
        ) as next_at
    from numbered_events as events
    inner join filled_carts on events.cart_id = filled_carts.cart_id

)

select * from cart_events
