-- Law: every counted entry of a play is told in one month, and in `all`.

{{ config(meta={'dagster': {'ref': {'name': 'play_results'}}}) }}

with

totals as (

    select
        play,
        sum(case when month = 'all' then treat_persons else 0 end)
        - sum(case when month <> 'all' then treat_persons else 0 end) as treated,
        sum(case when month = 'all' then holdout_persons else 0 end)
        - sum(case when month <> 'all' then holdout_persons else 0 end) as held_out,
        sum(case when month = 'all' then treat_goals + holdout_goals else 0 end)
        - sum(case when month <> 'all' then treat_goals + holdout_goals else 0 end) as goals
    from {{ ref('play_results') }}
    where play <> 'programme'
    group by play

)

select play
from totals
where
    treated <> 0
    or held_out <> 0
    or goals <> 0
