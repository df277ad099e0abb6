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
        odds.*,
        {% for turn in ['advanced', 'fell_back', 'lapsed'] -%}
        {{ exact_ratio(
            'odds.' ~ turn ~ ' * stages.subjects + windows.odds_weight * stages.' ~ turn,
            '(odds.subjects + windows.odds_weight) * stages.subjects',
            0,
        ) }} as {{ turn }}_share{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('int_stage_odds') }} as odds
    cross join {{ ref('int_kpi_windows') }} as windows
    inner join stages
        on
            odds.framework = stages.framework
            and odds.stage = stages.stage

)

select * from shrunk_odds
