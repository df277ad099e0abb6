-- Law (census conserved): the subjects in all stages at the end of a day are those seen by that
-- day.

{{ config(meta={'dagster': {'ref': {'name': 'stage_daily'}}}) }}

with

newcomers as (

    select
        subject_type,
        first_seen_on,
        count(*) as subjects
    from {{ ref('int_subjects') }}
    group by
        subject_type,
        first_seen_on

),

census as (

    select
        stage_daily.framework,
        frameworks.subject_type,
        stage_daily.date,
        sum(stage_daily.subjects) as subjects
    from {{ ref('stage_daily') }} as stage_daily
    inner join {{ ref('int_built_frameworks') }} as frameworks
        on stage_daily.framework = frameworks.framework
    group by
        stage_daily.framework,
        frameworks.subject_type,
        stage_daily.date

),

seen_subjects as (

    select
        census.framework,
        census.date,
        census.subjects,
        sum(coalesce(newcomers.subjects, 0)) over (
            partition by census.framework order by census.date
        ) as seen_subjects
    from census
    left join newcomers
        on
            census.subject_type = newcomers.subject_type
            and census.date = newcomers.first_seen_on

),

wrong_days as (

    select * from seen_subjects where subjects <> seen_subjects

)

select * from wrong_days
