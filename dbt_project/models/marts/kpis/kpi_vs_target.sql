-- How far every period was from its target, and where the KPI is heading. Over 120 lines, since a
-- trend needs the periods before, side by side.

with

targets as (

    select * from {{ ref('kpi_targets') }}

),

numbered_periods as (

    select
        period_grain,
        period_start,
        row_number() over (partition by period_grain order by period_start) as place,
        row_number() over (partition by period_grain order by period_start desc) as place_from_end
    from {{ ref('int_periods') }}

),

target_periods as (

    select
        targets.kpi,
        targets.period_grain,
        kpi_values.period_start,
        kpi_values.period_end,
        targets.dimension,
        targets.dimension_value,
        targets.target,
        targets.direction,
        targets.owner,
        kpi_values.value,
        kpi_values.status,
        kpi_values.status in ('ok', 'small_sample', 'no_base') as is_mature,
        numbered_periods.place,
        numbered_periods.place_from_end = 1 as is_latest,
        kpi_values.as_of_date
    from targets
    inner join {{ ref('kpi_values') }} as kpi_values
        on
            targets.kpi = kpi_values.kpi
            and targets.period_grain = kpi_values.period_grain
            and targets.dimension = kpi_values.dimension
            and targets.dimension_value = kpi_values.dimension_value
    inner join numbered_periods
        on
            kpi_values.period_grain = numbered_periods.period_grain
            and kpi_values.period_start = numbered_periods.period_start

),

-- What a least-squares line through the last 8 periods needs; unfinished values bend no line.
trend_sums as (

    select
        target_periods.kpi,
        target_periods.period_grain,
        target_periods.period_start,
        target_periods.dimension,
        target_periods.dimension_value,
        count(*) as points,
        sum(recent.place - target_periods.place) as sum_x,
        sum((recent.place - target_periods.place) * (recent.place - target_periods.place))
            as sum_xx,
        sum(recent.value) as sum_y,
        sum(recent.value * cast(recent.place - target_periods.place as decimal(2, 0)))
            as sum_xy
    from target_periods
    inner join target_periods as recent
        on
            target_periods.kpi = recent.kpi
            and target_periods.period_grain = recent.period_grain
            and target_periods.dimension = recent.dimension
            and target_periods.dimension_value = recent.dimension_value
            and recent.place between target_periods.place - 7 and target_periods.place
    where
        recent.is_mature
        and recent.value is not null
    group by
        target_periods.kpi,
        target_periods.period_grain,
        target_periods.period_start,
        target_periods.dimension,
        target_periods.dimension_value

),

trends as (

    select
        kpi,
        period_grain,
        period_start,
        dimension,
        dimension_value,
        cast(points * sum_xy - sum_x * sum_y as decimal(38, 10)) as rise,
        cast(points * sum_xx - sum_x * sum_x as decimal(38, 10)) as run
    from trend_sums

),

kpi_vs_target as (

    select
        target_periods.kpi,
        target_periods.period_grain,
        target_periods.period_start,
        target_periods.period_end,
        target_periods.dimension,
        target_periods.dimension_value,
        target_periods.target,
        target_periods.direction,
        target_periods.owner,
        target_periods.value,
        cast(target_periods.value - target_periods.target as decimal(38, 10)) as gap,
        {{ exact_ratio(
            'cast(target_periods.value - target_periods.target as decimal(38, 10))',
            'target_periods.target',
            scale=10,
        ) }} as gap_share,
        case target_periods.direction
            when 'up' then target_periods.value >= target_periods.target
            else target_periods.value <= target_periods.target
        end as is_met,
        {{ exact_ratio('trends.rise', 'trends.run', scale=10) }} as trend_8_periods,
        target_periods.status,
        target_periods.is_mature,
        target_periods.is_latest,
        target_periods.as_of_date
    from target_periods
    left join trends
        on
            target_periods.kpi = trends.kpi
            and target_periods.period_grain = trends.period_grain
            and target_periods.period_start = trends.period_start
            and target_periods.dimension = trends.dimension
            and target_periods.dimension_value = trends.dimension_value

)

select * from kpi_vs_target
