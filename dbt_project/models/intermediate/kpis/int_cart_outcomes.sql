-- How each cart ended: ordered before its first long silence, or fallen silent first,
-- and then ordered in time or not; open while neither has happened by the end of the as-of
-- date.

with

settings as (

    select as_of_date from {{ ref('int_settings') }}

),

first_orders as (

    select
        cart_id,
        min_by(order_id, (created_at, order_id)) as order_id,
        min(created_at) as ordered_at,
        min(order_date) as ordered_on
    from {{ ref('int_cart_orders') }}
    group by cart_id

),

outcomes as (

    select
        carts.cart_id,
        carts.person_key,
        carts.created_at,
        carts.created_on,
        carts.created_on as fact_date,
        carts.last_event_at,
        carts.events,
        carts.quantity,
        carts.cart_value,
        carts.is_missing_rate,
        carts.has_checkout,
        carts.silent_at,
        first_orders.order_id,
        first_orders.ordered_at,
        case
            when first_orders.ordered_at <= carts.silent_at then 'converted'
            when carts.silent_on > settings.as_of_date then 'open'
            when
                first_orders.ordered_on
                <= {{ add_days('carts.silent_on', 'windows.cart_recovery_days') }}
                then 'recovered'
            else 'abandoned'
        end as outcome,
        {{ add_days('carts.silent_on', 'windows.cart_recovery_days') }} as recoverable_until
    from {{ ref('int_carts') }} as carts
    cross join settings
    cross join {{ ref('int_kpi_windows') }} as windows
    left join first_orders on carts.cart_id = first_orders.cart_id

)

select * from outcomes
