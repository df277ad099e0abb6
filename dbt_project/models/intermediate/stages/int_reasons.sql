-- One sentence per framework and subject that says why it is in its stage and what the next one
-- asks, in both languages.

with

rules as (

    select
        framework,
        subject_key,
        rule,
        is_winner,
        way,
        stage,
        {{ joined_text(
            'case when is_winner then seen_phrase || needs else asked_phrase end',
            ' and ',
            'condition_no'
        ) }} as words,
        {{ joined_text(
            'case when is_winner then seen_phrase_it || needs_it else asked_phrase_it end',
            ' e ',
            'condition_no'
        ) }} as words_it
    from {{ ref('int_condition_phrases') }}
    group by
        framework,
        subject_key,
        rule,
        is_winner,
        way,
        stage

),

next_stages as (

    select
        framework,
        subject_key,
        stage,
        {{ joined_text('words', ', or ', 'way') }} as wanted,
        {{ joined_text('words_it', ', oppure ', 'way') }} as wanted_it
    from rules
    where not is_winner
    group by
        framework,
        subject_key,
        stage

),

reasons as (

    select
        winners.framework,
        winners.subject_key,
        winners.words as seen,
        winners.words_it as seen_it,
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
