-- The facts that some play waits for or hopes for; only what stood at the end of its own day. What
-- becomes of it later does not change that it was so.

with

needed_signals as (

    select
        subject_type,
        goal_signal_no as signal_no
    from {{ ref('int_plays') }}
    where subject_type is not null

    union

    select
        subject_type,
        trigger_signal_no as signal_no
    from {{ ref('int_plays') }}
    where subject_type is not null

    union

    -- What ends the wait of a cart and of a checkout.
    select
        subject_type,
        {{ signal_no('order') }} as signal_no
    from {{ ref('int_plays') }}
    where
        subject_type is not null
        and trigger in ('cart_abandoned', 'checkout_unfinished')

),

settings as (

    select as_of_date from {{ ref('int_settings') }}

),

play_facts as (

    select
        facts.subject_key,
        facts.signal_no,
        facts.signal_date,
        facts.occurred_at,
        facts.value,
        facts.voided_on
    from {{ ref('int_subject_signals') }} as facts
    cross join settings
    inner join needed_signals
        on
            facts.signal_no = needed_signals.signal_no
            and {{ subject_type('facts.subject_key') }} = needed_signals.subject_type
    where
        facts.signal_date <= settings.as_of_date
        and coalesce(facts.voided_on > facts.signal_date, true)

)

select * from play_facts
