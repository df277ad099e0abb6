-- Carts with their person, their value and the first silence of more than a day: between two
-- events, or after the last one.

with

cart_totals as (

    select
        cart_id,
        min_by(person_key, (occurred_at, event_id)) as person_key,
        min(occurred_at) as created_at,
        min(event_date) as created_on,
        max(occurred_at) as last_event_at,
        count(*) as events,
        cast(sum(quantity) as decimal(38, 4)) as quantity,
        cast(
            round(sum(cast(unit_value as decimal(28, 4)) * quantity), 4) as decimal(38, 4)
        ) as cart_value,
        bool_or(is_missing_rate) as is_missing_rate,
        coalesce(bool_or(signal = 'checkout'), false) as has_checkout,
        min(
            case
                when next_at is null or next_at > occurred_at + interval 24 hour then occurred_at
            end
        ) + interval 24 hour as silent_at
    from {{ ref('int_cart_events') }}
    group by cart_id

),

carts as (

    select
        *,
        {{ local_date('silent_at') }} as silent_on
    from cart_totals

)

select * from carts
