-- How far the new customers of each month, quarter and year have paid back what it spent: by each
-- month since its last one, the sum of their net revenue less the product costs that are fully
-- known. Closed months only.

with

periods as (

    select
        periods.period_grain,
        periods.period_start,
        {{ period_start(add_days('periods.period_end', -1), 'month') }} as last_month,
        {{ add_days('periods.period_end', -1) }} <= settings.as_of_date as is_closed
    from {{ ref('int_periods') }} as periods
    cross join {{ ref('int_settings') }} as settings
    where periods.period_grain in ('month', 'quarter', 'year')

),

cohorts as (

    {% for grain in ['month', 'quarter', 'year'] -%}
    select
        person_key,
        '{{ grain }}' as period_grain,
        {{ period_start('order_date', grain) }} as period_start
    from {{ ref('int_first_orders') }}
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

),

money as (

    select
        orders.person_key,
        {{ period_start('orders.order_date', 'month') }} as month,
        orders.is_missing_rate,
        coalesce(orders.order_value, 0) - coalesce(orders.product_cost, 0) as net_value
    from {{ ref('int_booked_orders') }} as orders

    union all

    select
        orders.person_key,
        {{ period_start('refunds.refund_date', 'month') }} as month,
        orders.is_missing_rate,
        -coalesce(refunds.refund_value, 0) as net_value
    from {{ ref('int_refunds') }} as refunds
    inner join {{ ref('int_booked_orders') }} as orders on refunds.order_id = orders.order_id

),

-- What came by the last month of the period counts there. Every period has that month of its own,
-- so that one without customers is judged too.
cohort_money as (

    select
        periods.period_grain,
        periods.period_start,
        greatest(money.month, periods.last_month) as month,
        money.net_value,
        money.is_missing_rate
    from money
    inner join cohorts on money.person_key = cohorts.person_key
    inner join periods
        on
            cohorts.period_grain = periods.period_grain
            and cohorts.period_start = periods.period_start

    union all

    select
        period_grain,
        period_start,
        last_month as month,
        0 as net_value,
        false as is_missing_rate
    from periods

),

cohort_months as (

    select
        cohort_money.period_grain,
        cohort_money.period_start,
        cohort_money.month,
        sum(sum(cohort_money.net_value)) over so_far as net_value,
        bool_or(bool_or(cohort_money.is_missing_rate)) over so_far as is_missing_rate
    from cohort_money
    inner join periods as months
        on
            cohort_money.month = months.period_start
            and months.period_grain = 'month'
    where months.is_closed
    group by
        cohort_money.period_grain,
        cohort_money.period_start,
        cohort_money.month
    window so_far as (
        partition by cohort_money.period_grain, cohort_money.period_start
        order by cohort_money.month
    )

)

select * from cohort_months
