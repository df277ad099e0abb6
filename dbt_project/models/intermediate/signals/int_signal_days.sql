-- Signals counted per subject and day: all that rules without `latest` need to know, for the
-- signals that the built rules name. Facts of one day that stop to stand on different dates are
-- different rows. Of `any` there is only the first day, unless a rule asks for more. Over 120
-- lines, since each kind of signal is a select of its own.

with

ruled_signals as (

    select
        signal_no,
        bool_or(measure = 'sum') as is_summed
    from {{ ref('int_conditions') }}
    group by signal_no

),

-- A rule that asks more of `any` than whether it was ever there.
counted_any as (

    select signal_no
    from {{ ref('int_conditions') }}
    where
        signal = 'any'
        and not (
            measure in ('count', 'days')
            and window_days is null
            and below is null
            and at_least <= 1
        )
    group by signal_no

),

person_days as (

    select
        facts.person_key as subject_key,
        facts.signal_no,
        facts.signal_date,
        facts.voided_on,
        count(*) as facts,
        cast(sum(case when ruled_signals.is_summed then facts.value end) as decimal(18, 4))
            as value_sum
    from {{ ref('int_person_signals') }} as facts
    inner join ruled_signals on facts.signal_no = ruled_signals.signal_no
    group by
        facts.person_key,
        facts.signal_no,
        facts.signal_date,
        facts.voided_on

    union all

    select
        subject_key,
        {{ signal_no('any') }} as signal_no,
        first_seen_on as signal_date,
        cast(null as date) as voided_on,
        1 as facts,
        cast(null as decimal(18, 4)) as value_sum
    from {{ ref('int_first_seen') }}
    where
        subject_key > 0
        and not exists (select 1 from counted_any)

    union all

    select
        facts.person_key as subject_key,
        counted_any.signal_no,
        facts.signal_date,
        cast(null as date) as voided_on,
        count(*) as facts,
        cast(null as decimal(18, 4)) as value_sum
    from {{ ref('int_person_signals') }} as facts
    cross join counted_any
    where facts.signal_no not in ({{ signal_no('purchase') }}, {{ signal_no('subscribed') }})
    group by
        facts.person_key,
        counted_any.signal_no,
        facts.signal_date

),

account_days as (

    select
        members.account_key as subject_key,
        person_days.signal_no,
        person_days.signal_date,
        person_days.voided_on,
        sum(person_days.facts) as facts,
        cast(sum(person_days.value_sum) as decimal(18, 4)) as value_sum
    from person_days
    inner join {{ ref('int_account_members') }} as members
        on person_days.subject_key = members.person_key
    group by
        members.account_key,
        person_days.signal_no,
        person_days.signal_date,
        person_days.voided_on

),

reactivation_days as (

    select
        subject_key,
        {{ signal_no('reactivation') }} as signal_no,
        reactivated_on as signal_date,
        voided_on,
        1 as facts,
        cast(null as decimal(18, 4)) as value_sum
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
    signal_no,
    signal_date,
    voided_on,
    cast(facts as bigint) as facts,
    value_sum
from signal_days
