-- The days that the shop has, with the periods they lie in: a dimension for BI tools, and the time
-- spine of the semantic layer.

with

days as (

    select
        periods.period_start as day_on,
        {{ period_start('periods.period_start', 'week') }} as week_starts_on,
        {{ period_start('periods.period_start', 'month') }} as month_starts_on,
        {{ period_start('periods.period_start', 'quarter') }} as quarter_starts_on,
        {{ period_start('periods.period_start', 'year') }} as year_starts_on
    from {{ ref('int_periods') }} as periods
    where periods.period_grain = 'day'

)

select * from days
