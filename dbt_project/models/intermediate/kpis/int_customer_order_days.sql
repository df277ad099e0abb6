-- The days on which a customer has booked orders. Everybody known by an id is a customer from the
-- first booked order on; others are not, since nobody can tell whether they come back.

with

day_totals as (

    select
        person_key,
        order_date,
        count(*) as orders,
        sum(coalesce(order_value, 0)) as gross_value,
        bool_or(is_missing_rate) as is_missing_rate
    from {{ ref('int_booked_orders') }}
    where not is_guest
    group by
        person_key,
        order_date

),

order_days as (

    select
        *,
        min(order_date) over customer_days as first_order_on,
        lag(order_date) over customer_days as previous_order_on,
        lead(order_date) over customer_days as next_order_on
    from day_totals
    window customer_days as (partition by person_key order by order_date)

)

select * from order_days
