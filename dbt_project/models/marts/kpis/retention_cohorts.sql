-- Customers by the month of their first booked order and what they began with, and how they go on
-- to buy in each month from then on, up to the as-of date. A refund lowers the month in which it
-- was given. Over 120 lines, since one table of cohorts by month needs its five counts side by
-- side.

with

settings as (

    select as_of_date from {{ ref('int_settings') }}

),

order_days as (

    select
        *,
        {{ period_start('first_order_on', 'month') }} as cohort_month,
        {{ period_start('order_date', 'month') }} as month
    from {{ ref('int_customer_order_days') }}

),

customer_months as (

    select
        cohort_month,
        month,
        person_key,
        sum(orders) as orders,
        sum(gross_value) as revenue,
        bool_or(is_missing_rate) as is_missing_rate
    from order_days
    group by
        cohort_month,
        month,
        person_key

),

customer_cohorts as (

    select
        order_days.person_key,
        order_days.cohort_month,
        cohort_groups.dimension,
        cohort_groups.dimension_value
    from order_days
    inner join {{ ref('int_cohort_groups') }} as cohort_groups
        on order_days.person_key = cohort_groups.person_key
    where order_days.previous_order_on is null

),

active_months as (

    select
        customer_cohorts.dimension,
        customer_cohorts.dimension_value,
        customer_cohorts.cohort_month,
        customer_months.month,
        count(*) as active,
        sum(customer_months.orders) as orders,
        sum(customer_months.revenue) as revenue,
        bool_or(customer_months.is_missing_rate) as is_missing_rate
    from customer_months
    inner join customer_cohorts on customer_months.person_key = customer_cohorts.person_key
    group by
        customer_cohorts.dimension,
        customer_cohorts.dimension_value,
        customer_cohorts.cohort_month,
        customer_months.month

),

refund_months as (

    select
        customer_cohorts.dimension,
        customer_cohorts.dimension_value,
        customer_cohorts.cohort_month,
        {{ period_start('refunds.refund_date', 'month') }} as month,
        sum(coalesce(refunds.refund_value, 0)) as refunded,
        bool_or(orders.is_missing_rate) as is_missing_rate
    from {{ ref('int_refunds') }} as refunds
    inner join {{ ref('int_booked_orders') }} as orders on refunds.order_id = orders.order_id
    inner join customer_cohorts on orders.person_key = customer_cohorts.person_key
    group by
        customer_cohorts.dimension,
        customer_cohorts.dimension_value,
        customer_cohorts.cohort_month,
        {{ period_start('refunds.refund_date', 'month') }}

),

cohorts as (

    select
        dimension,
        dimension_value,
        cohort_month,
        count(*) as customers
    from customer_cohorts
    group by
        dimension,
        dimension_value,
        cohort_month

),

cells as (

    select
        cohorts.dimension,
        cohorts.dimension_value,
        cohorts.cohort_month,
        months.period_start as month,
        {{ months_between('cohorts.cohort_month', 'months.period_start') }} as age_months,
        cohorts.customers,
        coalesce(active_months.active, 0) as active,
        coalesce(active_months.orders, 0) as orders,
        case
            when not coalesce(active_months.is_missing_rate, false)
                then coalesce(active_months.revenue, 0)
        end as revenue,
        case
            when
                not coalesce(active_months.is_missing_rate, false)
                and not coalesce(refund_months.is_missing_rate, false)
                then coalesce(active_months.revenue, 0) - coalesce(refund_months.refunded, 0)
        end as net_revenue,
        {{ add_days('months.period_end', -1) }} <= settings.as_of_date as is_mature
    from cohorts
    inner join {{ ref('int_periods') }} as months
        on
            months.period_grain = 'month'
            and cohorts.cohort_month <= months.period_start
    cross join settings
    left join active_months
        on
            cohorts.dimension = active_months.dimension
            and cohorts.dimension_value = active_months.dimension_value
            and cohorts.cohort_month = active_months.cohort_month
            and months.period_start = active_months.month
    left join refund_months
        on
            cohorts.dimension = refund_months.dimension
            and cohorts.dimension_value = refund_months.dimension_value
            and cohorts.cohort_month = refund_months.cohort_month
            and months.period_start = refund_months.month

),

retention_cohorts as (

    select
        dimension,
        dimension_value,
        cohort_month,
        age_months,
        month,
        customers,
        active,
        {{ exact_ratio('cast(active as decimal(38, 4))', 'cast(customers as decimal(38, 4))') }}
            as retention_rate,
        cast(orders as bigint) as orders,
        cast(revenue as decimal(38, 4)) as revenue,
        cast(net_revenue as decimal(38, 4)) as net_revenue,
        is_mature
    from cells

)

select * from retention_cohorts
