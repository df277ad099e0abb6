-- The order days of customers in number, the late ones under one number: what was ordered, what it
-- left over, and how long the next one took or has not come yet.

with

order_margins as (

    select
        person_key,
        order_date,
        count(product_cost) as costed_orders,
        sum(
            case
                when product_cost is not null then order_value - refunded_value - product_cost
            end
        ) as margin
    from {{ ref('int_booked_orders') }}
    where not is_guest
    group by
        person_key,
        order_date

),

numbered_days as (

    select
        *,
        row_number() over (partition by person_key order by order_date) as day_number
    from {{ ref('int_customer_order_days') }}

),

order_steps as (

    select
        days.person_key,
        least(days.day_number, windows.followed_order_days) as order_day_number,
        days.order_date,
        days.orders,
        days.gross_value,
        days.is_missing_rate,
        order_margins.costed_orders,
        order_margins.margin,
        days.next_order_on is not null as has_next,
        {{ days_between(
            'days.order_date', 'coalesce(days.next_order_on, settings.as_of_date)'
        ) }} as followed_days
    from numbered_days as days
    cross join {{ ref('int_settings') }} as settings
    cross join {{ ref('int_kpi_windows') }} as windows
    inner join order_margins
        on
            days.person_key = order_margins.person_key
            and days.order_date = order_margins.order_date

)

select * from order_steps
