-- Numerator by numerator, since a rounded value times orders is only nearly the revenue.
select
    averages.period_grain,
    averages.period_start,
    averages.dimension,
    averages.dimension_value
from {{ ref('kpi_values') }} as averages
left join {{ ref('kpi_values') }} as orders
    on
        orders.kpi = 'orders'
        and averages.period_grain = orders.period_grain
        and averages.period_start = orders.period_start
        and averages.dimension = orders.dimension
        and averages.dimension_value = orders.dimension_value
left join {{ ref('kpi_values') }} as revenue
    on
        revenue.kpi = 'gross_revenue'
        and averages.period_grain = revenue.period_grain
        and averages.period_start = revenue.period_start
        and averages.dimension = revenue.dimension
        and averages.dimension_value = revenue.dimension_value
where
    averages.kpi = 'average_order_value'
    and averages.status not in ('no_input', 'missing_rate')
    and (
        averages.denominator <> coalesce(orders.numerator, 0)
        or averages.numerator <> coalesce(revenue.numerator, 0)
    )
