-- Carts as published: what was in them, how far they came and how they ended.

with

cart_outcomes as (

    select
        outcomes.cart_id,
        persons.person_id as subject_id,
        outcomes.created_on,
        outcomes.created_at,
        outcomes.last_event_at,
        outcomes.events,
        outcomes.quantity,
        case when not outcomes.is_missing_rate then outcomes.cart_value end as cart_value,
        case
            when outcomes.order_id is not null then 'order'
            when outcomes.has_checkout then 'checkout'
            else 'cart'
        end as step_reached,
        outcomes.outcome,
        case
            when outcomes.outcome in ('abandoned', 'recovered') then outcomes.silent_at
        end as abandoned_at,
        case
            when outcomes.outcome in ('abandoned', 'recovered') then outcomes.recoverable_until
        end as recoverable_until_on,
        outcomes.order_id,
        outcomes.ordered_at
    from {{ ref('int_cart_outcomes') }} as outcomes
    inner join {{ ref('int_persons') }} as persons
        on outcomes.person_key = persons.person_key

)

select * from cart_outcomes
