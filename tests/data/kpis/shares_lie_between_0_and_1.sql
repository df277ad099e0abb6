-- The catalogue calls `ratio` what may go beyond: revenue retention, refunds in excess of an order.
select
    kpi_values.kpi,
    kpi_values.period_grain,
    kpi_values.period_start,
    kpi_values.dimension,
    kpi_values.dimension_value,
    kpi_values.numerator,
    kpi_values.denominator,
    kpi_values.value,
    kpi_values.status
from {{ ref('kpi_values') }} as kpi_values
inner join {{ ref('kpi_catalog') }} as kpi_catalog on kpi_values.kpi = kpi_catalog.kpi
where
    kpi_catalog.unit = 'share'
    and kpi_values.value not between 0 and 1
