-- On which days each person did anything at all, events that mean no signal included.

with

active_days as (

    select
        person_key,
        event_date
    from {{ ref('int_events') }}
    group by
        person_key,
        event_date

)

select * from active_days
