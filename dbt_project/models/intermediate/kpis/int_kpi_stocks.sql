-- Stocks: what stands at the end of each period's last day (of the as-of date in a period that is
-- not over), or, for an opening, at the end of the day before the period. What comes to stand and
-- what ceases to is summed per period and then along time, so that the work grows with the number
-- of spans and not with spans times days.

with

turns as (

    select
        facts.kpi,
        facts.is_opening,
        facts.own_dimension,
        facts.own_value,
        facts.country,
        facts.account,
        facts.numerator,
        facts.denominator,
        facts.sample_size,
        facts.is_missing_rate,
        changes.change,
        case when changes.change = 1 then facts.valid_from else facts.valid_to end as turned_on
    from {{ ref('int_kpi_facts') }} as facts
    cross join (values (1), (-1)) as changes (change)
    where facts.valid_from is not null

),

grains as (

    select
        kpi,
        period_grain
    from {{ ref('int_kpi_slices') }}
    group by
        kpi,
        period_grain

),

period_turns as (

    select
        turns.kpi,
        turns.is_opening,
        turns.own_dimension,
        turns.own_value,
        turns.country,
        turns.numerator,
        turns.denominator,
        turns.sample_size,
        turns.is_missing_rate,
        turns.change,
        grains.period_grain,
        {{ period_start_in('turns.turned_on', 'grains.period_grain') }} as period_start,
        case when grains.period_grain = 'month' then turns.account end as account
    from turns
    cross join {{ ref('int_settings') }} as settings
    inner join grains on turns.kpi = grains.kpi
    where turns.turned_on <= settings.as_of_date

),

turn_totals as (

    select
        kpi,
        is_opening,
        period_grain,
        period_start,
        case
            when grouping(own_value) = 0 then own_dimension
            when grouping(country) = 0 then 'country'
            when grouping(account) = 0 then 'account'
            else 'all'
        end as dimension,
        case
            when grouping(own_value) = 0 then own_value
            when grouping(country) = 0 then country
            when grouping(account) = 0 then account
            else 'all'
        end as dimension_value,
        sum(change * numerator) as numerator,
        sum(change * denominator) as denominator,
        sum(change * sample_size) as sample_size,
        sum(case when is_missing_rate then change else 0 end) as unrated,
        sum(change) as counted
    from period_turns
    group by
        grouping sets (
            (kpi, is_opening, period_grain, period_start),
            (kpi, is_opening, period_grain, period_start, own_dimension, own_value),
            (kpi, is_opening, period_grain, period_start, country),
            (kpi, is_opening, period_grain, period_start, account)
        )

),

-- A KPI without the dimension has no value of it, and no slice.
slices as (

    select
        kpi,
        is_opening,
        period_grain,
        dimension,
        dimension_value,
        min(period_start) as first_start
    from turn_totals
    where dimension_value is not null
    group by
        kpi,
        is_opening,
        period_grain,
        dimension,
        dimension_value

),

balances as (

    select
        slices.kpi,
        slices.period_grain,
        case when slices.is_opening then periods.period_end else periods.period_start end
            as period_start,
        slices.dimension,
        slices.dimension_value,
        sum(turns.numerator) over so_far as numerator,
        sum(turns.denominator) over so_far as denominator,
        sum(turns.sample_size) over so_far as sample_size,
        sum(turns.unrated) over so_far as unrated,
        sum(turns.counted) over so_far as counted
    from slices
    inner join {{ ref('int_periods') }} as periods
        on
            slices.period_grain = periods.period_grain
            and slices.first_start <= periods.period_start
    left join turn_totals as turns
        on
            slices.kpi = turns.kpi
            and slices.is_opening = turns.is_opening
            and slices.period_grain = turns.period_grain
            and slices.dimension = turns.dimension
            and slices.dimension_value = turns.dimension_value
            and periods.period_start = turns.period_start
    window so_far as (
        partition by
            slices.kpi,
            slices.is_opening,
            slices.period_grain,
            slices.dimension,
            slices.dimension_value
        order by periods.period_start
    )

),

period_totals as (

    select
        kpi,
        period_grain,
        period_start,
        dimension,
        dimension_value,
        cast(numerator as decimal(38, 4)) as numerator,
        cast(denominator as decimal(38, 4)) as denominator,
        cast(sample_size as bigint) as sample_size,
        cast(null as date) as last_unit_on,
        cast(null as date) as mature_on,
        unrated > 0 as is_missing_rate
    from balances
    where counted > 0

)

select * from period_totals
