-- Which session each event belongs to. int_session_starts says where sessions begin; an event
-- belongs to the latest beginning at or before it among the events of its device with the same
-- given session_id.

with

event_sessions as (

    select
        events.event_id,
        last_value(session_starts.event_id ignore nulls) over (
            partition by events.device_key, events.given_session_id
            order by events.occurred_at, events.event_id
            rows between unbounded preceding and current row
        ) as session_id,
        events.person_key,
        stated_events.event_name,
        events.signal,
        events.occurred_at,
        events.event_date
    from {{ ref('int_events') }} as events
    inner join {{ ref('stg_events') }} as stated_events on events.event_id = stated_events.event_id
    left join {{ ref('int_session_starts') }} as session_starts
        on events.event_id = session_starts.event_id

)

select * from event_sessions
