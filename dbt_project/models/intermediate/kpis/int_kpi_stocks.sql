-- Stocks: what stands at the end of each period's last day (of the as-of date in a period that is
-- not over), or, for an opening, at the end of the day before the period. What comes to stand and
-- what ceases to is summed per day and then along time, so that the work grows with the number of
-- spans and not with spans times days.

with

-- Each span once by the day on which it begins and once by the day after its last.
turn_totals as (

    select
        kpi_no,
        is_opening,
        dimension,
        dimension_value,
        case when grouping(valid_from) = 0 then valid_from else valid_to end as turned_on,
        case when grouping(valid_from) = 0 then 1 else -1 end as change,
        sum(numerator) as numerator,
        sum(denominator) as denominator,
        sum(sample_size) as sample_size,
        count(case when is_missing_rate then 1 end) as unrated,
        count(*) as counted
    from {{ ref('int_kpi_facts') }}
    where valid_from is not null
    group by
        grouping sets (  -- noqa: PRS, LT02
            (kpi_no, is_opening, dimension, dimension_value, valid_from),
            (kpi_no, is_opening, dimension, dimension_value, valid_to)
        )

),

period_turns as (

    select
        slices.kpi,
        turns.is_opening,
        slices.period_grain,
        {{ period_start_in('turns.turned_on', 'slices.period_grain') }} as period_start,
        turns.dimension,
        turns.dimension_value,
        sum(turns.change * turns.numerator) as numerator,
        sum(turns.change * turns.denominator) as denominator,
        sum(turns.change * turns.sample_size) as sample_size,
        sum(turns.change * turns.unrated) as unrated,
        sum(turns.change * turns.counted) as counted
    from turn_totals as turns
    cross join {{ ref('int_settings') }} as settings
    inner join {{ ref('int_kpi_slices') }} as slices
        on
            turns.kpi_no = slices.kpi_no
            and turns.dimension = slices.dimension
    where turns.turned_on <= settings.as_of_date
    group by
        slices.kpi,
        turns.is_opening,
        slices.period_grain,
        {{ period_start_in('turns.turned_on', 'slices.period_grain') }},
        turns.dimension,
        turns.dimension_value

),

balances as (

    select
        kpi,
        is_opening,
        period_grain,
        period_start as valid_from,
        lead(period_start) over slice_turns as valid_to,
        dimension,
        dimension_value,
        sum(numerator) over slice_turns as numerator,
        sum(denominator) over slice_turns as denominator,
        sum(sample_size) over slice_turns as sample_size,
        sum(unrated) over slice_turns as unrated,
        sum(counted) over slice_turns as counted
    from period_turns
    window slice_turns as (
        partition by kpi, is_opening, period_grain, dimension, dimension_value
        order by period_start
    )

),

period_totals as (

    select
        balances.kpi,
        balances.period_grain,
        case when balances.is_opening then periods.period_end else periods.period_start end
            as period_start,
        balances.dimension,
        balances.dimension_value,
        cast(balances.numerator as decimal(38, 10)) as numerator,
        cast(balances.denominator as decimal(38, 10)) as denominator,
        {{ whole_of_float('balances.sample_size', 0) }} as sample_size,
        cast(1 as bigint) as parts_per_unit,
        cast(null as date) as last_unit_on,
        cast(null as date) as mature_on,
        balances.unrated > 0 as is_missing_rate
    from balances
    inner join {{ ref('int_periods') }} as periods
        on
            balances.period_grain = periods.period_grain
            and balances.valid_from <= periods.period_start
            and coalesce(balances.valid_to, cast('9999-12-31' as date)) > periods.period_start
    where balances.counted > 0

)

select * from period_totals
