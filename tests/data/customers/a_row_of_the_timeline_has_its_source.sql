-- Every row that comes from an order, a refund, a customer or the history names one, at the instant
-- that this says; of events, of which there are many, those of the last 31 days are looked up.

{{ config(meta={'dagster': {'ref': {'name': 'customer_timeline'}}}) }}

with

timeline as (

    select timeline.*
    from {{ ref('customer_timeline') }} as timeline
    cross join {{ ref('int_settings') }} as settings
    where
        timeline.source_table <> 'events'
        or {{ local_date('timeline.occurred_at') }} > {{ add_days('settings.as_of_date', -31) }}

),

sources as (

    select
        'orders' as source_table,
        order_id as source_id,
        created_at as occurred_at
    from {{ ref('stg_orders') }}

    union all

    select
        'orders' as source_table,
        order_id as source_id,
        delivered_at as occurred_at
    from {{ ref('stg_orders') }}
    where delivered_at <> created_at

    union all

    select
        'refunds' as source_table,
        refund_id as source_id,
        created_at as occurred_at
    from {{ ref('stg_refunds') }}

    union all

    select
        'customers' as source_table,
        customer_id as source_id,
        created_at as occurred_at
    from {{ ref('stg_customers') }}

    union all

    select
        'events' as source_table,
        events.event_id as source_id,
        events.occurred_at
    from {{ ref('stg_events') }} as events
    cross join {{ ref('int_settings') }} as settings
    where {{ local_date('events.occurred_at') }} > {{ add_days('settings.as_of_date', -31) }}

),

intervals as (

    select
        subject_id,
        framework || ':' || valid_from as source_id,
        {{ day_start('valid_from') }} as occurred_at
    from {{ ref('lifecycle_history') }}

)

select
    timeline.subject_id,
    timeline.occurred_at,
    timeline.kind,
    timeline.source_table,
    timeline.source_id
from timeline
left join sources
    on
        timeline.source_table = sources.source_table
        and timeline.source_id = sources.source_id
        and timeline.occurred_at = sources.occurred_at
left join intervals
    on
        timeline.subject_id = intervals.subject_id
        and timeline.source_id = intervals.source_id
        and timeline.occurred_at = intervals.occurred_at
where
    case
        when timeline.source_table = 'lifecycle_history' then intervals.source_id
        else sources.source_id
    end is null
