-- What the new customers of a period will bring stands beside what winning one of them cost: the
-- mean of customer_value over whoever ordered first in the month, and the KPI of that cost.
with

monthly_values as (

    select
        cast(date_trunc('month', subjects.first_order_on) as date) as period_start,
        avg(customer_value.predicted_value_365d) as mean_value
    from {{ ref('customer_value') }} as customer_value
    inner join {{ ref('subjects') }} as subjects
        on customer_value.subject_id = subjects.subject_id
    where customer_value.predicted_value_365d is not null
    group by cast(date_trunc('month', subjects.first_order_on) as date)

),

ratios as (

    select * from {{ ref('kpi_values') }}
    where kpi = 'ltv_to_cac'

),

costs as (

    select * from {{ ref('kpi_values') }}
    where kpi = 'customer_acquisition_cost' and dimension = 'all'

)

select
    ratios.period_grain,
    ratios.period_start,
    ratios.numerator,
    monthly_values.mean_value,
    ratios.denominator,
    costs.value as acquisition_cost
from ratios
left join costs
    on
        ratios.period_grain = costs.period_grain
        and ratios.period_start = costs.period_start
left join monthly_values on ratios.period_start = monthly_values.period_start
where
    -- Means are rounded before they are divided.
    abs(ratios.denominator - costs.value) > 0.00001
    or (
        ratios.period_grain = 'month'
        and abs(ratios.numerator - monthly_values.mean_value) > 0.00001
    )
