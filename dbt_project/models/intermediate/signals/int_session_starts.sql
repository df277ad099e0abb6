-- The first event of each session. Events of one device and one given session_id belong together
-- until a silence of more than a day; events without one, until a silence of more than the timeout.

with

ordered_events as (

    select
        event_id,
        device_key,
        person_key,
        occurred_at,
        event_date,
        given_session_id is not null as is_given,
        lag(occurred_at) over (
            partition by device_key, given_session_id
            order by occurred_at, event_id
        ) as previous_at
    from {{ ref('int_events') }}

),

session_starts as (

    select
        event_id,
        device_key,
        person_key,
        occurred_at,
        event_date
    from ordered_events
    where
        previous_at is null
        or occurred_at > previous_at + case
            when is_given then interval '24 hours'
            else interval '{{ var("session_timeout_minutes") }} minutes'
        end

)

select * from session_starts
