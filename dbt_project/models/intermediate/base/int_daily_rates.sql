-- The rate in force on each day, so that money is converted by one equality join.

with

settings as (

    select * from {{ ref('int_settings') }}

),

rates as (

    select
        currency,
        date as valid_from,
        rate,
        lead(date) over (partition by currency order by date) as next_from
    from {{ ref('stg_exchange_rates') }}

),

rate_spans as (

    select
        rates.currency,
        rates.rate,
        rates.valid_from,
        least({{ add_days('rates.next_from', -1) }}, settings.as_of_date) as valid_until
    from rates
    cross join settings
    where
        rates.valid_from <= settings.as_of_date
        and rates.currency <> settings.reporting_currency

),

daily_rates as (

    select
        currency,
        {{ unnest_dates('valid_from', 'valid_until') }} as date,
        rate
    from rate_spans

)

select * from daily_rates
