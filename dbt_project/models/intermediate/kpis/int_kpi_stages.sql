-- Stages of each framework: a subject stands in one from the beginning of its stay to the end,
-- enters it on the first day and leaves it on the day on which the stay is over.

with

kpis as (

    select * from {{ ref('kpis') }}
    where model = 'int_kpi_stages'

),

stays as (

    select * from {{ ref('int_stage_stays') }}

),

stock_rows as (

    select
        kpis.kpi,
        stays.began_on as valid_from,
        stays.ended_on as valid_to,
        stays.framework,
        stays.stage,
        case kpis.kpi when 'stage_population' then 1 end as numerator
    from stays
    cross join kpis

),

-- The highest stage has nowhere to advance to.
entry_rows as (

    select
        kpis.kpi,
        stays.began_on as fact_date,
        stays.framework,
        stays.stage,
        case kpis.kpi
            when 'stage_entries' then 1
            when 'stage_conversion_rate_90d'
                then case when not stays.is_highest then cast(stays.has_advanced as integer) end
        end as numerator,
        case kpis.kpi
            when 'stage_conversion_rate_90d' then case when not stays.is_highest then 1 end
        end as denominator
    from stays
    cross join kpis

),

exit_rows as (

    select
        kpis.kpi,
        stays.ended_on as fact_date,
        stays.framework,
        stays.stage,
        case kpis.kpi when 'stage_exits' then 1 end as numerator
    from stays
    cross join kpis
    where stays.ended_on is not null

),

-- While more than half of the stays go on there is no number, but the row counts all the same.
median_rows as (

    select
        'median_days_in_stage' as kpi,
        period_grain,
        period_start,
        framework,
        stage,
        median_days as numerator,
        stays as sample_size,
        median_days is null as is_unsettled
    from {{ ref('int_stage_medians') }}

),

kpi_rows as (

    {{ union_by_name(['stock_rows', 'entry_rows', 'exit_rows', 'median_rows']) }}

)

select * from kpi_rows
