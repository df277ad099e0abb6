-- How far the new customers of each month have paid back what the month spent: by each month since,
-- the sum of their net revenue less the product costs that are fully known. Closed months only.

with

months as (

    select
        periods.period_start as cohort_month,
        {{ add_days('periods.period_end', -1) }} <= settings.as_of_date as is_closed
    from {{ ref('int_periods') }} as periods
    cross join {{ ref('int_settings') }} as settings
    where periods.period_grain = 'month'

),

cohorts as (

    select
        person_key,
        {{ period_start('order_date', 'month') }} as cohort_month
    from {{ ref('int_first_orders') }}

),

money as (

    select
        orders.person_key,
        {{ period_start('orders.order_date', 'month') }} as month,
        orders.is_missing_rate,
        coalesce(orders.order_value, 0) - coalesce(costs.product_cost, 0) as net_value
    from {{ ref('int_booked_orders') }} as orders
    left join {{ ref('int_order_costs') }} as costs on orders.order_id = costs.order_id

    union all

    select
        orders.person_key,
        {{ period_start('refunds.refund_date', 'month') }} as month,
        orders.is_missing_rate,
        -coalesce(refunds.refund_value, 0) as net_value
    from {{ ref('int_refunds') }} as refunds
    inner join {{ ref('int_booked_orders') }} as orders on refunds.order_id = orders.order_id

),

-- Every cohort has its own month, so that a month without customers is judged too.
cohort_money as (

    select
        cohorts.cohort_month,
        money.month,
        money.net_value,
        money.is_missing_rate
    from money
    inner join cohorts on money.person_key = cohorts.person_key

    union all

    select
        cohort_month,
        cohort_month as month,
        0 as net_value,
        false as is_missing_rate
    from months

),

cohort_months as (

    select
        cohort_money.cohort_month,
        cohort_money.month,
        sum(sum(cohort_money.net_value)) over so_far as net_value,
        bool_or(bool_or(cohort_money.is_missing_rate)) over so_far as is_missing_rate
    from cohort_money
    inner join months on cohort_money.month = months.cohort_month
    where months.is_closed
    group by
        cohort_money.cohort_month,
        cohort_money.month
    window so_far as (
        partition by cohort_money.cohort_month
        order by cohort_money.month
    )

)

select * from cohort_months
