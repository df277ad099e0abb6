-- What the catalogue calls additive adds up, numerators and denominators alike: so a ratio of a
-- longer period is never an average of ratios. Periods with a day that cannot be told are left
-- out; hours are rounded once per row.
with

additive_values as (

    select kpi_values.*
    from {{ ref('kpi_values') }} as kpi_values
    inner join {{ ref('kpi_catalog') }} as kpi_catalog on kpi_values.kpi = kpi_catalog.kpi
    where
        kpi_catalog.additive = 'sum'
        and kpi_values.dimension <> 'account'

),

day_sums as (

    {% for grain in ['week', 'month', 'quarter', 'year'] -%}
    select
        kpi,
        '{{ grain }}' as period_grain,
        {{ period_start('period_start', grain) }} as period_start,
        dimension,
        dimension_value,
        sum(numerator) as numerator,
        sum(denominator) as denominator,
        count(*) as days,
        bool_or(status in ('no_input', 'missing_rate')) as is_untold
    from additive_values
    where period_grain = 'day'
    group by
        kpi,
        {{ period_start('period_start', grain) }},
        dimension,
        dimension_value
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

),

longer_periods as (

    select * from additive_values where period_grain <> 'day'

)

select
    coalesce(longer_periods.kpi, day_sums.kpi) as kpi,
    coalesce(longer_periods.period_grain, day_sums.period_grain) as period_grain,
    coalesce(longer_periods.period_start, day_sums.period_start) as period_start,
    coalesce(longer_periods.dimension, day_sums.dimension) as dimension,
    coalesce(longer_periods.dimension_value, day_sums.dimension_value) as dimension_value,
    longer_periods.numerator,
    day_sums.numerator as sum_of_numerators,
    longer_periods.denominator,
    day_sums.denominator as sum_of_denominators
from longer_periods
full join day_sums
    on
        longer_periods.kpi = day_sums.kpi
        and longer_periods.period_grain = day_sums.period_grain
        and longer_periods.period_start = day_sums.period_start
        and longer_periods.dimension = day_sums.dimension
        and longer_periods.dimension_value = day_sums.dimension_value
where
    not coalesce(day_sums.is_untold, false)
    and coalesce(longer_periods.status, '') not in ('no_input', 'missing_rate')
    and not exists (
        select 1
        from {{ ref('int_periods') }} as days
        where
            days.period_grain = 'day'
            and not days.is_written
            and days.period_start >= coalesce(longer_periods.period_start, day_sums.period_start)
    )
    and (
        abs(coalesce(longer_periods.numerator, 0) - coalesce(day_sums.numerator, 0))
        > 0.0000000001 * coalesce(day_sums.days, 0)
        or coalesce(longer_periods.denominator, 0) <> coalesce(day_sums.denominator, 0)
    )
