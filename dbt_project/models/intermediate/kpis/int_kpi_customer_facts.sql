-- What an order day says about the days between orders: the first one whether a second follows
-- within 90 days, ends included, every later one how long the customer took to come back.

with

facts as (

    select
        order_date as fact_date,
        person_key,
        case when previous_order_on is null then 1 end as new_customers,
        case
            when next_order_on <= {{ add_days('order_date', 90) }} then 1
            else 0
        end as second_orders,
        {{ days_between('previous_order_on', 'order_date') }} as days_since_previous
    from {{ ref('int_customer_order_days') }}

)

select * from facts
