-- Stages of each framework: a subject stands in one from the beginning of its stay to the end,
-- enters it on the first day and leaves it on the day on which the stay is over. Over 120 lines,
-- since stocks, entries, exits and medians count for KPIs of their own.

with

kpis as (

    select * from {{ ref('kpis') }}
    where model = 'int_kpi_stages'

),

stays as (

    select
        *,
        'stage:' || framework as dimension
    from {{ ref('int_stage_stays') }}

),

stock_rows as (

    select
        kpis.kpi,
        stays.began_on as valid_from,
        stays.ended_on as valid_to,
        stays.dimension,
        stays.stage as dimension_value,
        case kpis.kpi when 'stage_population' then 1 end as numerator
    from stays
    cross join kpis

),

entries as (

    select
        began_on as fact_date,
        dimension,
        stage,
        count(*) as entries,
        sum(case when not is_highest then cast(has_advanced as integer) end) as advances,
        sum(case when not is_highest then 1 end) as entries_below
    from stays
    group by
        began_on,
        dimension,
        stage

),

-- The highest stage has nowhere to advance to.
entry_rows as (

    select
        kpis.kpi,
        entries.fact_date,
        entries.dimension,
        entries.stage as dimension_value,
        case kpis.kpi
            when 'stage_entries' then entries.entries
            when 'stage_conversion_rate_90d' then entries.advances
        end as numerator,
        case kpis.kpi when 'stage_conversion_rate_90d' then entries.entries_below end
            as denominator,
        case kpis.kpi when 'stage_entries' then entries.entries end as sample_size
    from entries
    cross join kpis

),

exits as (

    select
        ended_on as fact_date,
        dimension,
        stage,
        count(*) as exits
    from stays
    where ended_on is not null
    group by
        ended_on,
        dimension,
        stage

),

exit_rows as (

    select
        kpis.kpi,
        exits.fact_date,
        exits.dimension,
        exits.stage as dimension_value,
        case kpis.kpi when 'stage_exits' then exits.exits end as numerator,
        case kpis.kpi when 'stage_exits' then exits.exits end as sample_size
    from exits
    cross join kpis

),

-- While more than half of the stays go on there is no number, but the row counts all the same.
median_rows as (

    select
        'median_days_in_stage' as kpi,
        period_grain,
        period_start,
        'stage:' || framework as dimension,
        stage as dimension_value,
        median_days as numerator,
        stays as sample_size,
        median_days is null as is_unsettled
    from {{ ref('int_stage_medians') }}

),

kpi_rows as (

    {{ union_by_name(['stock_rows', 'entry_rows', 'exit_rows', 'median_rows']) }}

)

select * from kpi_rows
