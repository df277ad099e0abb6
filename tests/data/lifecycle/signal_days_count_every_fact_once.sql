-- Law: int_signal_days counts every fact of a signal that rules name once for the person, and once
-- more for the person's account; void ones included.

{{ config(meta={'dagster': {'ref': {'name': 'int_signal_days'}}}) }}

with

ruled_signals as (

    select signal_no
    from {{ ref('int_conditions') }}
    where signal not in ('any', 'reactivation')
    group by signal_no

),

counted as (

    select
        signal_no,
        sum(facts) as facts
    from {{ ref('int_signal_days') }}
    group by signal_no

),

expected as (

    select
        facts.signal_no,
        count(*) + count(members.person_key) as facts
    from {{ ref('int_person_signals') }} as facts
    left join {{ ref('int_account_members') }} as members
        on facts.person_key = members.person_key
    group by facts.signal_no

),

wrong_counts as (

    select
        ruled_signals.signal_no,
        coalesce(counted.facts, 0) as counted,
        coalesce(expected.facts, 0) as expected
    from ruled_signals
    left join counted on ruled_signals.signal_no = counted.signal_no
    left join expected on ruled_signals.signal_no = expected.signal_no
    where coalesce(counted.facts, 0) <> coalesce(expected.facts, 0)

)

select * from wrong_counts
