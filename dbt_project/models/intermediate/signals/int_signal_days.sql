-- Signals counted per subject and day: all that rules without `latest` need to know. Facts of one
-- day that stop to stand on different dates are different rows.

with

person_days as (

    select
        person_key as subject_key,
        signal,
        signal_date,
        voided_on,
        count(*) as facts,
        sum(value) as value_sum
    from {{ ref('int_dated_signals') }}
    group by
        person_key,
        signal,
        signal_date,
        voided_on

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

subject_days as (

    select * from person_days

    union all

    select * from account_days

),

any_days as (

    select
        subject_key,
        'any' as signal,
        signal_date,
        cast(null as date) as voided_on,
        sum(facts) as facts,
        cast(null as decimal(38, 4)) as value_sum
    from subject_days
    group by
        subject_key,
        signal_date

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

    select * from subject_days

    union all

    select * from any_days

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
