-- Everybody a fact can belong to: customers (after merges), visitors not identified, and the
-- unknown buyers of orders that carry no id at all.

with

named_customers as (

    select user_id as customer_id from {{ ref('int_event_ids_seen') }} where user_id is not null

    union

    select customer_id from {{ ref('stg_orders') }} where customer_id is not null

    union

    select customer_id from {{ ref('stg_customers') }}

),

final_customers as (

    select coalesce(customer_merges.final_customer_id, named_customers.customer_id) as customer_id
    from named_customers
    left join {{ ref('int_customer_merges') }} as customer_merges
        on named_customers.customer_id = customer_merges.customer_id
    group by coalesce(customer_merges.final_customer_id, named_customers.customer_id)

),

people as (

    select
        'customer:' || customer_id as person_id,
        customer_id,
        cast(null as integer) as device_key,
        cast(null as string) as guest_order_id
    from final_customers

    union all

    select
        'visitor:' || anonymous_id as person_id,
        cast(null as string) as customer_id,
        device_key,
        cast(null as string) as guest_order_id
    from {{ ref('int_devices') }}
    where
        owners = 0
        and anonymous_id is not null

    union all

    select
        'visitor:order:' || order_id as person_id,
        cast(null as string) as customer_id,
        cast(null as integer) as device_key,
        order_id as guest_order_id
    from {{ ref('stg_orders') }}
    where
        customer_id is null
        and anonymous_id is null

),

persons as (

    select
        cast(row_number() over (order by people.person_id) as integer) as person_key,
        people.person_id,
        people.customer_id,
        people.device_key,
        people.guest_order_id,
        people.customer_id is not null as is_identified,
        customers.account_id
    from people
    left join {{ ref('stg_customers') }} as customers
        on people.customer_id = customers.customer_id

)

select * from persons
