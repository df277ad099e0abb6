-- The day of the first signal of each person and account, even of one voided later: the first day
-- anything is said about them.

with

person_days as (

    select
        person_key as subject_key,
        min(signal_date) as first_seen_on
    from {{ ref('int_person_signals') }}
    group by person_key

),

account_days as (

    select
        members.account_key as subject_key,
        min(person_days.first_seen_on) as first_seen_on
    from person_days
    inner join {{ ref('int_account_members') }} as members
        on person_days.subject_key = members.person_key
    group by members.account_key

),

first_seen as (

    select * from person_days

    union all

    select * from account_days

)

select * from first_seen
