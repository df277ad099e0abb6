-- Every move that a framework knows: into a stage by one of its rules, from the stage before or
-- from nowhere. Some hundred rows that depend on the rules alone, so that what a customer does is
-- one number of them.

with

ruled_stages as (

    select
        built_frameworks.framework,
        built_frameworks.framework_no,
        stages.stage,
        stages.ordinal,
        stage_rules.rule
    from {{ ref('int_built_frameworks') }} as built_frameworks
    inner join {{ ref('framework_stages') }} as stages
        on built_frameworks.framework = stages.framework
    inner join {{ ref('stage_rules') }} as stage_rules
        on
            stages.framework = stage_rules.framework
            and stages.stage = stage_rules.stage

),

previous_stages as (

    select
        framework,
        stage,
        ordinal
    from {{ ref('framework_stages') }}

    union all

    select
        framework,
        cast(null as string) as stage,
        cast(null as integer) as ordinal
    from {{ ref('int_built_frameworks') }}

),

jumps as (

    select
        earlier.framework,
        earlier.stage as previous_stage,
        later.stage,
        count(*) as skipped_stages
    from {{ ref('framework_stages') }} as earlier
    inner join {{ ref('framework_stages') }} as between_stages
        on
            earlier.framework = between_stages.framework
            and earlier.ordinal < between_stages.ordinal
    inner join {{ ref('framework_stages') }} as later
        on
            between_stages.framework = later.framework
            and between_stages.ordinal < later.ordinal
    where not between_stages.is_optional
    group by
        earlier.framework,
        earlier.stage,
        later.stage

),

possible_moves as (

    select
        cast(
            row_number() over (
                order by
                    ruled_stages.framework,
                    ruled_stages.ordinal,
                    ruled_stages.rule,
                    previous_stages.ordinal
            ) as integer
        ) as move_no,
        ruled_stages.framework,
        ruled_stages.framework_no,
        ruled_stages.stage,
        ruled_stages.rule,
        previous_stages.stage as previous_stage,
        case
            when previous_stages.stage is null then 'entered'
            when ruled_stages.ordinal > previous_stages.ordinal then 'advanced'
            when ruled_stages.ordinal < previous_stages.ordinal then 'fell_back'
            else 'health_only'
        end as movement,
        coalesce(jumps.skipped_stages, 0) as skipped_stages
    from ruled_stages
    inner join previous_stages on ruled_stages.framework = previous_stages.framework
    left join jumps
        on
            ruled_stages.framework = jumps.framework
            and ruled_stages.stage = jumps.stage
            and previous_stages.stage = jumps.previous_stage

)

select * from possible_moves
