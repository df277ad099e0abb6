-- Which session each visit event belongs to. int_session_starts says where sessions begin; an event
-- belongs to the latest beginning at or before it among the events of its device with the same
-- given session_id. Events go by their row here: whoever needs an id finds it in stg_events.

with

event_starts as (

    select
        events.raw_row_id,
        {{ ignoring_nulls('last_value', 'session_starts.raw_row_id') }} over (
            partition by events.device_key, events.session_hash
            order by
                events.occurred_at,
                case when session_starts.raw_row_id is null then 1 else 0 end
            rows between unbounded preceding and current row
        ) as start_row_id,
        events.name_no,
        events.occurred_at
    from {{ ref('int_events') }} as events
    left join {{ ref('int_session_starts') }} as session_starts
        on events.raw_row_id = session_starts.raw_row_id
    where events.is_visit

),

event_sessions as (

    select
        event_starts.raw_row_id,
        event_starts.start_row_id,
        names.is_key_event,
        event_starts.occurred_at
    from event_starts
    inner join {{ ref('int_event_names') }} as names on event_starts.name_no = names.name_no

)

select * from event_sessions
