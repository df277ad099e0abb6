-- Stocks: what stands at the end of each period's last day (of the as-of date in a period that is
-- not over), or, for an opening, at the end of the day before the period. What comes to stand and
-- what ceases to is summed per day and then along time, so that the work grows with the number of
-- spans and not with spans times days. Over 120 lines, since a stock is turned, summed
-- along time and read.

with

turns as (

    select
        facts.*,
        changes.change,
        case when changes.change = 1 then facts.valid_from else facts.valid_to end as turned_on
    from {{ ref('int_kpi_facts') }} as facts
    cross join (values (1), (-1)) as changes (change)
    where facts.valid_from is not null

),

dated_turns as (

    select
        turns.*,
        case turns.dimension
            when 'account' then {{ period_start('turns.turned_on', 'month') }}
            else turns.turned_on
        end as total_on
    from turns
    cross join {{ ref('int_settings') }} as settings
    where turns.turned_on <= settings.as_of_date

),

turn_totals as (

    select
        kpi_no,
        is_opening,
        total_on,
        dimension,
        dimension_value,
        sum(change * numerator) as numerator,
        sum(change * denominator) as denominator,
        sum(change * sample_size) as sample_size,
        sum(case when is_missing_rate then change else 0 end) as unrated,
        sum(change) as counted
    from dated_turns
    group by
        kpi_no,
        is_opening,
        total_on,
        dimension,
        dimension_value

),

period_turns as (

    select
        slices.kpi,
        turns.is_opening,
        slices.period_grain,
        {{ period_start_in('turns.total_on', 'slices.period_grain') }} as period_start,
        turns.dimension,
        turns.dimension_value,
        sum(turns.numerator) as numerator,
        sum(turns.denominator) as denominator,
        sum(turns.sample_size) as sample_size,
        sum(turns.unrated) as unrated,
        sum(turns.counted) as counted
    from turn_totals as turns
    inner join {{ ref('int_kpi_slices') }} as slices
        on
            turns.kpi_no = slices.kpi_no
            and turns.dimension = slices.dimension
    group by
        slices.kpi,
        turns.is_opening,
        slices.period_grain,
        {{ period_start_in('turns.total_on', 'slices.period_grain') }},
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
