{{ config(materialized='view') }}

-- Every signal of every subject: what persons did, once more as `any` where it says something of
-- its own, the same of an account's members, and days on which a subject came back.

with

person_signals as (

    select
        person_key,
        signal_no,
        signal_date,
        occurred_at,
        value,
        voided_on,
        source_table,
        event_row_id,
        source_id
    from {{ ref('int_person_signals') }}

    union all

    -- Who was seen was seen, even where the fact stands no more.
    select
        person_key,
        {{ signal_no('any') }} as signal_no,
        signal_date,
        occurred_at,
        cast(null as decimal(18, 4)) as value,
        cast(null as date) as voided_on,
        source_table,
        event_row_id,
        source_id
    from {{ ref('int_person_signals') }}
    where signal_no not in ({{ signal_no('purchase') }}, {{ signal_no('subscribed') }})

),

-- Persons and accounts at once: what is read twice is kept in memory first, all of it.
subject_signals as (

    select
        subject_persons.subject_key,
        person_signals.signal_no,
        person_signals.signal_date,
        person_signals.occurred_at,
        person_signals.value,
        person_signals.voided_on,
        person_signals.source_table,
        person_signals.event_row_id,
        person_signals.source_id
    from person_signals
    inner join {{ ref('int_subject_persons') }} as subject_persons
        on person_signals.person_key = subject_persons.person_key

    union all

    select
        subject_key,
        {{ signal_no('reactivation') }} as signal_no,
        reactivated_on as signal_date,
        {{ day_start('reactivated_on') }} as occurred_at,
        cast(null as decimal(18, 4)) as value,
        voided_on,
        'reactivations' as source_table,
        cast(null as bigint) as event_row_id,
        cast(reactivated_on as string) as source_id
    from {{ ref('int_reactivations') }}

)

select * from subject_signals
