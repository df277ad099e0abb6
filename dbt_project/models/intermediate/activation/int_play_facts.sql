-- The facts that some play waits for or hopes for, of persons and, pooled, of accounts, each with
-- its day; only what stood at the end of that day. What becomes of it later does not change that it
-- was so. Over 120 lines, since `any` and reactivations are facts made of others.

with

needed_signals as (

    select
        subject_type,
        goal_signal as signal
    from {{ ref('int_plays') }}
    where subject_type is not null

    union

    select
        subject_type,
        case trigger
            when 'signal' then trigger_value
            when 'first_purchase' then 'purchase'
            when 'order_delivered' then 'delivery'
            when 'survey_detractor' then 'nps'
            when 'checkout_unfinished' then 'checkout'
        end as signal
    from {{ ref('int_plays') }}
    where subject_type is not null

    union

    -- What ends the wait of a cart and of a checkout.
    select
        subject_type,
        'order' as signal
    from {{ ref('int_plays') }}
    where
        subject_type is not null
        and trigger in ('cart_abandoned', 'checkout_unfinished')

),

needed_names as (

    select signal
    from needed_signals
    where signal is not null
    group by signal

),

person_facts as (

    select
        facts.person_key,
        needed_names.signal,
        facts.signal_date,
        facts.occurred_at,
        facts.value,
        facts.voided_on
    from {{ ref('int_dated_signals') }} as facts
    inner join needed_names on facts.signal = needed_names.signal
    where
        facts.voided_on is null
        or facts.voided_on > facts.signal_date

    union all

    select
        facts.person_key,
        'any' as signal,
        facts.signal_date,
        facts.occurred_at,
        cast(null as decimal(18, 4)) as value,
        cast(null as date) as voided_on
    from {{ ref('int_dated_signals') }} as facts
    where
        facts.signal not in ('purchase', 'subscribed')
        and 'any' in (select needed_names.signal from needed_names)

),

subject_facts as (

    select
        person_key as subject_key,
        'person' as subject_type,
        signal,
        signal_date,
        occurred_at,
        value,
        voided_on
    from person_facts

    union all

    select
        members.account_key as subject_key,
        'account' as subject_type,
        person_facts.signal,
        person_facts.signal_date,
        person_facts.occurred_at,
        person_facts.value,
        person_facts.voided_on
    from person_facts
    inner join {{ ref('int_account_members') }} as members
        on person_facts.person_key = members.person_key

    union all

    select
        reactivations.subject_key,
        {{ subject_type('reactivations.subject_key') }} as subject_type,
        'reactivation' as signal,
        reactivations.reactivated_on as signal_date,
        {{ day_start('reactivations.reactivated_on') }} as occurred_at,
        cast(null as decimal(18, 4)) as value,
        reactivations.voided_on
    from {{ ref('int_reactivations') }} as reactivations
    where
        reactivations.voided_on is null
        or reactivations.voided_on > reactivations.reactivated_on

),

settings as (

    select as_of_date from {{ ref('int_settings') }}

),

play_facts as (

    select subject_facts.*
    from subject_facts
    cross join settings
    inner join needed_signals
        on
            subject_facts.subject_type = needed_signals.subject_type
            and subject_facts.signal = needed_signals.signal
    where subject_facts.signal_date <= settings.as_of_date

)

select * from play_facts
