-- Law: no money is left without a value for want of an exchange rate, unless the var
-- allow_missing_rates says that it may.

{{ config(
    enabled=not var('allow_missing_rates'),
    meta={'dagster': {'ref': {'name': 'int_orders'}}},
) }}

with

unconverted_money as (

    select
        'orders' as source_table,
        order_date as date,
        currency
    from {{ ref('int_orders') }}
    where rate is null

    union all

    select
        'events' as source_table,
        events.event_date as date,
        stated_events.currency
    from {{ ref('int_events') }} as events
    inner join {{ ref('stg_events') }} as stated_events
        on events.raw_row_id = stated_events.raw_row_id
    where events.is_missing_rate

),

missing_rates as (

    select
        source_table,
        currency,
        min(date) as first_on,
        max(date) as last_on,
        count(*) as amounts
    from unconverted_money
    group by
        source_table,
        currency

)

select * from missing_rates
