-- Carts counted from the events are the carts published, each once; one that an order closed may be
-- followed by others of its name.
with

carts_of_events as (

    select
        stg_events.cart_id,
        'cart:' || stg_events.cart_id as public_id
    from {{ ref('int_event_signals') }} as events
    inner join {{ ref('stg_events') }} as stg_events on events.raw_row_id = stg_events.raw_row_id
    inner join {{ ref('int_signal_names') }} as signal_names
        on events.signal_no = signal_names.signal_no
    where
        stg_events.cart_id is not null
        and signal_names.signal = 'cart_add'

    union all

    select
        cast(null as varchar) as cart_id,
        'session:' || first_events.event_id as public_id
    from {{ ref('int_event_sessions') }} as event_sessions
    inner join {{ ref('stg_events') }} as stg_events
        on event_sessions.raw_row_id = stg_events.raw_row_id
    inner join {{ ref('stg_events') }} as first_events
        on event_sessions.start_row_id = first_events.raw_row_id
    inner join {{ ref('int_event_signals') }} as events
        on event_sessions.raw_row_id = events.raw_row_id
    where
        stg_events.cart_id is null
        and events.signal_no = {{ signal_no('cart_add') }}

),

expected_carts as (

    select public_id
    from carts_of_events
    group by public_id

),

outcomes as (

    select
        carts.named_cart,
        count(*) as outcomes,
        count(distinct cart_outcomes.cart_id) as carts
    from {{ ref('cart_outcomes') }} as cart_outcomes
    inner join {{ ref('int_carts') }} as carts on cart_outcomes.cart_id = carts.cart_id
    group by carts.named_cart

)

select
    coalesce(expected_carts.public_id, outcomes.named_cart) as named_cart,
    outcomes.outcomes
from expected_carts
full join outcomes on expected_carts.public_id = outcomes.named_cart
where
    expected_carts.public_id is null
    or outcomes.outcomes is distinct from outcomes.carts
    or outcomes.outcomes is null
