{{ config(materialized='view') }}

-- Every signal of a person except `any` and `reactivation`, which are made from these, as the
-- engine reads it: signals by number, events by their row. Over 120 lines, since each signal is a
-- select of its own.

with

settings as (

    select as_of_date from {{ ref('int_settings') }}

),

event_signals as (

    select
        person_key,
        signal_no,
        event_date as signal_date,
        occurred_at,
        value,
        cast(null as date) as voided_on,
        'events' as source_table,
        raw_row_id as event_row_id,
        cast(null as string) as source_id
    from {{ ref('int_event_signals') }}
    where signal_no is not null

),

visits as (

    select
        person_key,
        {{ signal_no('visit') }} as signal_no,
        event_date as signal_date,
        occurred_at,
        cast(null as decimal(18, 4)) as value,
        cast(null as date) as voided_on,
        'sessions' as source_table,
        raw_row_id as event_row_id,
        cast(null as string) as source_id
    from {{ ref('int_session_starts') }}

),

orders as (

    select
        person_key,
        {{ signal_no('order') }} as signal_no,
        order_date as signal_date,
        created_at as occurred_at,
        order_value as value,
        voided_on,
        'orders' as source_table,
        cast(null as bigint) as event_row_id,
        order_id as source_id
    from {{ ref('int_orders') }}

),

order_purchases as (

    select
        person_key,
        {{ signal_no('purchase') }} as signal_no,
        signal_date,
        occurred_at,
        value,
        voided_on,
        source_table,
        event_row_id,
        source_id
    from orders

),

subscription_purchases as (

    select
        person_key,
        {{ signal_no('purchase') }} as signal_no,
        event_date as signal_date,
        occurred_at,
        value,
        cast(null as date) as voided_on,
        'events' as source_table,
        raw_row_id as event_row_id,
        cast(null as string) as source_id
    from {{ ref('int_subscription_events') }}
    where
        is_start_or_renewal
        and is_paid

),

paid_periods as (

    select
        person_key,
        {{ signal_no('subscribed') }} as signal_no,
        begins_on as signal_date,
        occurred_at,
        cast(null as decimal(18, 4)) as value,
        ends_on as voided_on,
        'events' as source_table,
        raw_row_id as event_row_id,
        cast(null as string) as source_id
    from {{ ref('int_paid_periods') }}

),

earned_revenue as (

    select
        person_key,
        {{ signal_no('revenue') }} as signal_no,
        order_date as signal_date,
        created_at as occurred_at,
        order_value as value,
        cancelled_on as voided_on,
        'orders' as source_table,
        cast(null as bigint) as event_row_id,
        order_id as source_id
    from {{ ref('int_orders') }}

),

refunded_revenue as (

    select
        person_key,
        {{ signal_no('revenue') }} as signal_no,
        refund_date as signal_date,
        created_at as occurred_at,
        -refund_value as value,
        cancelled_on as voided_on,
        'refunds' as source_table,
        cast(null as bigint) as event_row_id,
        refund_id as source_id
    from {{ ref('int_refunds') }}

),

open_orders as (

    select
        person_key,
        {{ signal_no('open_order') }} as signal_no,
        order_date as signal_date,
        created_at as occurred_at,
        cast(null as decimal(18, 4)) as value,
        least(delivered_on, voided_on, fulfilment_due_on) as voided_on,
        'orders' as source_table,
        cast(null as bigint) as event_row_id,
        order_id as source_id
    from {{ ref('int_orders') }}

),

deliveries as (

    select
        person_key,
        {{ signal_no('delivery') }} as signal_no,
        delivered_on as signal_date,
        delivered_at as occurred_at,
        cast(null as decimal(18, 4)) as value,
        cast(null as date) as voided_on,
        'orders' as source_table,
        cast(null as bigint) as event_row_id,
        order_id as source_id
    from {{ ref('int_orders') }}
    where delivered_on is not null

),

refunds as (

    select
        person_key,
        {{ signal_no('refund') }} as signal_no,
        refund_date as signal_date,
        created_at as occurred_at,
        refund_value as value,
        cast(null as date) as voided_on,
        'refunds' as source_table,
        cast(null as bigint) as event_row_id,
        refund_id as source_id
    from {{ ref('int_refunds') }}

),

customer_leads as (

    select
        persons.person_key,
        {{ signal_no('lead') }} as signal_no,
        {{ local_date('customers.created_at') }} as signal_date,
        customers.created_at as occurred_at,
        cast(null as decimal(18, 4)) as value,
        cast(null as date) as voided_on,
        'customers' as source_table,
        cast(null as bigint) as event_row_id,
        customers.customer_id as source_id
    from {{ ref('stg_customers') }} as customers
    cross join settings
    left join {{ ref('int_customer_merges') }} as customer_merges
        on customers.customer_id = customer_merges.customer_id
    inner join {{ ref('int_persons') }} as persons
        on coalesce(customer_merges.final_customer_id, customers.customer_id) = persons.customer_id
    where
        not customers.is_deleted
        and {{ local_date('customers.created_at') }} <= settings.as_of_date

),

person_signals as (

    select * from event_signals

    union all

    select * from visits

    union all

    select * from orders

    union all

    select * from order_purchases

    union all

    select * from subscription_purchases

    union all

    select * from paid_periods

    union all

    select * from earned_revenue

    union all

    select * from refunded_revenue

    union all

    select * from open_orders

    union all

    select * from deliveries

    union all

    select * from refunds

    union all

    select * from customer_leads

)

select * from person_signals
