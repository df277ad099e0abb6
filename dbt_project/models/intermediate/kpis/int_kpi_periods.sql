-- KPIs that do not add up over periods: every period is computed anew, from rows made for it, or
-- from those of its days where the number is the middle or the largest one. A mean is that of the
-- days of the period from the first fact to the as-of date.

with

facts as (

    select * from {{ ref('int_kpi_facts') }}
    where
        period_grain is not null
        or (fact_date is not null and aggregate <> 'sum')

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

period_facts as (

    select
        facts.kpi,
        facts.aggregate,
        facts.fact_date,
        facts.own_dimension,
        facts.own_value,
        facts.country,
        facts.health,
        facts.numerator,
        facts.denominator,
        facts.sample_size,
        facts.mature_on,
        facts.is_missing_rate,
        case when facts.aggregate = 'median' then facts.numerator end as ranked_numerator,
        grains.period_grain,
        coalesce(
            facts.period_start, {{ period_start_in('facts.fact_date', 'grains.period_grain') }}
        ) as period_start,
        case when grains.period_grain = 'month' then facts.account end as account
    from facts
    inner join grains
        on
            facts.kpi = grains.kpi
            and coalesce(facts.period_grain, grains.period_grain) = grains.period_grain

),

totals as (

    select
        kpi,
        aggregate,
        period_grain,
        period_start,
        case
            when grouping(own_value) = 0 then own_dimension
            when grouping(country) = 0 then 'country'
            when grouping(health) = 0 then 'health'
            when grouping(account) = 0 then 'account'
            else 'all'
        end as dimension,
        case
            when grouping(own_value) = 0 then own_value
            when grouping(country) = 0 then country
            when grouping(health) = 0 then health
            when grouping(account) = 0 then account
            else 'all'
        end as dimension_value,
        sum(numerator) as numerator,
        max(numerator) as largest_numerator,
        {{ exact_median('ranked_numerator') }} as middle_numerator,
        sum(denominator) as denominator,
        sum(sample_size) as sample_size,
        max(fact_date) as last_unit_on,
        max(mature_on) as mature_on,
        bool_or(is_missing_rate) as is_missing_rate
    from period_facts
    group by
        grouping sets (
            (kpi, aggregate, period_grain, period_start),
            (kpi, aggregate, period_grain, period_start, own_dimension, own_value),
            (kpi, aggregate, period_grain, period_start, country),
            (kpi, aggregate, period_grain, period_start, health),
            (kpi, aggregate, period_grain, period_start, account)
        )

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

-- A KPI without the dimension has no value of it, and no slice.
period_totals as (

    select
        totals.kpi,
        totals.period_grain,
        totals.period_start,
        totals.dimension,
        totals.dimension_value,
        cast(
            case totals.aggregate
                when 'median' then totals.middle_numerator
                when 'largest' then totals.largest_numerator
                when 'mean' then round({{ exact_ratio('totals.numerator', 'known_days.days') }}, 4)
                else totals.numerator
            end as decimal(38, 4)
        ) as numerator,
        cast(totals.denominator as decimal(38, 4)) as denominator,
        cast(totals.sample_size as bigint) as sample_size,
        totals.last_unit_on,
        totals.mature_on,
        totals.is_missing_rate
    from totals
    inner join {{ ref('int_kpi_slices') }} as slices
        on
            totals.kpi = slices.kpi
            and totals.period_grain = slices.period_grain
            and totals.dimension = slices.dimension
    inner join known_days
        on
            totals.period_grain = known_days.period_grain
            and totals.period_start = known_days.period_start
    where totals.dimension_value is not null

)

select * from period_totals
