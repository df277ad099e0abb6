-- The days on which customers have booked orders of their own accord: what a subscription orders
-- comes by itself and says nothing of how often somebody decides to buy.

with

order_days as (

    select
        person_key,
        order_date,
        cast(
            sum(coalesce(order_value, 0) - coalesce(refunded_value, 0)) as decimal(18, 4)
        ) as net_value,
        bool_or(is_missing_rate) as is_missing_rate
    from {{ ref('int_booked_orders') }}
    where
        not is_guest
        and subscription_id is null
    group by
        person_key,
        order_date

)

select * from order_days
