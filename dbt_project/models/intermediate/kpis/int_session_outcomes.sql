-- What came of each session: whether it was engaged, which orders it is credited with, and whether
-- its checkout was completed, and whether help was read and was enough. Every order is credited to
-- one session at most. Over 120 lines, since a session has several outcomes and each is one set of
-- sessions.

with

sessions as (

    select
        sessions.*,
        sessions.first_checkout_at + windows.checkout_order_hours * interval '1' hour
            as checkout_until,
        sessions.started_at - windows.session_order_skew_minutes * interval '1' minute
            as credited_from,
        sessions.ended_at + windows.session_order_hours * interval '1' hour as credited_until
    from {{ ref('int_sessions') }} as sessions
    cross join {{ ref('int_kpi_windows') }} as windows

),

orders as (

    select
        order_id,
        person_key,
        created_at
    from {{ ref('int_booked_orders') }}
    where not is_guest

),

-- The latest session that had begun by then, give or take what clocks differ, and had ended not too
-- long before.
order_credits as (

    select
        orders.order_id,
        max_by(sessions.session_id, (sessions.started_at, sessions.session_id)) as session_id
    from orders
    inner join sessions
        on
            orders.person_key = sessions.person_key
            and orders.created_at >= sessions.credited_from
            and orders.created_at <= sessions.credited_until
    group by orders.order_id

),

credited_sessions as (

    select
        session_id,
        count(*) as orders
    from order_credits
    group by session_id

),

completed_checkouts as (

    select
        sessions.session_id,
        min_by(orders.order_id, (orders.created_at, orders.order_id)) as order_id,
        min(orders.created_at) as ordered_at
    from sessions
    inner join orders
        on
            sessions.person_key = orders.person_key
            and sessions.first_checkout_at <= orders.created_at
            and sessions.checkout_until >= orders.created_at
    group by sessions.session_id

),

help_views as (

    select
        sessions.session_id,
        sessions.person_key,
        min(event_sessions.occurred_at) as first_view_at
    from {{ ref('int_event_sessions') }} as event_sessions
    inner join {{ ref('int_event_signals') }} as signals
        on
            event_sessions.raw_row_id = signals.raw_row_id
            and signals.signal_no = {{ signal_no('help_view') }}
    inner join sessions on event_sessions.start_row_id = sessions.start_row_id
    group by
        sessions.session_id,
        sessions.person_key

),

-- Whoever asked all the same, not long after reading help.
asking_sessions as (

    select help_views.session_id
    from help_views
    cross join {{ ref('int_kpi_windows') }} as windows
    inner join {{ ref('int_person_signals_by_name') }} as contacts
        on
            help_views.person_key = contacts.person_key
            and help_views.first_view_at <= contacts.occurred_at
            and contacts.occurred_at
            <= help_views.first_view_at + windows.help_contact_hours * interval '1' hour
    where contacts.signal = 'support_contact'
    group by help_views.session_id

),

outcomes as (

    select
        sessions.session_id,
        sessions.session_date as fact_date,
        sessions.person_key,
        sessions.channel,
        coalesce(credited_sessions.orders, 0) as orders,
        (
            sessions.ended_at >= sessions.started_at + windows.engaged_seconds * interval '1' second
            or sessions.page_views >= windows.engaged_page_views
            or sessions.key_events > 0
            or credited_sessions.orders is not null
        ) as is_engaged,
        sessions.first_checkout_at is not null as has_checkout,
        sessions.checkout_until,
        completed_checkouts.order_id as checkout_order_id,
        completed_checkouts.ordered_at as checkout_ordered_at,
        help_views.session_id is not null as has_help_view,
        asking_sessions.session_id is not null as has_asked_after_help
    from sessions
    cross join {{ ref('int_kpi_windows') }} as windows
    left join credited_sessions on sessions.session_id = credited_sessions.session_id
    left join completed_checkouts on sessions.session_id = completed_checkouts.session_id
    left join help_views on sessions.session_id = help_views.session_id
    left join asking_sessions on sessions.session_id = asking_sessions.session_id

)

select * from outcomes
