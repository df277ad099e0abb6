-- Carts with their person, their value and the first long silence: between two events, or after the
-- last one. The value is unknown if no addition states one.

with

silences as (

    select cart_silence_hours * interval '1' hour as silence
    from {{ ref('int_kpi_windows') }}

),

cart_totals as (

    select
        events.cart_id,
        min(events.named_cart) as named_cart,
        min_by(events.person_key, (events.occurred_at, events.event_id)) as person_key,
        min(events.occurred_at) as created_at,
        min(events.event_date) as created_on,
        max(events.occurred_at) as last_event_at,
        count(*) as events,
        cast(sum(events.quantity) as decimal(38, 4)) as quantity,
        case
            when count(events.stated_value) > 0
                then cast(
                    sum(
                        coalesce(cast(events.unit_value as decimal(28, 4)), 0) * events.quantity
                    ) as decimal(38, 10)
                )
        end as cart_value,
        bool_or(events.is_missing_rate) as is_missing_rate,
        bool_or(events.is_checkout) as has_checkout,
        min(
            case
                when
                    events.next_at is null
                    or events.next_at > events.occurred_at + silences.silence
                    then events.occurred_at + silences.silence
            end
        ) as silent_at
    from {{ ref('int_cart_events') }} as events
    cross join silences
    group by events.cart_id

),

carts as (

    select
        *,
        {{ local_date('silent_at') }} as silent_on
    from cart_totals

)

select * from carts
