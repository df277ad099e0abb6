-- Each counted unit has one value of a dimension. The exceptions are medians and the largest daily
-- number of listeners; the mean of daily users is rounded once per slice.
with

slice_sums as (

    select
        kpi,
        period_grain,
        period_start,
        dimension,
        count(*) as slices,
        sum(numerator) as numerator,
        sum(denominator) as denominator
    from {{ ref('kpi_values') }}
    where dimension <> 'all'
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
    slice_sums.dimension,
    totals.numerator,
    slice_sums.numerator as sliced_numerator,
    totals.denominator,
    slice_sums.denominator as sliced_denominator
from slice_sums
inner join {{ ref('kpi_values') }} as totals
    on
        slice_sums.kpi = totals.kpi
        and slice_sums.period_grain = totals.period_grain
        and slice_sums.period_start = totals.period_start
inner join {{ ref('kpi_catalog') }} as kpi_catalog on totals.kpi = kpi_catalog.kpi
where
    totals.dimension = 'all'
    and totals.status not in ('no_input', 'missing_rate')
    and kpi_catalog.numerator not like 'median%'
    and totals.kpi <> 'podcast_listeners'
    and (
        abs(totals.numerator - slice_sums.numerator)
        > case when totals.kpi = 'stickiness' then 0.0001 * slice_sums.slices else 0 end
        or totals.denominator is distinct from slice_sums.denominator
    )
