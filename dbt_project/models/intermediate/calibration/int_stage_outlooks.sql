-- What the odds say of everybody today: how likely a higher stage is soon, and whether the way to
-- it has come to a halt. Of a cell where nobody stood at the last month ends its stage speaks.

with

stages as (

    select
        framework,
        stage,
        ordinal = max(ordinal) over (partition by framework) as is_highest
    from {{ ref('framework_stages') }}

),

stage_odds as (

    select
        framework,
        stage,
        {{ exact_ratio('sum(advanced)', 'sum(subjects)', 0) }} as advanced_share
    from {{ ref('int_stage_odds') }}
    group by
        framework,
        stage

),

current_turns as (

    select
        turns.framework,
        turns.subject_key,
        turns.stage,
        turns.health,
        {{ days_between('turns.stage_since', 'settings.as_of_date') }} as days_in_stage,
        {{ days_in_stage_group(
            days_between('turns.stage_since', 'settings.as_of_date'), 'windows'
        ) }} as days_group
    from {{ ref('int_stage_turns') }} as turns
    cross join {{ ref('int_settings') }} as settings
    cross join {{ ref('int_kpi_windows') }} as windows
    where turns.valid_to > settings.as_of_date

),

stage_outlooks as (

    select
        turns.framework,
        turns.subject_key,
        coalesce(odds.advanced_share, stage_odds.advanced_share) as advance_30d_probability,
        case
            when not stages.is_highest then turns.days_in_stage > advance_days.usual_days
        end as is_stalled
    from current_turns as turns
    inner join stages
        on
            turns.framework = stages.framework
            and turns.stage = stages.stage
    left join {{ ref('int_shrunk_stage_odds') }} as odds
        on
            turns.framework = odds.framework
            and turns.stage = odds.stage
            and turns.health = odds.health
            and turns.days_group = odds.days_in_stage
    left join stage_odds
        on
            turns.framework = stage_odds.framework
            and turns.stage = stage_odds.stage
    left join {{ ref('int_advance_days') }} as advance_days
        on
            turns.framework = advance_days.framework
            and turns.stage = advance_days.stage

)

select * from stage_outlooks
