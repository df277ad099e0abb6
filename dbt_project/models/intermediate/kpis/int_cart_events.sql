-- Events of carts: all events that name one cart, and where a session's cart and checkout events
-- name none, these. What never had anything added to it is no cart.

with

events as (

    select
        case
            when stg_events.cart_id is not null then 'cart:' || stg_events.cart_id
            else 'session:' || event_sessions.session_id
        end as cart_id,
        event_sessions.event_id,
        events.person_key,
        signal_names.signal,
        events.occurred_at,
        events.event_date,
        case when signal_names.signal = 'cart_add' then coalesce(stg_events.quantity, 1) end
            as quantity,
        case when signal_names.signal = 'cart_add' then signals.value end as unit_value,
        coalesce(signal_names.signal = 'cart_add' and signals.is_missing_rate, false)
            as is_missing_rate
    from {{ ref('int_events') }} as events
    inner join {{ ref('stg_events') }} as stg_events on events.raw_row_id = stg_events.raw_row_id
    inner join {{ ref('int_event_sessions') }} as event_sessions
        on events.raw_row_id = event_sessions.raw_row_id
    left join {{ ref('int_event_signals') }} as signals
        on
            events.raw_row_id = signals.raw_row_id
            and signals.signal_no in ({{ signal_no('cart_add') }}, {{ signal_no('checkout') }})
    left join {{ ref('int_signal_names') }} as signal_names
        on signals.signal_no = signal_names.signal_no
    where
        stg_events.cart_id is not null
        or signal_names.signal is not null

),

filled_carts as (

    select cart_id
    from events
    where signal = 'cart_add'
    group by cart_id

),

cart_events as (

    select
        events.*,
        lead(events.occurred_at) over (
            partition by events.cart_id
            order by events.occurred_at, events.event_id
        ) as next_at
    from events
    inner join filled_carts on events.cart_id = filled_carts.cart_id

)

select * from cart_events
