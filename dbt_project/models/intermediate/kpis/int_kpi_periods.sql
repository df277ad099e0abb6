-- KPIs that do not add up over periods: every period is computed anew, from rows made for it, or
-- from all of its days where the number is the middle or the largest one. A mean is that of the
-- days of the period from the first fact to the as-of date. Over 120 lines, since what counts once
-- per period and what is ranked in it need a roll-up each.

with

counted_totals as (

    select
        kpi_no,
        period_grain,
        period_start,
        dimension,
        dimension_value,
        sum(numerator) as numerator,
        sum(denominator) as denominator,
        sum(sample_size) as sample_size,
        cast(null as date) as last_unit_on,
        max(mature_on) as mature_on,
        bool_or(is_missing_rate) as is_missing_rate
    from {{ ref('int_kpi_facts') }}
    where period_grain is not null
    group by
        kpi_no,
        period_grain,
        period_start,
        dimension,
        dimension_value

),

ranked_facts as (

    select
        facts.*,
        slices.period_grain as ranked_grain,
        {{ period_start_in('facts.ranked_on', 'slices.period_grain') }} as ranked_start
    from {{ ref('int_kpi_facts') }} as facts
    inner join {{ ref('int_kpi_slices') }} as slices
        on
            facts.kpi_no = slices.kpi_no
            and facts.dimension = slices.dimension
    where facts.ranked_on is not null

),

ranked_totals as (

    select
        kpi_no,
        ranked_grain as period_grain,
        ranked_start as period_start,
        dimension,
        dimension_value,
        case aggregate
            when 'median' then {{ exact_median('numerator') }}
            else max(numerator)
        end as numerator,
        sum(denominator) as denominator,
        sum(sample_size) as sample_size,
        max(ranked_on) as last_unit_on,
        max(mature_on) as mature_on,
        bool_or(is_missing_rate) as is_missing_rate
    from ranked_facts
    group by
        kpi_no,
        aggregate,
        ranked_grain,
        ranked_start,
        dimension,
        dimension_value

),

totals as (

    select * from counted_totals

    union all

    select * from ranked_totals

),

known_days as (

    select
        periods.period_grain,
        periods.period_start,
        count(*) as days
    from {{ ref('int_periods') }} as periods
    inner join {{ ref('int_periods') }} as days
        on
            days.period_grain = 'day'
            and periods.period_start <= days.period_start
            and periods.period_end > days.period_start
    group by
        periods.period_grain,
        periods.period_start

),

-- A KPI without the grain has no slice of it.
period_totals as (

    select
        slices.kpi,
        totals.period_grain,
        totals.period_start,
        totals.dimension,
        totals.dimension_value,
        cast(totals.numerator as decimal(38, 10)) as numerator,
        cast(totals.denominator as decimal(38, 10)) as denominator,
        {{ whole_of_float('totals.sample_size', 0) }} as sample_size,
        case slices.aggregate when 'mean' then known_days.days else slices.parts_per_unit end
            as parts_per_unit,
        totals.last_unit_on,
        totals.mature_on,
        totals.is_missing_rate
    from totals
    inner join {{ ref('int_kpi_slices') }} as slices
        on
            totals.kpi_no = slices.kpi_no
            and totals.period_grain = slices.period_grain
            and totals.dimension = slices.dimension
    inner join known_days
        on
            totals.period_grain = known_days.period_grain
            and totals.period_start = known_days.period_start

)

select * from period_totals
