-- Which session each event belongs to. int_session_starts says where sessions begin; an event
-- belongs to the latest beginning at or before it among the events of its device with the same
-- given session_id.

with

event_starts as (

    select
        events.raw_row_id,
        events.person_key,
        events.signal_no,
        events.occurred_at,
        events.event_date,
        last_value(session_starts.raw_row_id ignore nulls) over (
            partition by events.device_key, events.session_hash
            order by
                events.occurred_at,
                case when session_starts.raw_row_id is null then 1 else 0 end
            rows between unbounded preceding and current row
        ) as start_row_id
    from {{ ref('int_events') }} as events
    left join {{ ref('int_session_starts') }} as session_starts
        on events.raw_row_id = session_starts.raw_row_id

),

event_sessions as (

    select
        event_starts.raw_row_id,
        stated_events.event_id,
        first_events.event_id as session_id,
        event_starts.person_key,
        stated_events.event_name,
        signal_names.signal,
        event_starts.occurred_at,
        event_starts.event_date
    from event_starts
    inner join {{ ref('stg_events') }} as stated_events
        on event_starts.raw_row_id = stated_events.raw_row_id
    inner join {{ ref('stg_events') }} as first_events
        on event_starts.start_row_id = first_events.raw_row_id
    left join {{ ref('int_signal_names') }} as signal_names
        on event_starts.signal_no = signal_names.signal_no

)

select * from event_sessions
