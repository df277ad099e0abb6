-- What the subscriptions in force on the as-of date will bring in 365 days: their monthly amount
-- for as long as subscriptions of their age last. After the last end that was seen survival stays
-- flat.

with

settings as (

    select as_of_date from {{ ref('int_settings') }}

),

subscriptions as (

    select
        terms.person_key,
        terms.subscription_id,
        {{ days_between('terms.begins_on', 'settings.as_of_date') }} as age_days,
        amounts.amount,
        amounts.is_missing_rate
    from {{ ref('int_subscription_terms') }} as terms
    cross join settings
    inner join {{ ref('int_subscription_amounts') }} as amounts
        on
            terms.person_key = amounts.person_key
            and terms.subscription_id = amounts.subscription_id
            and settings.as_of_date >= amounts.valid_from
            and settings.as_of_date < amounts.valid_to
    where
        settings.as_of_date >= terms.begins_on
        and settings.as_of_date < terms.ends_on

),

ages as (

    select age_days
    from subscriptions
    group by age_days

),

days_survived as (

    select
        ages.age_days,
        365 as days_ahead,
        survival.surviving_share,
        survival.days_survived_before
        + cast(survival.surviving_share as decimal(38, 18))
        * (ages.age_days + 365 - survival.days_from) as days_survived
    from ages
    inner join {{ ref('int_subscription_survival') }} as survival
        on
            ages.age_days + 365 >= survival.days_from
            and (ages.age_days + 365 < survival.days_until or survival.days_until is null)

    union all

    select
        ages.age_days,
        0 as days_ahead,
        survival.surviving_share,
        survival.days_survived_before
        + cast(survival.surviving_share as decimal(38, 18))
        * (ages.age_days - survival.days_from) as days_survived
    from ages
    inner join {{ ref('int_subscription_survival') }} as survival
        on
            ages.age_days >= survival.days_from
            and (ages.age_days < survival.days_until or survival.days_until is null)

),

expected_days as (

    select
        later.age_days,
        cast(later.days_survived - today.days_survived as double) / today.surviving_share
            as days
    from days_survived as later
    inner join days_survived as today
        on
            later.age_days = today.age_days
            and today.days_ahead = 0
    where later.days_ahead = 365

),

subscription_values as (

    select
        subscriptions.person_key,
        case
            when not bool_or(subscriptions.is_missing_rate)
                then
                    cast(
                        round(
                            sum(
                                cast(
                                    cast(subscriptions.amount as double) * 12 / 365
                                    * expected_days.days as decimal(38, 12)
                                )
                            ),
                            4
                        ) as decimal(18, 4)
                    )
        end as contract_value_365d
    from subscriptions
    inner join expected_days on subscriptions.age_days = expected_days.age_days
    group by subscriptions.person_key

)

select * from subscription_values
