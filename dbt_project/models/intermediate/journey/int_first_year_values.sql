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

money as (

    select
        person_key,
        order_date as date,
        is_missing_rate,
        order_value as net_value
    from {{ ref('int_booked_orders') }}

    union all

    select
        orders.person_key,
        refunds.refund_date as date,
        orders.is_missing_rate,
        -refunds.refund_value as net_value
    from {{ ref('int_refunds') }} as refunds
    inner join {{ ref('int_booked_orders') }} as orders on refunds.order_id = orders.order_id

),

first_year_values as (

    select
        first_orders.person_key,
        first_orders.first_order_on,
        cast(
            case when not bool_or(money.is_missing_rate) then sum(money.net_value) end
            as decimal(18, 4)
        ) as net_value
    from first_orders
    inner join money
        on
            first_orders.person_key = money.person_key
            and first_orders.last_on >= money.date
    group by
        first_orders.person_key,
        first_orders.first_order_on

)

select * from first_year_values
