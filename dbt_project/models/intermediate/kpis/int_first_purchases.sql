-- The first purchase of each person that can be named: a booked order, or a start or renewal of a
-- subscription that states no amount of 0 or less. With what a newcomer has to begin: when the
-- person first completed the onboarding and first used a feature.

with

purchases as (

    select
        person_key,
        created_at as purchased_at,
        order_date as purchased_on
    from {{ ref('int_booked_orders') }}
    where not is_guest

    union all

    select
        person_key,
        occurred_at as purchased_at,
        event_date as purchased_on
    from {{ ref('int_subscription_events') }}
    where
        is_paid
        and is_start_or_renewal

),

first_signals as (

    select
        person_key,
        min(case when signal = 'onboarding_complete' then signal_date end) as onboarded_on,
        min(case when signal = 'feature_use' then signal_date end) as feature_used_on
    from {{ ref('int_person_signals_by_name') }}
    where signal in ('onboarding_complete', 'feature_use')
    group by person_key

),

first_purchases as (

    select
        purchases.person_key,
        min(purchases.purchased_at) as purchased_at,
        min(purchases.purchased_on) as purchased_on,
        min(first_signals.onboarded_on) as onboarded_on,
        min(first_signals.feature_used_on) as feature_used_on
    from purchases
    left join first_signals on purchases.person_key = first_signals.person_key
    group by purchases.person_key

)

select * from first_purchases
