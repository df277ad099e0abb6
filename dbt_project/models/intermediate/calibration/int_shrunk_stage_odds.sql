-- The odds of each cell, leaning on those of its stage as if some more subjects of the stage stood
-- in it.

with

stages as (

    select
        framework,
        stage,
        sum(subjects) as subjects,
        sum(advanced) as advanced,
        sum(fell_back) as fell_back,
        sum(lapsed) as lapsed
    from {{ ref('int_stage_odds') }}
    group by
        framework,
        stage

),

shrunk_odds as (

    select
        odds.framework,
        odds.stage,
        odds.health,
        odds.days_in_stage,
        odds.subjects,
        odds.advanced,
        odds.fell_back,
        odds.lapsed,
        {{ exact_ratio(
            'odds.advanced * stages.subjects + windows.odds_weight * stages.advanced',
            '(odds.subjects + windows.odds_weight) * stages.subjects',
            0,
        ) }} as advanced_share,
        {{ exact_ratio(
            'odds.fell_back * stages.subjects + windows.odds_weight * stages.fell_back',
            '(odds.subjects + windows.odds_weight) * stages.subjects',
            0,
        ) }} as fell_back_share,
        {{ exact_ratio(
            'odds.lapsed * stages.subjects + windows.odds_weight * stages.lapsed',
            '(odds.subjects + windows.odds_weight) * stages.subjects',
            0,
        ) }} as lapsed_share
    from {{ ref('int_stage_odds') }} as odds
    cross join {{ ref('int_kpi_windows') }} as windows
    inner join stages
        on
            odds.framework = stages.framework
            and odds.stage = stages.stage

)

select * from shrunk_odds
