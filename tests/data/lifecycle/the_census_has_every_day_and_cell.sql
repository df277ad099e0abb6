-- Law: the census has every day from the first fact to the as-of date and every stage and health of
-- every built framework, zeros included.

{{ config(meta={'dagster': {'ref': {'name': 'stage_daily'}}}) }}

with

domain as (

    select
        min(subjects.first_seen_on) as first_on,
        max(settings.as_of_date) as as_of_date
    from {{ ref('int_subjects') }} as subjects
    cross join {{ ref('int_settings') }} as settings

),

stage_counts as (

    select
        stages.framework,
        count(*) as stages
    from {{ ref('framework_stages') }} as stages
    inner join {{ ref('int_built_frameworks') }} as frameworks
        on stages.framework = frameworks.framework
    group by stages.framework

),

census as (

    select
        framework,
        min(date) as first_on,
        max(date) as last_on,
        count(*) as cell_days
    from {{ ref('stage_daily') }}
    group by framework

),

wrong_frameworks as (

    select
        stage_counts.framework,
        stage_counts.stages,
        domain.first_on as due_first_on,
        domain.as_of_date as due_last_on,
        census.first_on,
        census.last_on,
        census.cell_days
    from stage_counts
    cross join domain
    left join census on stage_counts.framework = census.framework
    where
        census.first_on is distinct from domain.first_on
        or census.last_on is distinct from domain.as_of_date
        or census.cell_days is distinct from
        stage_counts.stages
        * {{ healths() | length }}
        * ({{ days_between('domain.first_on', 'domain.as_of_date') }} + 1)

)

select * from wrong_frameworks
