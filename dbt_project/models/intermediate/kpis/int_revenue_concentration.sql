-- How much of the net revenue of the year up to the end of each month, quarter and year (of the
-- as-of date in the last one) comes from the best fifth of the customers with an order in them. A
-- refund counts on its own day, so that what was said once stays said.

with

settings as (

    select as_of_date from {{ ref('int_settings') }}

),

periods as (

    select
        periods.period_grain,
        periods.period_start,
        least({{ add_days('periods.period_end', -1) }}, settings.as_of_date) as last_on
    from {{ ref('int_periods') }} as periods
    cross join settings
    where periods.period_grain in ('month', 'quarter', 'year')

),

customer_periods as (

    select
        periods.period_grain,
        periods.period_start,
        persons.person_id,
        sum(days.net_revenue) as net_revenue,
        bool_or(days.is_missing_rate) as is_missing_rate
    from periods
    cross join {{ ref('int_kpi_windows') }} as windows
    inner join {{ ref('int_net_revenue_days') }} as days
        on
            periods.last_on >= days.date
            and {{ add_days('periods.last_on', '1 - windows.revenue_year_days') }} <= days.date
    inner join {{ ref('int_persons') }} as persons on days.person_key = persons.person_key
    group by
        periods.period_grain,
        periods.period_start,
        persons.person_id
    having sum(days.orders) > 0

),

-- Of six customers, the best fifth are two: it is rounded up.
ranked_customers as (

    select
        customer_periods.*,
        100 * (
            row_number() over (
                partition by customer_periods.period_grain, customer_periods.period_start
                order by customer_periods.net_revenue desc, customer_periods.person_id asc
            ) - 1
        ) < windows.best_customers_percent
        * count(*) over (
            partition by customer_periods.period_grain, customer_periods.period_start
        ) as is_best
    from customer_periods
    cross join {{ ref('int_kpi_windows') }} as windows

),

period_totals as (

    select
        period_grain,
        period_start,
        count(*) as customers,
        sum(net_revenue) as net_revenue,
        sum(case when is_best then net_revenue else 0 end)
            as top_net_revenue,
        bool_or(is_missing_rate) as is_missing_rate
    from ranked_customers
    group by
        period_grain,
        period_start

),

first_day as (

    select min(order_date) as first_order_on from {{ ref('int_booked_orders') }}

),

concentration as (

    select
        periods.period_grain,
        periods.period_start,
        coalesce(period_totals.customers, 0) as customers,
        coalesce(period_totals.net_revenue, 0) as net_revenue,
        coalesce(period_totals.top_net_revenue, 0) as top_net_revenue,
        coalesce(period_totals.is_missing_rate, false) as is_missing_rate,
        coalesce(
            first_day.first_order_on
            <= {{ add_days('periods.last_on', '1 - windows.revenue_year_days') }},
            false
        ) as has_full_year
    from periods
    cross join first_day
    cross join {{ ref('int_kpi_windows') }} as windows
    left join period_totals
        on
            periods.period_grain = period_totals.period_grain
            and periods.period_start = period_totals.period_start

)

select * from concentration
