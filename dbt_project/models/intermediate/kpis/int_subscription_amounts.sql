-- What a person pays per month for each subscription, from when to when, in the reporting currency
-- at the rate of the day on which the subscription first states an amount: later rates would look
-- like growth. Without a sign of life it runs for a month and the grace period.

with

settings as (

    select * from {{ ref('int_settings') }}

),

subscription_events as (

    select
        contract_events.person_key,
        contract_events.subscription_id,
        contract_events.event_date as signal_date,
        contract_events.occurred_at,
        contract_events.event_id,
        contract_events.is_cancel as is_cancelled,
        case when not contract_events.is_cancel then contract_events.amount end as amount,
        coalesce(events.currency, settings.reporting_currency) as currency
    from {{ ref('int_contract_events') }} as contract_events
    cross join settings
    inner join {{ ref('stg_events') }} as events
        on contract_events.raw_row_id = events.raw_row_id
    where
        contract_events.stating_order is not null
        or contract_events.is_cancel

),

-- An event without an amount keeps the one stated last, even over a cancellation.
stated_amounts as (

    select
        *,
        last_value(amount ignore nulls) over events_so_far as stated_amount,
        last_value(case when amount is not null then currency end ignore nulls)
            over events_so_far as stated_currency,
        min(case when amount is not null then signal_date end)
            over (partition by person_key, subscription_id) as rated_on,
        row_number() over (
            partition by person_key, subscription_id, signal_date
            order by occurred_at desc, event_id desc
        ) as place_from_end
    from subscription_events
    window events_so_far as (
        partition by person_key, subscription_id
        order by occurred_at, event_id
    )

),

day_ends as (

    select
        *,
        lead(signal_date) over (
            partition by person_key, subscription_id order by signal_date
        ) as next_event_on
    from stated_amounts
    where place_from_end = 1

),

amounts as (

    select
        day_ends.person_key,
        day_ends.subscription_id,
        day_ends.signal_date as valid_from,
        least(
            day_ends.next_event_on,
            {{ add_days('day_ends.signal_date', '31 + ' ~ var('subscription_grace_days')) }}
        ) as valid_to,
        cast(
            round(
                day_ends.stated_amount
                * case
                    when day_ends.stated_currency = settings.reporting_currency then 1
                    else coalesce(rates.rate, 0)
                end,
                4
            ) as decimal(18, 4)
        ) as amount,
        day_ends.stated_currency <> settings.reporting_currency and rates.rate is null
            as is_missing_rate
    from day_ends
    cross join settings
    left join {{ ref('int_daily_rates') }} as rates
        on
            day_ends.stated_currency = rates.currency
            and day_ends.rated_on = rates.date
    where
        not day_ends.is_cancelled
        and day_ends.stated_amount > 0

)

select * from amounts
