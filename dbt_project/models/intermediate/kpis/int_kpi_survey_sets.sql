-- The answer of each person in each period that the Net Promoter Score counts: the latest one,
-- since whoever answers often is still one voice.

with

answers as (

    select * from {{ ref('int_survey_signals') }}
    where
        signal = 'nps'
        and has_score

),

latest_answers as (

    {% for grain in period_grains() -%}
    select
        '{{ grain }}' as period_grain,
        {{ period_start('fact_date', grain) }} as period_start,
        person_key,
        max_by(score, (occurred_at, event_id)) as score
    from answers
    group by
        {{ period_start('fact_date', grain) }},
        person_key
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

)

select * from latest_answers
