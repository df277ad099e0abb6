-- What becomes of those who stand in a stage within the next 30 days.

with

-- What somebody of a stage and health brings in the next year is known of the default framework.
stage_values as (

    select
        stages.framework,
        stages.stage,
        means.health,
        next_means.mean_value - means.mean_value as step_value
    from {{ ref('framework_stages') }} as stages
    inner join {{ ref('frameworks') }} as frameworks
        on stages.framework = frameworks.framework
    inner join {{ ref('framework_stages') }} as next_stages
        on
            stages.framework = next_stages.framework
            and stages.ordinal + 1 = next_stages.ordinal
    inner join {{ ref('int_value_stage_means') }} as means on stages.stage = means.stage
    inner join {{ ref('int_value_stage_means') }} as next_means
        on
            next_stages.stage = next_means.stage
            and means.health = next_means.health
    where frameworks.is_default

),

stage_odds as (

    select
        odds.framework,
        odds.stage,
        odds.health,
        odds.days_in_stage,
        odds.subjects,
        cast(odds.advanced as bigint) as advanced,
        cast(odds.fell_back as bigint) as fell_back,
        cast(odds.lapsed as bigint) as lapsed,
        odds.advanced_share,
        odds.fell_back_share,
        odds.lapsed_share,
        odds.subjects < windows.fewest_odds_subjects as is_small,
        cast(stage_values.step_value * odds.subjects / 100 as decimal(38, 4)) as value_to_advance
    from {{ ref('int_shrunk_stage_odds') }} as odds
    cross join {{ ref('int_kpi_windows') }} as windows
    left join stage_values
        on
            odds.framework = stage_values.framework
            and odds.stage = stage_values.stage
            and odds.health = stage_values.health

)

select * from stage_odds
