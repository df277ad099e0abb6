-- Law: in every framework the cells of the odds hold the subjects of the last 12 month ends that 30
-- days have followed, as the census counts them.

{{ config(meta={'dagster': {'ref': {'name': 'stage_odds'}}}) }}

with

told as (

    select
        framework,
        stage,
        sum(subjects) as subjects
    from {{ ref('stage_odds') }}
    group by
        framework,
        stage

),

month_ends as (

    select
        {{ add_days('periods.period_end', -1) }} as month_end,
        row_number() over (order by periods.period_end desc) as place
    from {{ ref('int_periods') }} as periods
    cross join {{ ref('int_settings') }} as settings
    cross join {{ ref('int_kpi_windows') }} as windows
    where
        periods.period_grain = 'month'
        and {{ add_days('periods.period_end', 'windows.odds_days - 1') }} <= settings.as_of_date

),

counted as (

    select
        census.framework,
        census.stage,
        sum(census.subjects) as subjects
    from month_ends
    cross join {{ ref('int_kpi_windows') }} as windows
    inner join {{ ref('stage_daily') }} as census on month_ends.month_end = census.date
    where month_ends.place <= windows.odds_month_ends
    group by
        census.framework,
        census.stage

)

select
    coalesce(counted.framework, told.framework) as framework,
    coalesce(counted.stage, told.stage) as stage
from counted
full join told
    on
        counted.framework = told.framework
        and counted.stage = told.stage
where coalesce(counted.subjects, 0) <> coalesce(told.subjects, 0)
