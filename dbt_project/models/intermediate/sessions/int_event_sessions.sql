-- Which session each event belongs to. int_events says where sessions begin; an event belongs to the
-- latest beginning at or before it among the events of its device with the same given session_id.

with

event_sessions as (

    select
        event_id,
        last_value(case when starts_session then event_id end ignore nulls) over (
            partition by device_key, given_session_id
            order by occurred_at, event_id
            rows between unbounded preceding and current row
        ) as session_id,
        person_key,
        event_name,
        signal,
        occurred_at,
        event_date
    from {{ ref('int_events') }}

)

select * from event_sessions
