-- When a subject has shown no interest for so long that a prospect counts as cold: from
-- `cold_after_days` after its first day, or its last visit, lead or click in an e-mail, until the
-- next one.

with

policy as (

    select * from {{ ref('health_policy') }} where key = 'default'

),

person_days as (

    select
        person_key as subject_key,
        signal_date as alive_on
    from {{ ref('int_person_signals') }}
    where
        signal_no in (
            {{ signal_no('visit') }}, {{ signal_no('lead') }}, {{ signal_no('email_clicked') }}
        )

),

subject_days as (

    select * from person_days

    union all

    select
        members.account_key as subject_key,
        person_days.alive_on
    from person_days
    inner join {{ ref('int_account_members') }} as members
        on person_days.subject_key = members.person_key

    union all

    -- Of an account its own first day: a member who is seen later shows no interest by that.
    select
        subject_key,
        first_seen_on as alive_on
    from {{ ref('int_first_seen') }}

),

alive_days as (

    select
        subject_key,
        alive_on
    from subject_days
    group by
        subject_key,
        alive_on

),

gaps as (

    select
        alive_days.subject_key,
        {{ add_days('alive_days.alive_on', 'policy.cold_after_days') }} as silent_from,
        lead(alive_days.alive_on) over (
            partition by alive_days.subject_key order by alive_days.alive_on
        ) as silent_until
    from alive_days
    cross join policy

),

silences as (

    select *
    from gaps
    where
        silent_until is null
        or silent_until > silent_from

)

select * from silences
