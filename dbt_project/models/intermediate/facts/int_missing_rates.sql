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
        stated_events.event_id as source_id,
        events.event_date as date,
        stated_events.currency
    from {{ ref('int_events') }} as events
    inner join {{ ref('stg_events') }} as stated_events
        on events.raw_row_id = stated_events.raw_row_id
    where events.is_missing_rate

)

select * from missing_rates
