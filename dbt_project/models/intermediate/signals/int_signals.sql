{{ config(materialized='view') }}

-- The evidence as people read it: every signal of every person, `any` and `reactivation` included.
-- `any` repeats every signal but those that only say again what another one says.
-- The engine does not read this view; it reads int_signal_days.

with

dated_signals as (

    select
        dated_signals.person_key,
        dated_signals.signal,
        dated_signals.signal_date,
        dated_signals.occurred_at,
        dated_signals.value,
        dated_signals.voided_on,
        dated_signals.source_table,
        coalesce(dated_signals.source_id, events.event_id) as source_id
    from {{ ref('int_dated_signals') }} as dated_signals
    left join {{ ref('stg_events') }} as events
        on dated_signals.event_row_id = events.raw_row_id

),

any_signals as (

    select
        person_key,
        'any' as signal,
        signal_date,
        occurred_at,
        cast(null as decimal(18, 4)) as value,
        cast(null as date) as voided_on,
        source_table,
        source_id
    from dated_signals
    where signal not in ('purchase', 'subscribed')

),

reactivations as (

    select
        reactivations.subject_key as person_key,
        'reactivation' as signal,
        reactivations.reactivated_on as signal_date,
        cast(reactivations.reactivated_on as timestamp) as occurred_at,
        cast(null as decimal(18, 4)) as value,
        reactivations.voided_on,
        'reactivations' as source_table,
        cast(reactivations.reactivated_on as string) as source_id
    from {{ ref('int_reactivations') }} as reactivations

),

all_signals as (

    select * from dated_signals

    union all

    select * from any_signals

    union all

    select * from reactivations

),

signals as (

    select
        persons.person_id as subject_id,
        all_signals.person_key as subject_key,
        all_signals.signal,
        all_signals.signal_date,
        all_signals.occurred_at,
        all_signals.value,
        all_signals.voided_on,
        all_signals.source_table,
        all_signals.source_id
    from all_signals
    inner join {{ ref('int_persons') }} as persons
        on all_signals.person_key = persons.person_key

)

select * from signals
