-- In every row, and over the customers that were active at the start.
with

retention as (

    select * from {{ ref('kpi_values') }} where kpi = 'retention_rate'

),

churn as (

    select * from {{ ref('kpi_values') }} where kpi = 'churn_rate'

),

starts as (

    select * from {{ ref('kpi_values') }} where kpi = 'active_customers_start'

)

select
    coalesce(retention.period_grain, churn.period_grain) as period_grain,
    coalesce(retention.period_start, churn.period_start) as period_start,
    coalesce(retention.dimension, churn.dimension) as dimension,
    coalesce(retention.dimension_value, churn.dimension_value) as dimension_value,
    retention.value as retention_rate,
    churn.value as churn_rate
from retention
full join churn
    on
        retention.period_grain = churn.period_grain
        and retention.period_start = churn.period_start
        and retention.dimension = churn.dimension
        and retention.dimension_value = churn.dimension_value
left join starts
    on
        retention.period_grain = starts.period_grain
        and retention.period_start = starts.period_start
        and retention.dimension = starts.dimension
        and retention.dimension_value = starts.dimension_value
where
    retention.status is distinct from churn.status
    or retention.numerator + churn.numerator <> retention.denominator
    or retention.denominator is distinct from churn.denominator
    or retention.denominator is distinct from starts.numerator
    -- Each is rounded at the tenth decimal.
    or abs(retention.value + churn.value - 1) > 0.0000000001
