-- Law: the first day of the calendar is that of the first signal or row of channel_daily, although
-- it is found without making the signals.

{{ config(meta={'dagster': {'ref': {'name': 'int_periods'}}}) }}

with

settings as (

    select as_of_date from {{ ref('int_settings') }}

),

fact_days as (

    select signal_date as date from {{ ref('int_signal_days') }}

    union all

    select date from {{ ref('stg_channel_daily') }}

),

first_facts as (

    select min(fact_days.date) as first_on
    from fact_days
    cross join settings
    where fact_days.date <= settings.as_of_date

),

first_periods as (

    select min(period_start) as first_on
    from {{ ref('int_periods') }}
    where period_grain = 'day'

),

differences as (

    select
        first_facts.first_on as first_fact_on,
        first_periods.first_on as calendar_begins_on
    from first_facts
    cross join first_periods
    where first_facts.first_on is distinct from first_periods.first_on

)

select * from differences
