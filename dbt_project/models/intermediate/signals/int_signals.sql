{{ config(materialized='view') }}

-- The evidence as people read it: facts of persons with the names of signals. The engine does not
-- read this view; it reads int_signal_days.

with

signals as (

    select
        persons.person_id as subject_id,
        facts.subject_key,
        signal_names.signal,
        facts.signal_date,
        facts.occurred_at,
        facts.value,
        facts.voided_on,
        facts.source_table,
        coalesce(facts.source_id, events.event_id) as source_id
    from {{ ref('int_subject_facts') }} as facts
    inner join {{ ref('int_persons') }} as persons on facts.subject_key = persons.person_key
    inner join {{ ref('int_signal_names') }} as signal_names
        on facts.signal_no = signal_names.signal_no
    left join {{ ref('stg_events') }} as events on facts.event_row_id = events.raw_row_id

)

select * from signals
