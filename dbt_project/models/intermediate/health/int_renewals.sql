-- The next day on which a subject's subscriptions renew: of those in force that no cancel has
-- ended, the first to have paid up, counted from the day after the as-of date.

with

settings as (

    select as_of_date from {{ ref('int_settings') }}

),

running_periods as (

    select
        periods.person_key,
        periods.subscription_id,
        max(periods.paid_until) as paid_until
    from {{ ref('int_paid_periods') }} as periods
    cross join settings
    where periods.ends_on > settings.as_of_date
    group by
        periods.person_key,
        periods.subscription_id

),

last_moves as (

    select
        person_key,
        subscription_id,
        max(case when is_paid then place end) as last_begun,
        max(case when is_cancel then place end) as last_cancel
    from {{ ref('int_subscription_event_terms') }}
    group by
        person_key,
        subscription_id

),

person_renewals as (

    select
        running_periods.person_key as subject_key,
        min(running_periods.paid_until) as renews_on
    from running_periods
    cross join settings
    inner join last_moves
        on
            running_periods.person_key = last_moves.person_key
            and running_periods.subscription_id = last_moves.subscription_id
    where
        coalesce(last_moves.last_cancel <= last_moves.last_begun, true)
        and running_periods.paid_until > settings.as_of_date
    group by running_periods.person_key

),

renewals as (

    select * from person_renewals

    union all

    select
        members.account_key as subject_key,
        min(person_renewals.renews_on) as renews_on
    from person_renewals
    inner join {{ ref('int_account_members') }} as members
        on person_renewals.subject_key = members.person_key
    group by members.account_key

)

select * from renewals
