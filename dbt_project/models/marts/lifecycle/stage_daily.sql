-- The census of every day. Interval starts and ends are counted per day and summed up along time,
-- so the work grows with the number of changes and not with customers times days. Over 120 lines,
-- since each part of a cell has a line of its own.

with

settings as (

    select as_of_date from {{ ref('int_settings') }}

),

history as (

    select
        framework,
        valid_from,
        valid_to,
        stage,
        health
    from {{ ref('lifecycle_history') }}

),

days as (

    select {{ unnest_dates('first_day.first_on', 'first_day.as_of_date') }} as date
    from (
        select
            min(history.valid_from) as first_on,
            max(settings.as_of_date) as as_of_date
        from history
        cross join settings
    ) as first_day

),

healths as (

    select health from {{ ref('health_labels') }}

),

cells as (

    select
        stages.framework,
        stages.stage,
        healths.health
    from {{ ref('framework_stages') }} as stages
    inner join {{ ref('int_built_frameworks') }} as built_frameworks
        on stages.framework = built_frameworks.framework
    cross join healths

),

entries as (

    select
        framework,
        stage,
        health,
        valid_from as date,
        count(*) as entries
    from history
    group by
        framework,
        stage,
        health,
        valid_from

),

exits as (

    select
        framework,
        stage,
        health,
        valid_to as date,
        count(*) as exits
    from history
    where valid_to is not null
    group by
        framework,
        stage,
        health,
        valid_to

),

daily_cells as (

    select
        cells.framework,
        days.date,
        cells.stage,
        cells.health,
        coalesce(entries.entries, 0) as entries,
        coalesce(exits.exits, 0) as exits
    from cells
    cross join days
    left join entries
        on
            cells.framework = entries.framework
            and cells.stage = entries.stage
            and cells.health = entries.health
            and days.date = entries.date
    left join exits
        on
            cells.framework = exits.framework
            and cells.stage = exits.stage
            and cells.health = exits.health
            and days.date = exits.date

),

stage_days as (

    select
        framework,
        date,
        stage,
        health,
        cast(
            sum(entries - exits) over (
                partition by framework, stage, health order by date
            ) as bigint
        ) as subjects,
        entries,
        exits
    from daily_cells

)

select * from stage_days
