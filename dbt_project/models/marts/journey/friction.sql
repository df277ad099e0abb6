-- Where orders are lost, and to what: refunds by their reason, cancelled orders, tickets by their
-- topic, carts left behind by how far they came, on which device and by whom.

with

cart_devices as (

    select
        cart_events.cart_id,
        min_by(events.device_type, (cart_events.occurred_at, cart_events.event_id)) as device
    from {{ ref('int_cart_events') }} as cart_events
    inner join {{ ref('stg_events') }} as events on cart_events.event_id = events.event_id
    where events.device_type is not null
    group by cart_events.cart_id

),

cases as (

    select
        'refund' as step,
        coalesce({{ word('refunds.reason') }}, 'unknown') as reason,
        'all' as device,
        'all' as buyer,
        cast(valued_refunds.refund_value as decimal(38, 10)) as value_lost,
        valued_refunds.refund_value is null as is_missing_rate
    from {{ ref('int_refunds') }} as valued_refunds
    inner join {{ ref('stg_refunds') }} as refunds
        on valued_refunds.refund_id = refunds.refund_id

    union all

    select
        'cancellation' as step,
        'cancelled' as reason,
        'all' as device,
        'all' as buyer,
        cast(order_value as decimal(38, 10)) as value_lost,
        order_value is null as is_missing_rate
    from {{ ref('int_orders') }}
    where cancelled_on is not null

    union all

    select
        'ticket' as step,
        coalesce({{ json_word('events.properties', 'topic') }}, 'unknown') as reason,
        'all' as device,
        'all' as buyer,
        cast(null as decimal(38, 10)) as value_lost,
        false as is_missing_rate
    from {{ ref('int_support_tickets') }} as tickets
    inner join {{ ref('stg_events') }} as events on tickets.event_id = events.event_id

    union all

    select
        'cart' as step,
        case when carts.has_checkout then 'checkout' else 'cart' end as reason,
        coalesce(cart_devices.device, 'unknown') as device,
        case when persons.is_identified then 'customer' else 'guest' end as buyer,
        cast(carts.cart_value as decimal(38, 10)) as value_lost,
        carts.is_missing_rate
    from {{ ref('int_cart_outcomes') }} as carts
    inner join {{ ref('int_persons') }} as persons on carts.person_key = persons.person_key
    left join cart_devices on carts.cart_id = cart_devices.cart_id
    where carts.outcome = 'abandoned'

),

friction as (

    select
        step,
        reason,
        device,
        buyer,
        count(*) as cases,
        count(value_lost) as valued_cases,
        cast(
            case when not bool_or(is_missing_rate) then sum(value_lost) end as decimal(38, 4)
        ) as value_lost
    from cases
    group by
        step,
        reason,
        device,
        buyer

)

select * from friction
