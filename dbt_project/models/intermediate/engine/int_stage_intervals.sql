-- Stage and health of every subject in every built framework from when on, the changes still to
-- come included. A state that changes neither in a framework opens no interval there.

with

states as (

    select
        states.*,
        subjects.subject_type
    from {{ ref('int_subject_states') }} as states
    inner join {{ ref('int_subjects') }} as subjects on states.subject_key = subjects.subject_key

),

-- Two joins, not one with `or`: only rows that open an interval are ever made.
openings as (

    select
        states.subject_key,
        states.valid_from,
        states.health,
        states.previous_health,
        states.cycle,
        moves.framework,
        moves.stage,
        moves.rule,
        moves.previous_stage,
        moves.movement,
        moves.skipped_stages
    from states
    inner join {{ ref('int_stage_moves') }} as moves
        on
            states.subject_type = moves.subject_type
            and states.word_0 = moves.word_0
            and states.word_1 = moves.word_1
            and states.previous_word_0 is not distinct from moves.previous_word_0
            and states.previous_word_1 is not distinct from moves.previous_word_1
    where moves.movement <> 'health_only'

    union all

    select
        states.subject_key,
        states.valid_from,
        states.health,
        states.previous_health,
        states.cycle,
        moves.framework,
        moves.stage,
        moves.rule,
        moves.previous_stage,
        moves.movement,
        moves.skipped_stages
    from states
    inner join {{ ref('int_stage_moves') }} as moves
        on
            states.subject_type = moves.subject_type
            and states.word_0 = moves.word_0
            and states.word_1 = moves.word_1
            and states.previous_word_0 = moves.previous_word_0
            and states.previous_word_1 = moves.previous_word_1
    where
        moves.movement = 'health_only'
        and states.health <> states.previous_health

),

intervals as (

    select
        subject_key,
        framework,
        valid_from,
        lead(valid_from) over framework_days as next_from,
        stage,
        health,
        rule,
        previous_stage,
        previous_health,
        cycle,
        movement,
        skipped_stages,
        lead(stage) over framework_days as next_stage,
        lead(health) over framework_days as next_health
    from openings
    window framework_days as (partition by framework, subject_key order by valid_from)

)

select * from intervals
