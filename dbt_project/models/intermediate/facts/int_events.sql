{{ config(materialized='view') }}

-- Every accepted event up to the as-of date, once.

with

events as (

    select
        raw_row_id,
        name_no,
        occurred_at,
        event_date,
        device_key,
        person_key,
        session_hash,
        is_visit
    from {{ ref('int_event_signals') }}
    where is_first

)

select * from events
