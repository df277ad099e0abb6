-- Every accepted event up to the as-of date with its person, its signal and whether it opens a session.
-- The one pass over all events: everything after it works on integers and days.

with

settings as (

    select as_of_date from {{ ref('int_settings') }}

),

identified_events as (

    select
        events.event_id,
        events.event_name,
        events.occurred_at,
        {{ local_date('events.occurred_at') }} as event_date,
        events.session_id as given_session_id,
        event_ids.device_key,
        coalesce(event_ids.person_key, owners.person_key) as person_key
    from {{ ref('stg_events') }} as events
    inner join {{ ref('int_event_ids') }} as event_ids
        on
            events.anonymous_id is not distinct from event_ids.anonymous_id
            and events.user_id is not distinct from event_ids.user_id
    left join {{ ref('int_device_ownerships') }} as ownerships
        on
            event_ids.person_key is null
            and event_ids.device_key = ownerships.device_key
            and events.occurred_at > ownerships.owned_after
            and events.occurred_at <= ownerships.owned_until
    left join {{ ref('int_persons') }} as owners on ownerships.customer_id = owners.customer_id
    cross join settings
    where {{ local_date('events.occurred_at') }} <= settings.as_of_date

),

ordered_events as (

    select
        *,
        lag(occurred_at) over (
            partition by device_key, given_session_id
            order by occurred_at, event_id
        ) as previous_at
    from identified_events

),

events as (

    select
        ordered_events.event_id,
        ordered_events.event_name,
        event_signals.signal,
        ordered_events.occurred_at,
        ordered_events.event_date,
        ordered_events.device_key,
        ordered_events.person_key,
        ordered_events.given_session_id,
        coalesce(
            ordered_events.occurred_at > ordered_events.previous_at
            + case
                when ordered_events.given_session_id is null
                    then interval '{{ var("session_timeout_minutes") }} minutes'
                else interval '24 hours'
            end,
            true
        ) as starts_session
    from ordered_events
    left join {{ ref('event_signals') }} as event_signals
        on ordered_events.event_name = event_signals.event_name

)

select * from events
