-- Sessions with what happened in them. Date, person and channel are those of the first event.

with

session_totals as (

    select
        event_sessions.start_row_id,
        max(event_sessions.occurred_at) as ended_at,
        count(*) as events,
        count(page_views.raw_row_id) as page_views,
        sum(case when event_sessions.is_key_event then 1 else 0 end) as key_events,
        min(checkouts.occurred_at) as first_checkout_at
    from {{ ref('int_event_sessions') }} as event_sessions
    left join {{ ref('int_event_signals') }} as page_views
        on
            event_sessions.raw_row_id = page_views.raw_row_id
            and page_views.signal_no = {{ signal_no('page_view') }}
    left join {{ ref('int_event_signals') }} as checkouts
        on
            event_sessions.raw_row_id = checkouts.raw_row_id
            and checkouts.signal_no = {{ signal_no('checkout') }}
    group by event_sessions.start_row_id

),

sessions as (

    select
        openings.session_id,
        first_events.raw_row_id as start_row_id,
        first_events.person_key,
        first_events.event_date as session_date,
        first_events.occurred_at as started_at,
        session_totals.ended_at,
        openings.channel,
        openings.campaign,
        openings.landing_page,
        openings.device_type,
        session_totals.events,
        cast(session_totals.page_views as bigint) as page_views,
        cast(session_totals.key_events as bigint) as key_events,
        session_totals.first_checkout_at
    from {{ ref('int_session_starts') }} as first_events
    inner join session_totals on first_events.raw_row_id = session_totals.start_row_id
    inner join {{ ref('int_session_channels') }} as openings
        on first_events.raw_row_id = openings.raw_row_id

)

select * from sessions
