-- Visits as published: who, when, from which channel, and what came of it. Of the first page only
-- the path is told, and none with an @: addresses of pages carry addresses of people.

with

landing_addresses as (

    select
        *,
        split_part(split_part(lower(landing_page), '?', 1), '#', 1) as landing_address
    from {{ ref('int_sessions') }}

),

landed_sessions as (

    select
        *,
        substr(
            landing_address, length(regexp_extract(landing_address, '^[a-z]+://[^/]*', 0)) + 1
        ) as landing_path
    from landing_addresses

),

sessions as (

    select
        sessions.session_id,
        persons.person_id as subject_id,
        sessions.session_date as started_on,
        sessions.started_at,
        sessions.ended_at,
        cast(
            floor({{ microseconds_between('sessions.started_at', 'sessions.ended_at') }} / 1000000)
            as bigint
        ) as duration_seconds,
        sessions.channel,
        coalesce(sessions.campaign, '') as campaign,
        case
            when
                not contains(sessions.landing_path, '@')
                and not contains(sessions.landing_path, '%40')
                then coalesce(nullif(sessions.landing_path, ''), '/')
        end as landing_path,
        sessions.device_type,
        sessions.events,
        sessions.page_views,
        sessions.key_events,
        outcomes.is_engaged,
        outcomes.has_checkout,
        outcomes.orders
    from landed_sessions as sessions
    inner join {{ ref('int_session_outcomes') }} as outcomes
        on sessions.session_id = outcomes.session_id
    inner join {{ ref('int_persons') }} as persons
        on sessions.person_key = persons.person_key

)

select * from sessions
