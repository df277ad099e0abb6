-- What each customer brought within a year of the first booked order: orders less refunds, by
-- their own dates.

with

first_orders as (

    select
        first_orders.person_key,
        first_orders.order_date as first_order_on,
        {{ add_days('first_orders.order_date', 'windows.first_year_days') }} as last_on
    from {{ ref('int_first_orders') }} as first_orders
    cross join {{ ref('int_kpi_windows') }} as windows

),

first_year_values as (

    select
        first_orders.person_key,
        first_orders.first_order_on,
        cast(
            case when not bool_or(days.is_missing_rate) then sum(days.net_revenue) end
            as decimal(18, 4)
        ) as net_value
    from first_orders
    inner join {{ ref('int_net_revenue_days') }} as days
        on
            first_orders.person_key = days.person_key
            and first_orders.last_on >= days.date
    group by
        first_orders.person_key,
        first_orders.first_order_on

)

select * from first_year_values
