-- All KPIs by period and slice, before status and value. A KPI that sets what happened in a period
-- against what stood is the sum of its rows in two roll-ups; for everybody there is a row in every
-- period, of nothing if nothing counted, but for what is told of today alone. Over 120 lines, since
-- each branch names every column.

with

rolled_up_rows as (

    select * from {{ ref('int_kpi_sums') }}

    union all

    select * from {{ ref('int_kpi_periods') }}

    union all

    select * from {{ ref('int_kpi_stocks') }}

),

kpis_of_stocks as (

    select kpi
    from {{ ref('int_kpi_stocks') }}
    group by kpi

),

stock_rows as (

    select
        kpi,
        period_grain,
        period_start,
        dimension,
        dimension_value,
        cast(sum(numerator) as decimal(38, 10)) as numerator,
        cast(sum(denominator) as decimal(38, 10)) as denominator,
        cast(sum(sample_size) as bigint) as sample_size,
        max(parts_per_unit) as parts_per_unit,
        max(last_unit_on) as last_unit_on,
        max(mature_on) as mature_on,
        bool_or(is_missing_rate) as is_missing_rate
    from rolled_up_rows
    where kpi in (select kpis_of_stocks.kpi from kpis_of_stocks)
    group by
        kpi,
        period_grain,
        period_start,
        dimension,
        dimension_value

),

written_rows as (

    select
        kpi,
        period_grain,
        period_start,
        dimension,
        dimension_value,
        numerator,
        denominator,
        sample_size,
        parts_per_unit,
        last_unit_on,
        mature_on,
        is_missing_rate
    from rolled_up_rows
    where kpi not in (select kpis_of_stocks.kpi from kpis_of_stocks)

    union all

    select * from stock_rows

),

-- The median of nothing is unknown, the sum of nothing is 0.
empty_rows as (

    select
        slices.kpi,
        slices.period_grain,
        periods.period_start,
        slices.dimension,
        'all' as dimension_value,
        cast(case when slices.aggregate <> 'median' then 0 end as decimal(38, 10)) as numerator,
        cast(case when slices.is_ratio then 0 end as decimal(38, 10)) as denominator,
        cast(0 as bigint) as sample_size,
        cast(1 as bigint) as parts_per_unit,
        cast(null as date) as last_unit_on,
        cast(null as date) as mature_on,
        false as is_missing_rate
    from {{ ref('int_kpi_slices') }} as slices
    inner join {{ ref('int_periods') }} as periods
        on slices.period_grain = periods.period_grain
    left join written_rows
        on
            slices.kpi = written_rows.kpi
            and slices.period_grain = written_rows.period_grain
            and slices.dimension = written_rows.dimension
            and periods.period_start = written_rows.period_start
    where
        slices.dimension = 'all'
        and not slices.is_of_today
        and periods.is_written
        and written_rows.kpi is null

),

kpi_rows as (

    select * from written_rows

    union all

    select * from empty_rows

)

select * from kpi_rows
