-- What each step from one set of true conditions to the next means in each framework. Few rows,
-- however many customers take the step.

with

condition_set_stages as (

    select * from {{ ref('int_condition_set_stages') }}

),

set_steps as (

    select
        {{ subject_type('subject_key') }} as subject_type,
        previous_word_0,
        previous_word_1,
        word_0,
        word_1
    from {{ ref('int_subject_states') }}
    group by
        {{ subject_type('subject_key') }},
        previous_word_0,
        previous_word_1,
        word_0,
        word_1

),

staged_steps as (

    select
        set_steps.*,
        built_frameworks.framework,
        built_frameworks.framework_no,
        later.stage,
        later.rule,
        earlier.stage as previous_stage
    from set_steps
    inner join {{ ref('int_built_frameworks') }} as built_frameworks
        on set_steps.subject_type = built_frameworks.subject_type
    left join condition_set_stages as later
        on
            set_steps.subject_type = later.subject_type
            and set_steps.word_0 = later.word_0
            and set_steps.word_1 = later.word_1
            and built_frameworks.framework = later.framework
    left join condition_set_stages as earlier
        on
            set_steps.subject_type = earlier.subject_type
            and set_steps.previous_word_0 = earlier.word_0
            and set_steps.previous_word_1 = earlier.word_1
            and built_frameworks.framework = earlier.framework

),

stage_moves as (

    select
        staged_steps.subject_type,
        staged_steps.previous_word_0,
        staged_steps.previous_word_1,
        staged_steps.word_0,
        staged_steps.word_1,
        staged_steps.framework_no,
        moves.move_no,
        moves.movement
    from staged_steps
    left join {{ ref('int_possible_moves') }} as moves
        on
            staged_steps.framework = moves.framework
            and staged_steps.stage = moves.stage
            and staged_steps.rule = moves.rule
            and staged_steps.previous_stage is not distinct from moves.previous_stage

)

select * from stage_moves
