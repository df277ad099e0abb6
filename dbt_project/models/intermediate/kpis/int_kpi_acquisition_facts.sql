-- What winning customers costs and brings, by day: spend, orders, and first orders.

with

spend_facts as (

    select
        fact_date,
        cast(null as bigint) as person_key,
        channel,
        is_missing_rate,
        spend,
        cast(null as integer) as orders,
        cast(null as decimal(18, 4)) as gross_value,
        cast(null as integer) as new_customers,
        cast(null as integer) as days_from_first_seen
    from {{ ref('int_kpi_channel_facts') }}
    where spend is not null

),

order_facts as (

    select
        order_date as fact_date,
        person_key,
        channel,
        is_missing_rate,
        cast(null as decimal(18, 4)) as spend,
        1 as orders,
        coalesce(order_value, 0) as gross_value,
        cast(null as integer) as new_customers,
        cast(null as integer) as days_from_first_seen
    from {{ ref('int_booked_orders') }}

),

-- Apart from the orders: a customer counts whatever the money of the order.
customer_facts as (

    select
        order_date as fact_date,
        person_key,
        channel,
        false as is_missing_rate,
        cast(null as decimal(18, 4)) as spend,
        cast(null as integer) as orders,
        cast(null as decimal(18, 4)) as gross_value,
        1 as new_customers,
        days_from_first_seen
    from {{ ref('int_first_orders') }}

),

facts as (

    select * from spend_facts

    union all

    select * from order_facts

    union all

    select * from customer_facts

)

select * from facts
