-- KPIs that add up: the facts of each day are summed per slice, longer periods are summed from the
-- days. Accounts, which may be many, are told of months alone and summed by month at once. Over 120
-- lines, since one roll-up names each of its columns four times.

with

dated_facts as (

    select
        *,
        {{ period_start('fact_date', 'month') }} as fact_month
    from {{ ref('int_kpi_facts') }}
    where fact_date is not null

),

totals as (

    select
        kpi_no,
        coalesce(fact_date, fact_month) as total_on,
        case
            when grouping(own_value) = 0 then own_dimension
            when grouping(country) = 0 then 'country'
            when grouping(health) = 0 then 'health'
            when grouping(stage) = 0 then 'stage'
            when grouping(account) = 0 then 'account'
            else 'all'
        end as dimension,
        case
            when grouping(own_value) = 0 then own_value
            when grouping(country) = 0 then country
            when grouping(health) = 0 then health
            when grouping(stage) = 0 then stage
            when grouping(account) = 0 then account
            else 'all'
        end as dimension_value,
        sum(numerator) as numerator,
        sum(denominator) as denominator,
        sum(sample_size) as sample_size,
        max(fact_date) as last_unit_on,
        max(mature_on) as mature_on,
        bool_or(is_missing_rate) as is_missing_rate
    from dated_facts
    group by
        grouping sets (  -- noqa: PRS, LT02
            (kpi_no, fact_date),
            (kpi_no, fact_date, own_dimension, own_value),
            (kpi_no, fact_date, country),
            (kpi_no, fact_date, health),
            (kpi_no, fact_date, stage),
            (kpi_no, fact_month, account)
        )

),

-- A KPI without the dimension has no value of it, and no slice.
sliced_totals as (

    select
        slices.kpi,
        slices.period_grain,
        {{ period_start_in('totals.total_on', 'slices.period_grain') }} as period_start,
        totals.dimension,
        totals.dimension_value,
        totals.numerator,
        totals.denominator,
        totals.sample_size,
        slices.parts_per_unit,
        totals.last_unit_on,
        totals.mature_on,
        totals.is_missing_rate
    from totals
    inner join {{ ref('int_kpi_slices') }} as slices
        on
            totals.kpi_no = slices.kpi_no
            and totals.dimension = slices.dimension
    where totals.dimension_value is not null

),

longer_periods as (

    select
        kpi,
        period_grain,
        period_start,
        dimension,
        dimension_value,
        sum(numerator) as numerator,
        sum(denominator) as denominator,
        sum(sample_size) as sample_size,
        min(parts_per_unit) as parts_per_unit,
        max(last_unit_on) as last_unit_on,
        max(mature_on) as mature_on,
        bool_or(is_missing_rate) as is_missing_rate
    from sliced_totals
    where period_grain <> 'day'
    group by
        kpi,
        period_grain,
        period_start,
        dimension,
        dimension_value

),

all_periods as (

    select * from sliced_totals
    where period_grain = 'day'

    union all

    select * from longer_periods

),

period_totals as (

    select
        kpi,
        period_grain,
        period_start,
        dimension,
        dimension_value,
        cast(numerator as decimal(38, 10)) as numerator,
        cast(denominator as decimal(38, 10)) as denominator,
        cast(sample_size as bigint) as sample_size,
        parts_per_unit,
        last_unit_on,
        mature_on,
        is_missing_rate
    from all_periods

)

select * from period_totals
