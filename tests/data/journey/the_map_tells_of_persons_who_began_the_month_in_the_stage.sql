-- Law: persons with and without a touch are those of the stage in the months that are added up, of
-- whom no more than all can have moved up.

{{ config(meta={'dagster': {'ref': {'name': 'journey_map'}}}) }}

with

stage_months as (

    select
        framework,
        stage,
        month,
        count(*) as persons
    from {{ ref('int_month_stages') }}
    group by
        framework,
        stage,
        month

),

stages as (

    select
        framework,
        stage,
        sum(persons) as persons,
        count(*) as months,
        max(persons) as most_persons
    from stage_months
    group by
        framework,
        stage

)

select
    map.framework,
    map.stage,
    map.touch_kind,
    map.touch_value
from {{ ref('journey_map') }} as map
inner join stages
    on
        map.framework = stages.framework
        and map.stage = stages.stage
where
    map.persons + map.persons_without > stages.persons
    or map.persons + map.persons_without > map.months * stages.most_persons
    or (map.months = stages.months and map.persons + map.persons_without <> stages.persons)
    or map.months > stages.months
    or map.advanced_share not between 0 and 1
    or map.advanced_share_without not between 0 and 1
