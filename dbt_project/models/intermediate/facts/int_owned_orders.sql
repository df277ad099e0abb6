{{ config(materialized='view') }}

-- Whose each order is: the customer it names, else the owner of its device, at its moment where the
-- device has several, else the visitor, else an unknown buyer of its own. Only valid orders up to
-- the as-of date: what is dated later has not happened yet.

with

valid_orders as (

    select
        orders.*,
        {{ local_date('orders.created_at') }} as order_date,
        coalesce(customer_merges.final_customer_id, orders.customer_id) as final_customer_id,
        -- A join condition on one side alone would make the engine compare every pair of rows.
        case when orders.customer_id is null then orders.anonymous_id end as unclaimed_anonymous_id
    from {{ ref('stg_orders') }} as orders
    cross join {{ ref('int_settings') }} as settings
    left join {{ ref('int_customer_merges') }} as customer_merges
        on orders.customer_id = customer_merges.customer_id
    where
        orders.is_valid
        and {{ local_date('orders.created_at') }} <= settings.as_of_date

),

owned_orders as (

    select
        valid_orders.order_id,
        coalesce(customers.person_key, visitors.person_key, guests.person_key) as person_key,
        valid_orders.created_at,
        valid_orders.order_date,
        valid_orders.cancelled_at,
        valid_orders.delivered_at,
        valid_orders.status,
        valid_orders.currency,
        valid_orders.total_price,
        valid_orders.total_tax,
        valid_orders.total_shipping
    from valid_orders
    left join {{ ref('int_devices') }} as devices
        on valid_orders.unclaimed_anonymous_id = devices.anonymous_id
    left join {{ ref('int_device_ownerships') }} as ownerships
        on
            devices.device_key = ownerships.device_key
            and valid_orders.created_at > ownerships.owned_after
            and valid_orders.created_at <= ownerships.owned_until
    left join {{ ref('int_persons') }} as customers
        on
            coalesce(
                valid_orders.final_customer_id, devices.customer_id, ownerships.customer_id
            ) = customers.customer_id
    left join {{ ref('int_persons') }} as visitors on devices.device_key = visitors.device_key
    left join {{ ref('int_persons') }} as guests on valid_orders.order_id = guests.guest_order_id

)

select * from owned_orders
