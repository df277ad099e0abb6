{% set most_ways = 2 %}

-- One sentence per framework and subject that says why it is in its stage and what the next one
-- asks, in both languages: the ways with the fewest conditions still open, by rule name.

with

rules as (

    select
        framework,
        subject_key,
        rule,
        is_winner,
        stage,
        sum(case when holds then 0 else 1 end) as open_conditions,
        {{ joined_text('seen_phrase || needs', ' and ', 'condition_no') }} as seen,
        {{ joined_text('seen_phrase_it || needs_it', ' e ', 'condition_no') }} as seen_it,
        {{ joined_text('asked_phrase', ' and ', 'condition_no') }} as wanted,
        {{ joined_text('asked_phrase_it', ' e ', 'condition_no') }} as wanted_it
    from {{ ref('int_condition_phrases') }}
    group by
        framework,
        subject_key,
        rule,
        is_winner,
        stage

),

ranked_ways as (

    select
        *,
        row_number() over (
            partition by framework, subject_key order by open_conditions, rule
        ) as place
    from rules
    where not is_winner

),

next_stages as (

    select
        framework,
        subject_key,
        stage,
        {{ joined_text('wanted', ', or ', 'place') }} as wanted,
        {{ joined_text('wanted_it', ', oppure ', 'place') }} as wanted_it
    from ranked_ways
    where place <= {{ most_ways }}
    group by
        framework,
        subject_key,
        stage

),

reasons as (

    select
        winners.framework,
        winners.subject_key,
        winners.seen,
        winners.seen_it,
        stages.label || ' needs ' || next_stages.wanted as next_need,
        stages.label_it || ' richiede: ' || next_stages.wanted_it as next_need_it
    from rules as winners
    left join next_stages
        on
            winners.framework = next_stages.framework
            and winners.subject_key = next_stages.subject_key
    left join {{ ref('framework_stages') }} as stages
        on
            next_stages.framework = stages.framework
            and next_stages.stage = stages.stage
    where winners.is_winner

)

select * from reasons
