-- Visits as published: who, when, from which channel, and what came of it. Of the first page only
-- the path is told, and none with an @: addresses of pages carry addresses of people.

with

sessions as (

    select
        sessions.session_id,
        persons.person_id as subject_id,
        sessions.session_date as started_on,
        sessions.started_at,
        sessions.ended_at,
        cast({{ seconds_between('sessions.started_at', 'sessions.ended_at') }} as bigint)
            as duration_seconds,
        sessions.channel,
        coalesce(sessions.campaign, '') as campaign,
        {{ page_path('sessions.landing_page') }} as landing_path,
        sessions.device_type,
        sessions.events,
        sessions.page_views,
        sessions.key_events,
        outcomes.is_engaged,
        outcomes.has_checkout,
        outcomes.orders
    from {{ ref('int_sessions') }} as sessions
    inner join {{ ref('int_session_outcomes') }} as outcomes
        on sessions.session_id = outcomes.session_id
    inner join {{ ref('int_persons') }} as persons
        on sessions.person_key = persons.person_key

)

select * from sessions
