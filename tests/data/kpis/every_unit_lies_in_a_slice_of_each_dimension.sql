-- Whoever counts for everybody counts in some slice of every dimension that the catalogue names, if
-- only in `unknown`.
with

totals as (

    select *
    from {{ ref('kpi_values') }}
    where
        dimension = 'all'
        and sample_size > 0
        and status not in ('no_input', 'missing_rate')
        and (
            numerator <> 0
            or denominator <> 0
        )

),

sliced as (

    select
        kpi,
        period_grain,
        period_start,
        dimension
    from {{ ref('kpi_values') }}
    group by
        kpi,
        period_grain,
        period_start,
        dimension

)

select
    totals.kpi,
    totals.period_grain,
    totals.period_start,
    slices.dimension
from totals
inner join {{ ref('int_kpi_slices') }} as slices
    on
        totals.kpi = slices.kpi
        and totals.period_grain = slices.period_grain
left join sliced
    on
        totals.kpi = sliced.kpi
        and totals.period_grain = sliced.period_grain
        and totals.period_start = sliced.period_start
        and slices.dimension = sliced.dimension
where sliced.kpi is null
