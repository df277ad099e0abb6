-- Sessions with what happened in them. Date, person and channel are those of the first event.

with

session_totals as (

    select
        event_sessions.session_id,
        max(event_sessions.occurred_at) as ended_at,
        count(*) as events,
        sum(case when event_sessions.signal = 'page_view' then 1 else 0 end) as page_views,
        sum(case when event_signals.is_key_event then 1 else 0 end) as key_events,
        min(case when event_sessions.signal = 'checkout' then event_sessions.occurred_at end)
            as first_checkout_at
    from {{ ref('int_event_sessions') }} as event_sessions
    left join {{ ref('event_signals') }} as event_signals
        on event_sessions.event_name = event_signals.event_name
    group by event_sessions.session_id

),

sessions as (

    select
        events.event_id as session_id,
        first_events.person_key,
        first_events.device_key,
        first_events.event_date as session_date,
        first_events.occurred_at as started_at,
        session_totals.ended_at,
        {{ channel_name('exact_channels', 'source_channels') }} as channel,
        events.utm_campaign as campaign,
        events.page_url as landing_page,
        events.device_type,
        session_totals.events,
        cast(session_totals.page_views as bigint) as page_views,
        cast(session_totals.key_events as bigint) as key_events,
        session_totals.first_checkout_at
    from {{ ref('int_session_starts') }} as first_events
    inner join {{ ref('stg_events') }} as events on first_events.raw_row_id = events.raw_row_id
    inner join session_totals on events.event_id = session_totals.session_id
    {{ channel_joins(
        'events.utm_source', 'events.utm_medium', 'exact_channels', 'source_channels',
    ) }}

)

select * from sessions
