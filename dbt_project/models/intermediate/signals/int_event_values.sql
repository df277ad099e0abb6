-- The value of each event that has one: the column `value` or the property that the seed names, in the
-- reporting currency where the signal is money and the event has a currency. A missing rate gives a
-- row with a null value: int_missing_rates lists it.

with

valued_events as (

    select
        events.event_id,
        {{ local_date('events.occurred_at') }} as event_date,
        case
            when event_signals.value_property is null then events.value
            else {{ json_decimal('events.properties', 'event_signals.value_property') }}
        end as stated_value,
        case when event_signals.is_money then events.currency end as currency
    from {{ ref('stg_events') }} as events
    inner join {{ ref('event_signals') }} as event_signals
        on events.event_name = event_signals.event_name
    where
        events.value is not null
        or event_signals.value_property is not null

),

event_values as (

    select
        valued_events.event_id,
        valued_events.event_date,
        valued_events.currency,
        valued_events.stated_value,
        case
            when
                valued_events.currency is null
                or valued_events.currency = settings.reporting_currency
                then valued_events.stated_value
            else cast(round(valued_events.stated_value * rates.rate, 4) as decimal(18, 4))
        end as value
    from valued_events
    cross join {{ ref('int_settings') }} as settings
    left join {{ ref('int_daily_rates') }} as rates
        on
            valued_events.currency = rates.currency
            and valued_events.event_date = rates.date
    where
        valued_events.stated_value is not null
        and valued_events.event_date <= settings.as_of_date

)

select * from event_values
