-- The stages of the built frameworks, for labels and order in reports.

with

stages as (

    select
        stages.framework,
        stages.stage,
        stages.ordinal,
        stages.is_optional,
        stages.label,
        stages.label_it,
        stages.description
    from {{ ref('framework_stages') }} as stages
    inner join {{ ref('int_built_frameworks') }} as built_frameworks
        on stages.framework = built_frameworks.framework

)

select * from stages
