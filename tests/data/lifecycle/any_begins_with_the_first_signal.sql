-- Law: `any` begins on the day of a person's first signal, void ones included, and for an account
-- on that of its first member.

{{ config(meta={'dagster': {'ref': {'name': 'int_signal_days'}}}) }}

with

signals as (

    select
        facts.person_key as subject_key,
        facts.signal_date
    from {{ ref('int_person_signals') }} as facts

    union all

    select
        members.account_key as subject_key,
        facts.signal_date
    from {{ ref('int_person_signals') }} as facts
    inner join {{ ref('int_account_members') }} as members
        on facts.person_key = members.person_key

),

first_signals as (

    select
        subject_key,
        min(signal_date) as first_on
    from signals
    group by subject_key

),

first_days as (

    select
        subject_key,
        min(signal_date) as first_on
    from {{ ref('int_signal_days') }}
    where signal_no = {{ signal_no('any') }}
    group by subject_key

),

wrong_subjects as (

    select
        coalesce(first_signals.subject_key, first_days.subject_key) as subject_key,
        first_signals.first_on,
        first_days.first_on as any_from
    from first_signals
    full outer join first_days on first_signals.subject_key = first_days.subject_key
    where first_signals.first_on is distinct from first_days.first_on

)

select * from wrong_subjects
