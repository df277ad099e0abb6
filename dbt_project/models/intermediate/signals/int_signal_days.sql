-- Signals counted per subject and day: all that rules without `latest` need to know, for the
-- signals that the built rules name. Facts of one day that stop to stand on different dates are
-- different rows. `any` is counted over every signal.

with

ruled_signals as (

    select signal
    from {{ ref('int_conditions') }}
    group by signal

),

person_days as (

    select
        person_key as subject_key,
        signal,
        signal_date,
        voided_on,
        count(*) as facts,
        sum(value) as value_sum
    from {{ ref('int_dated_signals') }}
    where signal in (select ruled_signals.signal from ruled_signals)
    group by
        person_key,
        signal,
        signal_date,
        voided_on

    union all

    select
        person_key as subject_key,
        'any' as signal,
        signal_date,
        cast(null as date) as voided_on,
        count(*) as facts,
        cast(null as decimal(38, 4)) as value_sum
    from {{ ref('int_dated_signals') }}
    group by
        person_key,
        signal_date

),

account_days as (

    select
        members.account_key as subject_key,
        person_days.signal,
        person_days.signal_date,
        person_days.voided_on,
        sum(person_days.facts) as facts,
        sum(person_days.value_sum) as value_sum
    from person_days
    inner join {{ ref('int_account_members') }} as members
        on person_days.subject_key = members.person_key
    group by
        members.account_key,
        person_days.signal,
        person_days.signal_date,
        person_days.voided_on

),

reactivation_days as (

    select
        subject_key,
        'reactivation' as signal,
        reactivated_on as signal_date,
        voided_on,
        1 as facts,
        cast(null as decimal(38, 4)) as value_sum
    from {{ ref('int_reactivations') }}

),

signal_days as (

    select * from person_days

    union all

    select * from account_days

    union all

    select * from reactivation_days

)

select
    subject_key,
    signal,
    signal_date,
    voided_on,
    cast(facts as bigint) as facts,
    value_sum
from signal_days
