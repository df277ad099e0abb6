-- Stage and health of every subject in every built framework from when on, the changes still to
-- come included. A state that changes neither in a framework opens no interval there. What a step
-- means is named by its move: the words for it are looked up where they are read.

with

states as (

    select
        *,
        {{ subject_type('subject_key') }} as subject_type
    from {{ ref('int_subject_states') }}

),

-- Two joins, not one with `or`: only rows that open an interval are ever made.
openings as (

    select
        states.subject_key,
        states.valid_from,
        states.health_step,
        states.previous_health_step,
        states.cycle,
        moves.framework_no,
        moves.move_no
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
        states.health_step,
        states.previous_health_step,
        states.cycle,
        moves.framework_no,
        moves.move_no
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
        and states.health_step <> states.previous_health_step

),

intervals as (

    select
        subject_key,
        framework_no,
        valid_from,
        lead(valid_from) over framework_days as next_from,
        move_no,
        lead(move_no) over framework_days as next_move_no,
        health_step,
        previous_health_step,
        lead(health_step) over framework_days as next_health_step,
        cycle
    from openings
    window framework_days as (
        partition by framework_no, subject_key
        order by valid_from
    )

)

select * from intervals
