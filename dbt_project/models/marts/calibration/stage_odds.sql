-- What becomes of those who stand in a stage within the next 30 days.

with

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
        odds.subjects < windows.fewest_odds_subjects as is_small
    from {{ ref('int_shrunk_stage_odds') }} as odds
    cross join {{ ref('int_kpi_windows') }} as windows

)

select * from stage_odds
