-- Everybody the lifecycle speaks of: persons and accounts with at least one signal.

with

first_days as (

    select
        subject_key,
        min(signal_date) as first_seen_on
    from {{ ref('int_signal_days') }}
    where signal_no = {{ signal_no('any') }}
    group by subject_key

),

accounts as (

    select
        account_key,
        account_id
    from {{ ref('int_account_members') }}
    group by
        account_key,
        account_id

),

subjects as (

    select
        first_days.subject_key,
        coalesce(persons.person_id, 'account:' || accounts.account_id) as subject_id,
        {{ subject_type('first_days.subject_key') }} as subject_type,
        first_days.subject_key < 0 as is_account,
        first_days.first_seen_on
    from first_days
    left join {{ ref('int_persons') }} as persons
        on first_days.subject_key = persons.person_key
    left join accounts on first_days.subject_key = accounts.account_key

)

select * from subjects
