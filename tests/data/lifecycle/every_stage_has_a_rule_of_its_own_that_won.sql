-- Law: every stage of the history is a stage of its framework, and the rule that won it is one of
-- that stage's rules.

{{ config(meta={'dagster': {'ref': {'name': 'lifecycle_history'}}}) }}

with

reached_stages as (

    select
        framework,
        stage,
        rule,
        count(*) as intervals
    from {{ ref('lifecycle_history') }}
    group by
        framework,
        stage,
        rule

),

unknown_stages as (

    select reached_stages.*
    from reached_stages
    left join {{ ref('framework_stages') }} as stages
        on
            reached_stages.framework = stages.framework
            and reached_stages.stage = stages.stage
    left join {{ ref('stage_rules') }} as stage_rules
        on
            reached_stages.framework = stage_rules.framework
            and reached_stages.stage = stage_rules.stage
            and reached_stages.rule = stage_rules.rule
    where
        stages.stage is null
        or stage_rules.rule is null

)

select * from unknown_stages
