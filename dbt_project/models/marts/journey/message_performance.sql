-- What came of the messages of each month, by what they were and by where their recipients stood on
-- the eve.

with

messages as (

    select
        outcomes.delivery_id,
        outcomes.person_key,
        outcomes.fact_date,
        outcomes.delivered_at,
        coalesce({{ json_word('events.properties', 'channel') }}, 'email') as channel,
        coalesce({{ json_word('events.properties', 'campaign') }}, 'unknown') as campaign,
        coalesce({{ json_word('events.properties', 'variant') }}, 'unknown') as variant,
        coalesce(states.stage, 'unknown') as stage,
        coalesce(states.health, 'unknown') as health,
        outcomes.opened_at,
        outcomes.clicked_at,
        outcomes.unsubscribed_at
    from {{ ref('int_message_outcomes') }} as outcomes
    inner join {{ ref('stg_events') }} as events on outcomes.delivery_id = events.event_id
    left join {{ ref('int_person_states') }} as states
        on
            outcomes.person_key = states.subject_key
            and outcomes.fact_date > states.valid_from
            and outcomes.fact_date <= states.valid_to

),

-- An order belongs to the latest message alone.
credited_orders as (

    select
        orders.order_id,
        max_by(messages.delivery_id, (messages.delivered_at, messages.delivery_id)) as delivery_id,
        max(orders.order_value - orders.refunded_value) as net_revenue,
        bool_or(orders.is_missing_rate) as is_missing_rate
    from {{ ref('int_booked_orders') }} as orders
    cross join {{ ref('int_kpi_windows') }} as windows
    inner join messages
        on
            orders.person_key = messages.person_key
            and orders.created_at >= messages.delivered_at
            and orders.order_date
            <= {{ add_days('messages.fact_date', 'windows.message_order_days') }}
    group by orders.order_id

),

message_orders as (

    select
        delivery_id,
        count(*) as orders,
        sum(net_revenue) as net_revenue,
        bool_or(is_missing_rate) as is_missing_rate
    from credited_orders
    group by delivery_id

),

message_performance as (

    select
        {{ period_start('messages.fact_date', 'month') }} as month,
        messages.channel,
        messages.campaign,
        messages.variant,
        messages.stage,
        messages.health,
        count(*) as delivered,
        count(messages.opened_at) as opened,
        count(messages.clicked_at) as clicked,
        count(messages.unsubscribed_at) as unsubscribed,
        cast(coalesce(sum(message_orders.orders), 0) as bigint) as orders,
        cast(
            case
                when not coalesce(bool_or(message_orders.is_missing_rate), false)
                    then coalesce(sum(message_orders.net_revenue), 0)
            end as decimal(38, 4)
        ) as net_revenue
    from messages
    left join message_orders on messages.delivery_id = message_orders.delivery_id
    group by
        {{ period_start('messages.fact_date', 'month') }},
        messages.channel,
        messages.campaign,
        messages.variant,
        messages.stage,
        messages.health

)

select * from message_performance
