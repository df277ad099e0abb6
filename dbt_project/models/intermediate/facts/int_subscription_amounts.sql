-- What a person pays per month for each subscription in force, from when to when: the amount last
-- stated, in the reporting currency at the rate of the day of the subscription's first event,
-- since later rates would look like growth. Nothing stated, or nothing above 0, is no amount.

with

settings as (

    select * from {{ ref('int_settings') }}

),

stated_events as (

    select
        subscription_events.person_key,
        subscription_events.subscription_id,
        subscription_events.event_date,
        subscription_events.amount,
        coalesce(events.currency, settings.reporting_currency) as currency,
        row_number() over (
            partition by
                subscription_events.person_key,
                subscription_events.subscription_id,
                subscription_events.event_date
            order by subscription_events.occurred_at desc, subscription_events.event_id desc
        ) as place_from_end
    from {{ ref('int_subscription_events') }} as subscription_events
    cross join settings
    inner join {{ ref('stg_events') }} as events
        on subscription_events.raw_row_id = events.raw_row_id
    where subscription_events.amount is not null

),

first_events as (

    select
        person_key,
        subscription_id,
        min(event_date) as rated_on
    from {{ ref('int_subscription_events') }}
    group by
        person_key,
        subscription_id

),

stated_amounts as (

    select
        person_key,
        subscription_id,
        event_date as stated_from,
        coalesce(
            lead(event_date) over (
                partition by person_key, subscription_id order by event_date
            ),
            cast('9999-12-31' as date)
        ) as stated_until,
        amount,
        currency
    from stated_events
    where place_from_end = 1

),

amounts as (

    select
        terms.person_key,
        terms.subscription_id,
        greatest(terms.begins_on, stated_amounts.stated_from) as valid_from,
        least(terms.ends_on, stated_amounts.stated_until) as valid_to,
        stated_amounts.amount as stated_amount,
        cast(
            round(
                stated_amounts.amount
                * case
                    when stated_amounts.currency = settings.reporting_currency then 1
                    else coalesce(rates.rate, 0)
                end,
                4
            ) as decimal(18, 4)
        ) as amount,
        stated_amounts.currency <> settings.reporting_currency and rates.rate is null
            as is_missing_rate
    from {{ ref('int_subscription_terms') }} as terms
    cross join settings
    inner join stated_amounts
        on
            terms.person_key = stated_amounts.person_key
            and terms.subscription_id = stated_amounts.subscription_id
            and terms.begins_on < stated_amounts.stated_until
            and terms.ends_on > stated_amounts.stated_from
    inner join first_events
        on
            terms.person_key = first_events.person_key
            and terms.subscription_id = first_events.subscription_id
    left join {{ ref('int_daily_rates') }} as rates
        on
            stated_amounts.currency = rates.currency
            and first_events.rated_on = rates.date
    where stated_amounts.amount > 0

)

select * from amounts
