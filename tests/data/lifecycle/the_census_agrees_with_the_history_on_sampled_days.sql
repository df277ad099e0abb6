-- Law: on three days – a third of the way, two thirds, and the as-of date – the census equals a
-- plain count of the intervals that cover the day.

{{ config(meta={'dagster': {'ref': {'name': 'stage_daily'}}}) }}

with

domain as (

    select
        min(date) as first_on,
        max(date) as last_on,
        {{ days_between('min(date)', 'max(date)') }} as days
    from {{ ref('stage_daily') }}

),

sampled_days as (

    select {{ add_days('first_on', 'floor(days / 3)') }} as date from domain

    union

    select {{ add_days('first_on', 'floor(days * 2 / 3)') }} as date from domain

    union

    select last_on as date from domain

),

recounted_cells as (

    select
        history.framework,
        sampled_days.date,
        history.stage,
        history.health,
        count(*) as subjects
    from {{ ref('lifecycle_history') }} as history
    inner join sampled_days
        on
            history.valid_from <= sampled_days.date
            and (
                history.valid_to is null
                or history.valid_to > sampled_days.date
            )
    group by
        history.framework,
        sampled_days.date,
        history.stage,
        history.health

),

counted_cells as (

    select
        stage_daily.framework,
        stage_daily.date,
        stage_daily.stage,
        stage_daily.health,
        stage_daily.subjects
    from {{ ref('stage_daily') }} as stage_daily
    inner join sampled_days on stage_daily.date = sampled_days.date
    where stage_daily.subjects <> 0

),

wrong_cells as (

    select
        coalesce(counted_cells.framework, recounted_cells.framework) as framework,
        coalesce(counted_cells.date, recounted_cells.date) as date,
        coalesce(counted_cells.stage, recounted_cells.stage) as stage,
        coalesce(counted_cells.health, recounted_cells.health) as health,
        counted_cells.subjects,
        recounted_cells.subjects as recounted_subjects
    from counted_cells
    full outer join recounted_cells
        on
            counted_cells.framework = recounted_cells.framework
            and counted_cells.date = recounted_cells.date
            and counted_cells.stage = recounted_cells.stage
            and counted_cells.health = recounted_cells.health
    where counted_cells.subjects is distinct from recounted_cells.subjects

)

select * from wrong_cells
