{{ config(materialized='view') }}

-- int_person_signals with the names of the signals.

with

person_signals_by_name as (

    select
        facts.person_key,
        signal_names.signal,
        facts.signal_date,
        facts.occurred_at,
        facts.value,
        facts.voided_on,
        facts.source_table,
        facts.event_row_id,
        facts.source_id
    from {{ ref('int_person_signals') }} as facts
    inner join {{ ref('int_signal_names') }} as signal_names
        on facts.signal_no = signal_names.signal_no

)

select * from person_signals_by_name
