{{ config(materialized='view') }}

-- Facts that a play answers: signals, tickets resolved and the first purchase, at their instant.

with

facts as (

    select * from {{ ref('int_play_facts') }}

),

signals as (

    select
        plays.play,
        facts.subject_key,
        facts.signal_date as triggered_on,
        facts.occurred_at as triggered_at,
        {{ open_end() }} as state_until
    from facts
    inner join {{ ref('int_plays') }} as plays
        on
            facts.signal_no = plays.trigger_signal_no
            and {{ subject_type('facts.subject_key') }} = plays.subject_type
    where
        plays.trigger in ('signal', 'order_delivered')
        or (
            plays.trigger = 'survey_detractor'
            and facts.value between 0 and 6
            and facts.value = floor(facts.value)
        )

),

tickets_resolved as (

    select
        plays.play,
        subject_persons.subject_key,
        resolutions.signal_date as triggered_on,
        resolutions.occurred_at as triggered_at,
        {{ open_end() }} as state_until
    from {{ ref('int_ticket_resolutions') }} as resolutions
    inner join {{ ref('int_subject_persons') }} as subject_persons
        on resolutions.person_key = subject_persons.person_key
    inner join {{ ref('int_plays') }} as plays
        on subject_persons.subject_type = plays.subject_type
    where plays.trigger = 'ticket_resolved'

),

first_days as (

    select
        subject_key,
        min(signal_date) as first_on
    from facts
    where signal_no = {{ signal_no('purchase') }}
    group by subject_key

),

first_purchases as (

    select
        plays.play,
        facts.subject_key,
        first_days.first_on as triggered_on,
        min(facts.occurred_at) as triggered_at,
        max(coalesce(facts.voided_on, {{ open_end() }})) as state_until
    from first_days
    inner join facts
        on
            first_days.subject_key = facts.subject_key
            and first_days.first_on = facts.signal_date
    inner join {{ ref('int_plays') }} as plays
        on
            facts.signal_no = plays.trigger_signal_no
            and {{ subject_type('facts.subject_key') }} = plays.subject_type
    where plays.trigger = 'first_purchase'
    group by
        plays.play,
        facts.subject_key,
        first_days.first_on

),

fact_triggers as (

    select * from signals

    union all

    select * from tickets_resolved

    union all

    select * from first_purchases

)

select * from fact_triggers
