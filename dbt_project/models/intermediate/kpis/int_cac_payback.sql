-- The month by which the new customers of each month, quarter and year had paid back what it spent.

with

periods as (

    select
        period_grain,
        period_start,
        {{ period_start(add_days('period_end', -1), 'month') }} as last_month
    from {{ ref('int_periods') }}
    where period_grain in ('month', 'quarter', 'year')

),

judged_periods as (

    select
        paybacks.period_grain,
        paybacks.period_start,
        min(case when paybacks.net_value >= coalesce(costs.spend, 0) then paybacks.month end)
            as paid_back_month,
        min(case when paybacks.is_missing_rate then paybacks.month end) as first_missing_month
    from {{ ref('int_payback_months') }} as paybacks
    left join {{ ref('int_acquisition_costs') }} as costs
        on
            paybacks.period_grain = costs.period_grain
            and paybacks.period_start = costs.period_start
    group by
        paybacks.period_grain,
        paybacks.period_start

),

-- A rate that is missing only after the spend was paid back changes nothing.
payback as (

    select
        periods.period_grain,
        periods.period_start,
        coalesce(costs.spend, 0) as spend,
        coalesce(costs.new_customers, 0) as new_customers,
        {{ months_between('periods.last_month', 'judged_periods.paid_back_month') }}
            as payback_months,
        (
            coalesce(costs.is_missing_rate, false)
            or coalesce(
                judged_periods.first_missing_month
                <= coalesce(judged_periods.paid_back_month, judged_periods.first_missing_month),
                false
            )
        ) as is_missing_rate
    from periods
    left join {{ ref('int_acquisition_costs') }} as costs
        on
            periods.period_grain = costs.period_grain
            and periods.period_start = costs.period_start
    left join judged_periods
        on
            periods.period_grain = judged_periods.period_grain
            and periods.period_start = judged_periods.period_start

)

select * from payback
