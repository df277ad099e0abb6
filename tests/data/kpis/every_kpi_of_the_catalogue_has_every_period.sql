-- What the catalogue promises is there: each KPI and grain, for everybody, in every period, but
-- for what is told of today alone.
select
    slices.kpi,
    slices.period_grain,
    periods.period_start
from {{ ref('int_kpi_slices') }} as slices
inner join {{ ref('int_periods') }} as periods on slices.period_grain = periods.period_grain
left join {{ ref('kpi_values') }} as kpi_values
    on
        slices.kpi = kpi_values.kpi
        and slices.period_grain = kpi_values.period_grain
        and slices.dimension = kpi_values.dimension
        and periods.period_start = kpi_values.period_start
where
    slices.dimension = 'all'
    and not slices.is_of_today
    and periods.is_written
    and kpi_values.kpi is null
