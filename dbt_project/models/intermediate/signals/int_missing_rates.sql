-- Money that could not be converted: its value is null, and publishing is blocked unless the var
-- allow_missing_rates is set.

with

missing_rates as (

    select
        'orders' as source_table,
        order_id as source_id,
        order_date as date,
        currency
    from {{ ref('int_orders') }}
    where rate is null

    union all

    select
        'events' as source_table,
        event_id as source_id,
        event_date as date,
        currency
    from {{ ref('int_events') }}
    where
        value is null
        and has_value

)

select * from missing_rates
