-- Law: delivered messages and their reactions are those of message_outcomes, and no order is
-- credited to two of them.

{{ config(meta={'dagster': {'ref': {'name': 'message_performance'}}}) }}

with

told as (

    select
        coalesce(sum(delivered), 0) as delivered,
        coalesce(sum(opened), 0) as opened,
        coalesce(sum(clicked), 0) as clicked,
        coalesce(sum(unsubscribed), 0) as unsubscribed,
        coalesce(sum(orders), 0) as orders
    from {{ ref('message_performance') }}

),

messages as (

    select
        count(*) as delivered,
        count(opened_at) as opened,
        count(clicked_at) as clicked,
        count(unsubscribed_at) as unsubscribed
    from {{ ref('message_outcomes') }}

),

reached_orders as (

    select count(distinct orders.order_id) as orders
    from {{ ref('int_booked_orders') }} as orders
    cross join {{ ref('int_kpi_windows') }} as windows
    inner join {{ ref('int_message_outcomes') }} as outcomes
        on
            orders.person_key = outcomes.person_key
            and orders.created_at >= outcomes.delivered_at
            and orders.order_date
            <= {{ add_days('outcomes.fact_date', 'windows.message_order_days') }}

)

select told.delivered
from told
cross join messages
cross join reached_orders
where
    told.delivered <> messages.delivered
    or told.opened <> messages.opened
    or told.clicked <> messages.clicked
    or told.unsubscribed <> messages.unsubscribed
    or told.orders <> reached_orders.orders
