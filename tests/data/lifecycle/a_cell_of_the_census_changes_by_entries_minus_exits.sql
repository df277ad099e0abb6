-- Law (census conserved): from one day to the next a cell changes by its entries minus its exits,
-- and before the first day it is empty.

{{ config(meta={'dagster': {'ref': {'name': 'stage_daily'}}}) }}

with

eves as (

    select
        framework,
        date,
        stage,
        health,
        subjects,
        entries,
        exits,
        lag(subjects, 1, 0) over (
            partition by framework, stage, health order by date
        ) as subjects_the_day_before
    from {{ ref('stage_daily') }}

),

wrong_cells as (

    select *
    from eves
    where
        subjects <> subjects_the_day_before + entries - exits
        or subjects < 0
        or entries < 0
        or exits < 0

)

select * from wrong_cells
