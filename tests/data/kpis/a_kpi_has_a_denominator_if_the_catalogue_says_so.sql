-- Counts, sums and medians have none; a ratio always has one, if only 0.
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
    kpi_values.status not in ('no_input', 'missing_rate')
    and (kpi_catalog.denominator is null) <> (kpi_values.denominator is null)
