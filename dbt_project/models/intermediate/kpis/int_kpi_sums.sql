-- KPIs that add up: the facts of each day are summed per slice, longer periods are summed
-- from the days. Accounts, which may be many, are told of months alone and summed by month at once.

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
        grouping sets (
            (kpi_no, fact_date),
            (kpi_no, fact_date, own_dimension, own_value),
            (kpi_no, fact_date, country),
            (kpi_no, fact_date, health),
            (kpi_no, fact_date, stage),
            (kpi_no, fact_month, account)
        )

),

-- A KPI without the dimension has no value of it, and no slice.
period_totals as (

    select
        slices.kpi,
        slices.period_grain,
        {{ period_start_in('totals.total_on', 'slices.period_grain') }} as period_start,
        totals.dimension,
        totals.dimension_value,
        cast(sum(totals.numerator) as decimal(38, 10)) as numerator,
        cast(sum(totals.denominator) as decimal(38, 10)) as denominator,
        cast(sum(totals.sample_size) as bigint) as sample_size,
        min(slices.parts_per_unit) as parts_per_unit,
        max(totals.last_unit_on) as last_unit_on,
        max(totals.mature_on) as mature_on,
        bool_or(totals.is_missing_rate) as is_missing_rate
    from totals
    inner join {{ ref('int_kpi_slices') }} as slices
        on
            totals.kpi_no = slices.kpi_no
            and totals.dimension = slices.dimension
    where totals.dimension_value is not null
    group by
        slices.kpi,
        slices.period_grain,
        {{ period_start_in('totals.total_on', 'slices.period_grain') }},
        totals.dimension,
        totals.dimension_value

)

select * from period_totals
