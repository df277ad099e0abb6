-- Each counted unit has one value of a dimension. The exceptions are medians and the largest daily
-- numbers of listeners and of persons reached; hours and means are rounded once per slice.
with

slice_sums as (

    select
        kpi,
        period_grain,
        period_start,
        dimension,
        count(*) as slices,
        bool_or(status in ('no_input', 'missing_rate')) as is_untold,
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
    and not slice_sums.is_untold
    and kpi_catalog.numerator not like 'median%'
    and totals.kpi not in ('podcast_listeners', 'reach')
    and (
        abs(totals.numerator - slice_sums.numerator)
        > 0.0000000001 * slice_sums.slices
        or totals.denominator is distinct from slice_sums.denominator
    )
