-- The month by which the new customers of each month had paid back what the month spent.

with

months as (

    select period_start as cohort_month
    from {{ ref('int_periods') }}
    where period_grain = 'month'

),

month_facts as (

    select
        fact_date,
        spend,
        0 as new_customers,
        is_missing_rate
    from {{ ref('int_channel_reports') }}
    where spend is not null

    union all

    select
        order_date as fact_date,
        0 as spend,
        0 as new_customers,
        false as is_missing_rate
    from {{ ref('int_booked_orders') }}

    union all

    select
        order_date as fact_date,
        0 as spend,
        1 as new_customers,
        false as is_missing_rate
    from {{ ref('int_first_orders') }}

),

month_totals as (

    select
        {{ period_start('fact_date', 'month') }} as cohort_month,
        sum(spend) as spend,
        sum(new_customers) as new_customers,
        bool_or(is_missing_rate) as is_missing_rate
    from month_facts
    group by {{ period_start('fact_date', 'month') }}

),

judged_months as (

    select
        paybacks.cohort_month,
        min(case when paybacks.net_value >= month_totals.spend then paybacks.month end)
            as paid_back_month,
        min(case when paybacks.is_missing_rate then paybacks.month end) as first_missing_month
    from {{ ref('int_payback_months') }} as paybacks
    inner join month_totals on paybacks.cohort_month = month_totals.cohort_month
    group by paybacks.cohort_month

),

-- A rate that is missing only after the spend was paid back changes nothing.
payback as (

    select
        months.cohort_month,
        coalesce(month_totals.spend, 0) as spend,
        coalesce(month_totals.new_customers, 0) as new_customers,
        cast(
            date_diff('month', months.cohort_month, judged_months.paid_back_month) as integer
        ) as payback_months,
        (
            coalesce(month_totals.is_missing_rate, false)
            or coalesce(
                judged_months.first_missing_month
                <= coalesce(judged_months.paid_back_month, judged_months.first_missing_month),
                false
            )
        ) as is_missing_rate
    from months
    left join month_totals on months.cohort_month = month_totals.cohort_month
    left join judged_months on months.cohort_month = judged_months.cohort_month

)

select * from payback
