-- The periods of product analytics, numbered within their grain. Cells of the retention matrix grow
-- with the square of the periods: days are followed for a month, weeks for a year, longer ones for
-- ever.

with

days as (

    select period_start as date
    from {{ ref('int_periods') }}
    where period_grain = 'day'

),

period_days as (

    {% for grain in period_grains() -%}
    select
        '{{ grain }}' as period_grain,
        {{ period_start('date', grain) }} as period_start,
        {{ period_end('date', grain) }} as period_end
    from days

    union all

    {% endfor -%}
    select
        'week_sunday' as period_grain,
        {{ add_days(period_start(add_days('date', 1), 'week'), -1) }} as period_start,
        {{ add_days(period_start(add_days('date', 1), 'week'), 6) }} as period_end
    from days

),

periods as (

    select
        period_grain,
        period_start,
        period_end
    from period_days
    group by
        period_grain,
        period_start,
        period_end

),

numbered_periods as (

    select
        periods.*,
        cast(
            row_number() over (
                partition by periods.period_grain order by periods.period_start
            ) as integer
        ) as period_number,
        cast(count(*) over (partition by periods.period_grain) as integer) as periods,
        {{ add_days('periods.period_end', -1) }} <= settings.as_of_date as is_mature
    from periods
    cross join {{ ref('int_settings') }} as settings

),

followed_periods as (

    select
        numbered_periods.period_grain,
        numbered_periods.period_start,
        numbered_periods.period_end,
        numbered_periods.period_number,
        least(
            numbered_periods.periods,
            numbered_periods.period_number + case numbered_periods.period_grain
                when 'day' then windows.followed_days
                when 'week' then windows.followed_weeks
                when 'week_sunday' then windows.followed_weeks
                else numbered_periods.periods
            end
        ) as last_followed,
        numbered_periods.is_mature
    from numbered_periods
    cross join {{ ref('int_kpi_windows') }} as windows

)

select * from followed_periods
