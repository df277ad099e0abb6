-- Law: `advanced` leads to a higher stage, `fell_back` to a lower one, `health_only` keeps it, and
-- skipped_stages counts the non-optional stages in between on the way up.

{{ config(meta={'dagster': {'ref': {'name': 'lifecycle_history'}}}) }}

with

steps as (

    select
        framework,
        previous_stage,
        stage,
        movement,
        skipped_stages,
        count(*) as intervals
    from {{ ref('lifecycle_history') }}
    group by
        framework,
        previous_stage,
        stage,
        movement,
        skipped_stages

),

judged_steps as (

    select
        steps.framework,
        steps.previous_stage,
        steps.stage,
        steps.movement,
        steps.skipped_stages,
        steps.intervals,
        case
            when steps.previous_stage is null then 'entered'
            when later.ordinal > earlier.ordinal then 'advanced'
            when later.ordinal < earlier.ordinal then 'fell_back'
            else 'health_only'
        end as due_movement,
        (
            select count(*)
            from {{ ref('framework_stages') }} as jumped
            where
                jumped.framework = steps.framework
                and jumped.ordinal > earlier.ordinal
                and jumped.ordinal < later.ordinal
                and not jumped.is_optional
        ) as due_skipped_stages
    from steps
    inner join {{ ref('framework_stages') }} as later
        on
            steps.framework = later.framework
            and steps.stage = later.stage
    left join {{ ref('framework_stages') }} as earlier
        on
            steps.framework = earlier.framework
            and steps.previous_stage = earlier.stage

),

wrong_steps as (

    select *
    from judged_steps
    where
        movement <> due_movement
        or skipped_stages <> due_skipped_stages

)

select * from wrong_steps
