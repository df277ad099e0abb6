-- Law: the subjects that flow out of a cell in a month are those the census has there at the end of
-- the month before, and those that flow in are those it has there at the month's end.

{{ config(meta={'dagster': {'ref': {'name': 'stage_flow_monthly'}}}) }}

with

outflows as (

    select
        framework,
        {{ add_days('month', -1) }} as date,
        from_stage as stage,
        from_health as health,
        sum(subjects) as subjects
    from {{ ref('stage_flow_monthly') }}
    where from_stage <> 'new'
    group by
        framework,
        month,
        from_stage,
        from_health

),

inflows as (

    select
        framework,
        {{ add_days("cast(month + interval '1 month' as date)", -1) }} as date,
        to_stage as stage,
        to_health as health,
        sum(subjects) as subjects
    from {{ ref('stage_flow_monthly') }}
    group by
        framework,
        month,
        to_stage,
        to_health

),

census as (

    select
        framework,
        date,
        stage,
        health,
        subjects
    from {{ ref('stage_daily') }}
    where
        subjects > 0
        and cast(date_trunc('month', {{ add_days('date', 1) }}) as date) = {{ add_days('date', 1) }}

),

last_month_end as (

    select max(date) as date from census

),

cells as (

    select
        'out' as way,
        census.framework,
        census.date,
        census.stage,
        census.health,
        census.subjects,
        1 as side
    from census
    cross join last_month_end
    where census.date < last_month_end.date

    union all

    select
        'in' as way,
        framework,
        date,
        stage,
        health,
        subjects,
        1 as side
    from census

    union all

    select
        'out' as way,
        framework,
        date,
        stage,
        health,
        subjects,
        -1 as side
    from outflows

    union all

    select
        'in' as way,
        framework,
        date,
        stage,
        health,
        subjects,
        -1 as side
    from inflows

),

wrong_cells as (

    select
        way,
        framework,
        date,
        stage,
        health,
        sum(subjects * side) as missing_subjects
    from cells
    group by
        way,
        framework,
        date,
        stage,
        health
    having sum(subjects * side) <> 0

)

select * from wrong_cells
